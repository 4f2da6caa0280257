import assert from "node:assert/strict";
import {
  ArtifactNotFoundError,
  IntegrityError,
  InvalidNameError,
  RunNotFoundError,
  StorageError,
  type Store,
  StoreClosedError,
} from "../../mod.ts";
import { archiveOf, membersOf, openOther, tamperRows } from "../support/archive_helpers.ts";
import { inMemory, inTempDir, openIn, someBytes } from "../support/helpers.ts";

/** The names of an archive's members up to its failure, and that failure. */
async function failing(archive: ReadableStream<Uint8Array>): Promise<[bytes: number, Error]> {
  let bytes = 0;
  try {
    for await (const chunk of archive) bytes += chunk.length;
  } catch (error) {
    return [bytes, error as Error];
  }
  throw new Error("it was expected to fail");
}

Deno.test("export() of a run that is not there gives no byte", () =>
  inMemory(async (store) => {
    const [bytes, error] = await failing(store.export(["r", "none"]));
    assert.equal(bytes, 0);
    assert.ok(error instanceof RunNotFoundError, String(error));
  }));

Deno.test("export() ends in an error where an artifact is damaged or missing", () =>
  inMemory(async (store) => {
    const filePath = (await store.artifacts.put("r", "a", someBytes(300_000))).filePath!;
    await Deno.chmod(filePath, 0o644);
    const bytes = await Deno.readFile(filePath);
    bytes[299_999]! ^= 1;
    await Deno.writeFile(filePath, bytes);
    assert.ok((await failing(store.export(["r"])))[1] instanceof IntegrityError);
    await Deno.truncate(filePath, 1000);
    assert.ok((await failing(store.export(["r"])))[1] instanceof IntegrityError);
    await Deno.remove(filePath);
    assert.ok((await failing(store.export(["r"])))[1] instanceof IntegrityError);
  }));

Deno.test("export() follows no link that has taken an artifact's place", () =>
  inMemory(async (store) => {
    const filePath = (await store.artifacts.put("r", "a", "text of a")).filePath!;
    const outside = `${store.artifactDir}.outside`;
    await Deno.writeTextFile(outside, "text of a");
    try {
      await Deno.remove(filePath);
      await Deno.symlink(outside, filePath);
      const [, error] = await failing(store.export(["r"]));
      assert.equal((error as { code?: string }).code, "unsafe-path");
    } finally {
      await Deno.remove(outside);
    }
  }));

Deno.test("export() refuses rows that no import would take", () =>
  inTempDir(async (dir) => {
    await using store = await openIn(dir);
    await store.startRun({ id: "r" });
    await store.artifacts.put("r", "a", "1");
    const refused = async (statement: string, kind: new (...args: never[]) => Error) => {
      tamperRows(store, statement);
      const [bytes, error] = await failing(store.export(["r"]));
      assert.equal(bytes, 0, statement);
      assert.ok(error instanceof kind, `${statement}: ${error}`);
      assert.match(error.message, /^Cannot /);
      assert.doesNotMatch(error.message, /import/);
    };
    await refused("UPDATE runs SET start_time = 'soon'", StorageError);
    await refused("UPDATE runs SET start_time = 9e15", StorageError);
    tamperRows(store, "UPDATE runs SET start_time = 1");
    await archiveOf(store, ["r"]);
    await refused("UPDATE artifacts SET name = 'a:b'", InvalidNameError);
    await refused("UPDATE artifacts SET name = '../a'", InvalidNameError);
  }));

Deno.test("export() stops at a signal, before and in the middle", () =>
  inMemory(async (store) => {
    for (const name of ["a", "b"]) await store.artifacts.put("r", name, someBytes(3_000_000));
    const before = store.export(["r"], { signal: AbortSignal.abort("not at all") });
    await assert.rejects(new Response(before).arrayBuffer(), (error) => error === "not at all");
    const abort = new AbortController();
    let told = 0;
    const archive = store.export(["r"], {
      signal: abort.signal,
      onProgress: ({ bytes }) => {
        told = bytes;
        if (bytes > 1_000_000) abort.abort("enough");
      },
    });
    await assert.rejects(new Response(archive).arrayBuffer(), (error) => error === "enough");
    assert.ok(told < 3_000_000, `${told}`);
  }));

Deno.test("export() and reads fail by the very reason of the signal, whatever it is", () =>
  inMemory(async (store) => {
    const artifact = await store.artifacts.put("r", "a", someBytes(3_000_000));
    // What AbortController gives by itself has a code, as errors of the system have.
    for (const reason of [undefined, Object.assign(new Error("enough"), { code: 130 })]) {
      const abort = new AbortController();
      const { signal } = abort;
      const archive = store.export(["r"], { signal, onProgress: () => abort.abort(reason) });
      const isReason = (error: unknown) => error === signal.reason;
      await assert.rejects(new Response(archive).arrayBuffer(), isReason);
      await assert.rejects(artifact.bytes({ signal }), isReason);
    }
  }));

Deno.test("export() stops at a signal among artifacts that are empty", () =>
  inMemory(async (store) => {
    for (const name of ["a", "b", "c"]) await store.artifacts.put("r", name, "");
    const abort = new AbortController();
    const reader = store.export(["r"], { signal: abort.signal }).getReader();
    await reader.read();
    abort.abort("enough");
    await assert.rejects(async () => {
      while (!(await reader.read()).done);
    }, (error) => error === "enough");
  }));

Deno.test("export() lets go of all when its reader has enough", () =>
  inMemory(async (store) => {
    // More than what is made in advance; a file left open fails this test.
    await store.artifacts.put("r", "a", new Uint8Array(20_000_000));
    const reader = store.export(["r"]).getReader();
    for (let read = 0; read < 1_000_000;) read += (await reader.read()).value!.length;
    await reader.cancel("enough");
  }));

/** Reads an archive up to its first bytes of artifacts, then does something, and reads on. */
async function meanwhile(store: Store, work: () => Promise<unknown>): Promise<Error | undefined> {
  const reader = store.export(["r"]).getReader();
  for (let read = 0; read < 100_000;) read += (await reader.read()).value!.length;
  await work();
  try {
    while (!(await reader.read()).done);
  } catch (error) {
    return error as Error;
  }
}

Deno.test("export() fails where an artifact is replaced or removed before it is read", () =>
  inMemory(async (store) => {
    await store.artifacts.put("r", "a", new Uint8Array(20_000_000));
    // Larger than what is read ahead.
    await store.artifacts.put("r", "b", someBytes(300_000));
    const put = () => store.artifacts.put("r", "b", someBytes(300_001), { ifExists: "replace" });
    const replaced = await meanwhile(store, put);
    assert.ok(replaced instanceof StorageError, String(replaced));
    assert.match(replaced.message, /replaced since the export began; export again/);
    const removed = await meanwhile(store, () => store.artifacts.remove("r", "b"));
    assert.ok(removed instanceof ArtifactNotFoundError, String(removed));
  }));

Deno.test("export() goes on with what it has begun to read, whatever becomes of it", () =>
  inMemory(async (store) => {
    const bytes = someBytes(20_000_000);
    await store.artifacts.put("r", "a", bytes);
    let archive: Uint8Array<ArrayBuffer>[] = [];
    const reader = store.export(["r"]).getReader();
    for (let read = 0; read < 100_000;) {
      const { value } = await reader.read();
      archive = [...archive, value!];
      read += value!.length;
    }
    await store.artifacts.put("r", "a", "other", { ifExists: "replace" });
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      archive.push(next.value);
    }
    const all = new Uint8Array(await new Blob(archive).arrayBuffer());
    assert.ok(membersOf(all)[1]!.body.every((byte, at) => byte === bytes[at]));
  }));

Deno.test("export() of a store that is closed is refused", async () => {
  const store = await openOther();
  await store.close();
  assert.throws(() => store.export([]), StoreClosedError);
});
