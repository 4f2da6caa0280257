import assert from "node:assert/strict";
import { COMPOSITION } from "../support/compositions.ts";
import { join } from "@std/path";
import {
  ArtifactExistsError,
  InvalidOptionError,
  type Progress,
  type PutOptions,
  type Store,
} from "../../mod.ts";
import {
  assertEmpty,
  bytesAt,
  inMemory,
  inTempDir,
  openIn,
  removeStored,
  sha256,
  someBytes,
  storedIn,
  testOnFiles,
  writeStored,
} from "../support/helpers.ts";

Deno.test("put() takes the type given, else the extension's, else the source's", () =>
  inMemory(async (store) => {
    const html = new Blob(["<p>"], { type: "text/html" });
    const cases: [name: string, options: PutOptions, type: string][] = [
      [
        "a.csv",
        { contentType: "application/x-own; charset=utf-8" },
        "application/x-own; charset=utf-8",
      ],
      ["b.csv", {}, "text/csv"],
      ["c.CSV", {}, "text/csv"],
      ["plots.d/d.png", {}, "image/png"],
      ["plots.png/e", {}, "text/html"],
      ["f.unknown-extension", {}, "text/html"],
    ];
    for (const [name, options, type] of cases) {
      assert.equal((await store.artifacts.put("r", name, html, options)).contentType, type, name);
      assert.equal((await store.artifacts.get("r", name)).contentType, type, name);
    }
  }));

Deno.test("put() takes no name without a dot for an extension", () =>
  inMemory(async (store) => {
    for (const name of ["json", "csv", "c", "log", "plots/png"]) {
      const stored = await store.artifacts.put("r", name, new Uint8Array(1));
      assert.equal(stored.contentType, "application/octet-stream", name);
    }
  }));

Deno.test("put() does without a type that a response names but that is none", () =>
  inMemory(async (store) => {
    const response = new Response("x", { headers: { "content-type": "nonsense" } });
    const stored = await store.artifacts.put("r", "a", response);
    assert.equal(stored.contentType, "application/octet-stream");
  }));

Deno.test("put() refuses a content type that is none, and an ifExists that it does not know", () =>
  inMemory(async (store) => {
    for (
      const contentType of ["", "text", "text/", "/csv", "text/csv\nx: y", "te xt/csv", "a/b/c"]
    ) {
      await assert.rejects(
        store.artifacts.put("r", "a", "text", { contentType }),
        InvalidOptionError,
      );
    }
    for (const ifExists of ["overwrite", "", true]) {
      const options = { ifExists } as unknown as PutOptions;
      await assert.rejects(store.artifacts.put("r", "a", "text", options), InvalidOptionError);
    }
    await assertEmpty(store);
  }));

Deno.test("put() refuses a name that the run has", () =>
  inTempDir(async (dir) => {
    await using store = await openIn(dir);
    const run = await store.startRun();
    const first = await run.put("a/b", "first");
    for (const options of [{}, { ifExists: "error" }] as const) {
      await assert.rejects(run.put("a/b", "other", options), (error) => {
        assert.ok(error instanceof ArtifactExistsError);
        assert.deepEqual([error.runId, error.artifactName], [run.id, "a/b"]);
        return true;
      });
    }
    assert.equal(new TextDecoder().decode(await bytesAt(first)), "first");
    assert.deepEqual((await store.artifacts.get(first.id)).toJSON(), first.toJSON());
    assert.deepEqual(await storedIn(store), [run.id, `${run.id}/a`, `${run.id}/a/b`]);
  }));

testOnFiles(
  'put() with ifExists "same" gives the stored artifact where the bytes are the same',
  () =>
    inMemory(async (store) => {
      const first = await store.artifacts.put("r", "a", "same", { ifExists: "same" });
      const inode = (await Deno.stat(first.filePath!)).ino;
      const again = await store.artifacts.put("r", "a", new Blob(["same"]), { ifExists: "same" });
      assert.deepEqual(again.toJSON(), first.toJSON());
      assert.equal((await Deno.stat(first.filePath!)).ino, inode);
      assert.deepEqual(await storedIn(store), ["r", "r/a"]);
    }),
);

Deno.test('put() with ifExists "same" refuses other bytes, and says which are stored', () =>
  inMemory(async (store) => {
    const encode = (text: string) => new TextEncoder().encode(text);
    await store.artifacts.put("r", "a", "first");
    for (const other of ["Other", "longer than first", ""]) {
      const found = await sha256(encode(other));
      const expected = await sha256(encode("first"));
      await assert.rejects(store.artifacts.put("r", "a", other, { ifExists: "same" }), (error) => {
        assert.ok(error instanceof ArtifactExistsError);
        assert.deepEqual([error.expected, error.found], [expected, found]);
        return true;
      });
    }
    assert.equal(await (await store.artifacts.get("r", "a")).text({ verify: true }), "first");
    assert.deepEqual(await storedIn(store), ["r", "r/a"]);
  }));

Deno.test('put() with ifExists "replace" swaps bytes and row, and keeps the id', () =>
  inTempDir(async (dir) => {
    await using store = await openIn(dir);
    await store.startRun({ id: "r" });
    const first = await store.artifacts.put("r", "a.txt", "first");
    const bytes = someBytes(200_000);
    const contentType = "application/x-b";
    const second = await store.artifacts.put("r", "a.txt", bytes, {
      ifExists: "replace",
      contentType,
    });
    assert.equal(second.id, first.id);
    assert.deepEqual(
      [second.size, second.hash, second.contentType],
      [bytes.length, await sha256(bytes), contentType],
    );
    const found = await store.artifacts.get("r", "a.txt");
    assert.deepEqual(found.toJSON(), second.toJSON());
    assert.deepEqual(await found.bytes({ verify: true }), bytes);
    const { filePath } = found;
    if (filePath !== undefined) assert.equal((await Deno.stat(filePath)).mode! & 0o777, 0o444);
    // In a bucket the new bytes have a key of their own.
    const keys = (await storedIn(store)).filter((key) => key.endsWith("/a.txt"));
    assert.deepEqual(keys, [found.path]);
    assert.equal((await store.artifacts.list("r")).length, 1);
  }));

Deno.test('put() with ifExists "replace" changes the type alone where the bytes are the same', () =>
  inMemory(async (store) => {
    await store.artifacts.put("r", "a.txt", "text");
    const options = { ifExists: "replace", contentType: "text/markdown" } as const;
    await store.artifacts.put("r", "a.txt", "text", options);
    const found = await store.artifacts.get("r", "a.txt");
    assert.equal(found.contentType, "text/markdown");
    assert.equal(await found.text({ verify: true }), "text");
  }));

Deno.test('put() with ifExists "replace" or "same" stores a name that the run does not have', () =>
  inMemory(async (store) => {
    await store.artifacts.put("r", "a", "1", { ifExists: "replace" });
    await store.artifacts.put("r", "b", "2", { ifExists: "same" });
    assert.deepEqual((await store.artifacts.list("r")).map(({ name }) => name).sort(), ["a", "b"]);
  }));

Deno.test("put() and putFile() tell of progress, forward to the size", () =>
  inTempDir((dir) =>
    inMemory(async (store) => {
      for (const size of [0, 10, 3 * 1024 * 1024 + 1]) {
        const bytes = someBytes(size);
        const path = join(dir, `f${size}`);
        const run = await store.startRun();
        const put: Record<string, (options: PutOptions) => Promise<unknown>> = {
          bytes: (options) => run.put("a", bytes, options),
          blob: (options) => run.put("b", new Blob([bytes]), options),
          stream: (options) => run.put("c", new Blob([bytes]).stream(), options),
          file: (options) => run.putFile("d", path, options),
          move: (options) => run.putFile("e", path, { ...options, move: true }),
        };
        await Deno.writeFile(path, bytes);
        for (const [kind, start] of Object.entries(put)) {
          const seen: Progress[] = [];
          await start({ onProgress: (progress) => seen.push(progress) });
          const done = seen.map(({ bytes }) => bytes);
          const what = `${kind} of ${size}`;
          assert.deepEqual(done, done.toSorted((a, b) => a - b), what);
          if (size > 0) assert.equal(done.at(-1), size, what);
          // What fits one request to a server is done at once.
          if (size > 1024 * 1024 && !COMPOSITION?.isServed) assert.ok(done.length > 2, what);
          for (const { total } of seen) {
            assert.equal(total, kind === "stream" ? undefined : size, what);
          }
        }
      }
    })
  ));

for (const ifExists of ["same", "replace"] as const) {
  const damages: Record<string, (store: Store) => Promise<void>> = {
    missing: (store) => removeStored(store, "r/a"),
    damaged: (store) => writeStored(store, "r/a", "BAAD bytes"),
    "cut short": (store) => writeStored(store, "r/a", "goo"),
  };
  for (const [state, damage] of Object.entries(damages)) {
    Deno.test(`put() with ifExists ${ifExists} brings back bytes that are ${state}`, () =>
      inTempDir((dir) =>
        inMemory(async (store) => {
          const source = join(dir, "source");
          const { id } = await store.artifacts.put("r", "a", "good bytes");
          for (const move of [false, true]) {
            await damage(store);
            await Deno.writeTextFile(source, "good bytes");
            const again = await store.artifacts.putFile("r", "a", source, { ifExists, move });
            assert.equal(again.id, id);
            assert.equal(await again.text({ verify: true }), "good bytes");
          }
          assert.deepEqual(
            await store.verify().summary().then(({ damaged, leftovers }) => [
              damaged,
              leftovers,
            ]),
            [0, 0],
          );
        })
      ));
  }
}
