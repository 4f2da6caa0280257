import assert from "node:assert/strict";
import {
  type Artifact,
  ArtifactNotFoundError,
  IntegrityError,
  InvalidOptionError,
  type ReadOptions,
  type Store,
} from "../../mod.ts";
import { inMemory, sha256, someBytes, tamper } from "../support/helpers.ts";

const SIZE = 700_000;

async function collect(stream: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<Uint8Array> {
  return new Uint8Array(await new Blob(await Array.fromAsync(stream)).arrayBuffer());
}

/** Gives a test an artifact of `SIZE` bytes, which is read in several chunks. */
function withArtifact(work: (artifact: Artifact, store: Store) => Promise<void>) {
  return inMemory(async (store) => {
    await work(await store.artifacts.put("r", "a.bin", someBytes(SIZE)), store);
  });
}

Deno.test("stream(), bytes() and text() give all bytes", () =>
  withArtifact(async (artifact, store) => {
    for (const options of [{}, { verify: true }]) {
      assert.deepEqual(await collect(artifact.stream(options)), someBytes(SIZE));
      assert.deepEqual(await artifact.bytes(options), someBytes(SIZE));
    }
    const text = await store.artifacts.put("r", "t", "é 日 🚀");
    assert.equal(await text.text(), "é 日 🚀");
    const empty = await store.artifacts.put("r", "empty", "");
    assert.deepEqual(await collect(empty.stream({ verify: true })), new Uint8Array());
    assert.deepEqual(await empty.bytes({ verify: true }), new Uint8Array());
  }));

Deno.test("stream() and bytes() give ranges, cut off at the end", () =>
  withArtifact(async (artifact) => {
    const all = someBytes(SIZE);
    const ranges: [ReadOptions, Uint8Array][] = [
      [{ start: 0 }, all],
      [{ end: SIZE }, all],
      [{ start: 0, end: SIZE, verify: true }, all],
      [{ end: 10 }, all.subarray(0, 10)],
      [{ start: 5, end: 6 }, all.subarray(5, 6)],
      [{ start: 262_143, end: 524_290 }, all.subarray(262_143, 524_290)],
      [{ start: SIZE - 3 }, all.subarray(SIZE - 3)],
      [{ start: 10, end: SIZE + 10 }, all.subarray(10)],
      [{ start: 7, end: 7 }, new Uint8Array()],
      [{ start: SIZE }, new Uint8Array()],
      [{ start: SIZE + 5, end: SIZE + 9 }, new Uint8Array()],
    ];
    for (const [options, expected] of ranges) {
      const what = JSON.stringify(options);
      assert.deepEqual(await artifact.bytes(options), new Uint8Array(expected), what);
      assert.deepEqual(await collect(artifact.stream(options)), new Uint8Array(expected), what);
    }
  }));

Deno.test("a range that starts past the end is empty, whether or not its end is given", () =>
  withArtifact(async (artifact) => {
    assert.equal((await artifact.bytes({ start: SIZE + 5, end: SIZE + 9 })).length, 0);
    assert.equal((await artifact.bytes({ start: SIZE + 5 })).length, 0);
    assert.equal((await collect(artifact.stream({ start: SIZE + 5 }))).length, 0);
  }));

Deno.test("stream() and bytes() refuse what is no range, and a range together with verify", () =>
  withArtifact(async (artifact) => {
    const options: ReadOptions[] = [
      { start: -1 },
      { end: -1 },
      { start: 5, end: 4 },
      { start: 1.5 },
      { start: NaN },
      { end: Infinity },
      { start: "1" as unknown as number },
      { start: 1, verify: true },
      { end: SIZE - 1, verify: true },
    ];
    for (const option of options) {
      await assert.rejects(artifact.bytes(option), InvalidOptionError);
      await assert.rejects(collect(artifact.stream(option)), InvalidOptionError);
    }
  }));

Deno.test("a stream that is cancelled, or never read, leaves no file open", () =>
  withArtifact(async (artifact) => {
    artifact.stream();
    await artifact.stream().cancel();
    const reader = artifact.stream().getReader();
    assert.ok(!(await reader.read()).done);
    await reader.cancel();
    for await (const chunk of artifact.stream()) {
      assert.ok(chunk.length < SIZE);
      break;
    }
  }));

Deno.test("a stream that is cancelled while it is opened leaves no file open", () =>
  withArtifact(async (artifact) => {
    const reader = artifact.stream().getReader();
    const reading = reader.read();
    await reader.cancel();
    await reading;
    // The opening comes to its end in later turns of the event loop; with it all is closed.
    for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setTimeout(resolve));
  }));

Deno.test("a stream that is cancelled while it is read leaves no file open", () =>
  withArtifact(async (artifact) => {
    const reader = artifact.stream().getReader();
    await reader.read();
    const reading = reader.read();
    await reader.cancel();
    await reading;
  }));

Deno.test("reading stops when its signal is aborted", () =>
  withArtifact(async (artifact) => {
    const reason = new Error("enough");
    const isReason = (error: unknown) => error === reason;
    const aborted = { signal: AbortSignal.abort(reason) };
    await assert.rejects(artifact.bytes(aborted), isReason);
    await assert.rejects(collect(artifact.stream(aborted)), isReason);
    const abort = new AbortController();
    const reader = artifact.stream({ signal: abort.signal }).getReader();
    await reader.read();
    abort.abort(reason);
    await assert.rejects(reader.read(), isReason);
  }));

Deno.test("verify finds bytes that were changed, and does not give the last chunk", () =>
  withArtifact(async (artifact) => {
    for (const at of [0, SIZE - 1]) {
      const changed = someBytes(SIZE);
      changed[at]! ^= 1;
      await tamper(artifact, changed);
      const isTold = async (error: unknown) => {
        assert.ok(error instanceof IntegrityError);
        assert.equal(error.artifactName, "a.bin");
        assert.deepEqual([error.expected, error.found], [artifact.hash, await sha256(changed)]);
      };
      let given = 0;
      const read = async () => {
        for await (const chunk of artifact.stream({ verify: true })) given += chunk.length;
      };
      await isTold(await read().catch((error) => error));
      assert.ok(given > 0 && given < SIZE, `${given}`);
      await isTold(await artifact.bytes({ verify: true }).catch((error) => error));
      assert.deepEqual(await artifact.bytes(), changed);
    }
  }));

Deno.test("verify finds an empty artifact whose row tells of another hash", () =>
  inMemory(async (store) => {
    const artifact = await store.artifacts.put("r", "a", "x");
    await tamper(artifact, new TextEncoder().encode("y"));
    await assert.rejects(artifact.text({ verify: true }), IntegrityError);
    assert.equal(await artifact.text(), "y");
  }));

Deno.test("reading a file of another size fails at once, also without verify", () =>
  withArtifact(async (artifact) => {
    for (const size of [SIZE - 1, SIZE + 1, 0]) {
      await tamper(artifact, someBytes(size));
      const isTold = (error: unknown) => {
        assert.ok(error instanceof IntegrityError);
        assert.deepEqual([error.expected, error.found], [SIZE, size]);
        return true;
      };
      await assert.rejects(artifact.stream().getReader().read(), isTold);
      await assert.rejects(artifact.bytes({ end: 1 }), isTold);
      await assert.rejects(artifact.text(), isTold);
      await assert.rejects(artifact.json(), isTold);
    }
  }));

Deno.test("reading a file that is missing fails, with or without its directory", () =>
  withArtifact(async (artifact, store) => {
    const isTold = (error: unknown) => {
      assert.ok(error instanceof IntegrityError);
      assert.deepEqual([error.expected, error.found], [SIZE, null]);
      return true;
    };
    const removals = [
      () => tamper(artifact),
      () => store.artifactDir && Deno.remove(`${store.artifactDir}/r`),
    ];
    for (const remove of removals) {
      await remove();
      await assert.rejects(artifact.stream().getReader().read(), isTold);
      await assert.rejects(artifact.bytes(), isTold);
    }
    assert.equal((await store.artifacts.get("r", "a.bin")).size, SIZE);
  }));

Deno.test("json() gives the value, and tells by name what is no JSON", () =>
  inMemory(async (store) => {
    for (const value of [null, 0, "text", [1, { a: [] }], { a: "é", b: null }]) {
      const stored = await store.artifacts.put("r", "a.json", new Blob([JSON.stringify(value)]), {
        ifExists: "replace",
      });
      assert.deepEqual(await stored.json(), value);
      assert.deepEqual(await stored.json({ verify: true }), value);
    }
    for (const [name, text] of [["bad.json", "{"], ["empty.json", ""]] as const) {
      const stored = await store.artifacts.put("r", name, text);
      await assert.rejects(stored.json(), (error) => {
        assert.ok(error instanceof SyntaxError);
        assert.ok(error.message.includes(JSON.stringify(name)));
        return true;
      });
    }
  }));

Deno.test("an artifact looked up before follows a replacement when it is read", () =>
  inMemory(async (store) => {
    const old = await store.artifacts.put("r", "a.txt", "first");
    const bytes = someBytes(5000);
    const next = await store.artifacts.put("r", "a.txt", bytes, {
      ifExists: "replace",
      contentType: "application/x-b",
    });
    assert.equal(old.size, 5);
    assert.deepEqual(await old.bytes({ verify: true }), bytes);
    assert.deepEqual(old.toJSON(), next.toJSON());
  }));

Deno.test("an artifact that is removed, or put anew, is no longer found by its old id", () =>
  inMemory(async (store) => {
    const old = await store.artifacts.put("r", "a", "first");
    await store.artifacts.remove(old.id);
    await assert.rejects(old.bytes(), ArtifactNotFoundError);
    await store.artifacts.put("r", "a", "second");
    await assert.rejects(old.text(), ArtifactNotFoundError);
    await assert.rejects(old.stream().getReader().read(), ArtifactNotFoundError);
  }));
