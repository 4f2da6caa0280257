import assert from "node:assert/strict";
import { join, toFileUrl } from "@std/path";
import type { Artifact, PutSource } from "../../mod.ts";
import {
  assertEmpty,
  bytesAt,
  inMemory,
  inTempDir,
  openIn,
  sha256,
  someBytes,
  storedIn,
  testOnFiles,
} from "../support/helpers.ts";

const encode = (text: string) => new TextEncoder().encode(text);

/** Asserts that what was stored is these bytes, by row, by hash, on disk and when read. */
async function holds(artifact: Artifact, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
  assert.equal(artifact.size, bytes.length);
  assert.equal(artifact.hash, await sha256(bytes));
  assert.deepEqual(await bytesAt(artifact), bytes);
  assert.deepEqual(await artifact.bytes({ verify: true }), bytes);
}

async function* chunksOf(bytes: Uint8Array<ArrayBuffer>, sizes: number[]) {
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const size = sizes[turn % sizes.length]!;
    yield bytes.subarray(at, at + size);
    at += size;
  }
}

const backing = Float64Array.from({ length: 16 }, (_, at) => at * Math.PI);
const floats = backing.subarray(3, 7);
const floatBytes = new Uint8Array(backing.buffer.slice(24, 56));

/** Every kind of source, the bytes that it stands for, and the type that it speaks for. */
const SOURCES: Record<string, [source: () => PutSource, bytes: Uint8Array, type: string]> = {
  "a string": [() => "# Rapport é 🚀", encode("# Rapport é 🚀"), "text/plain"],
  "an empty string": [() => "", encode(""), "text/plain"],
  "a Uint8Array": [() => encode("bytes"), encode("bytes"), "application/octet-stream"],
  "an empty Uint8Array": [() => new Uint8Array(), encode(""), "application/octet-stream"],
  "a part of a buffer": [() => floats, floatBytes, "application/octet-stream"],
  "a DataView": [
    () => new DataView(backing.buffer, 24, 32),
    floatBytes,
    "application/octet-stream",
  ],
  "an ArrayBuffer": [() => backing.buffer.slice(24, 56), floatBytes, "application/octet-stream"],
  "a Blob": [() => new Blob(["a", "b"]), encode("ab"), "application/octet-stream"],
  "a Blob with a type": [() => new Blob(["ab"], { type: "text/x-a" }), encode("ab"), "text/x-a"],
  "an empty Blob": [() => new Blob([]), encode(""), "application/octet-stream"],
  "a File": [() => new File(["f"], "f.csv", { type: "text/csv" }), encode("f"), "text/csv"],
  "a ReadableStream": [
    () => ReadableStream.from([encode("one"), encode(""), encode("two")]),
    encode("onetwo"),
    "application/octet-stream",
  ],
  "an empty ReadableStream": [
    () => ReadableStream.from([]),
    encode(""),
    "application/octet-stream",
  ],
  "an async generator": [
    () => chunksOf(someBytes(999), [7, 1]),
    someBytes(999),
    "application/octet-stream",
  ],
  "a Response": [() => new Response("r"), encode("r"), "text/plain;charset=UTF-8"],
  "a Response with a type": [
    () => new Response(encode("{}"), { headers: { "content-type": "application/geo+json" } }),
    encode("{}"),
    "application/geo+json",
  ],
  "a Response without a type": [
    () => new Response(encode("r")),
    encode("r"),
    "application/octet-stream",
  ],
  "a Response without a body": [
    () => new Response(null, { status: 204 }),
    encode(""),
    "application/octet-stream",
  ],
  "null": [() => null, encode("null"), "application/json"],
  "true": [() => true, encode("true"), "application/json"],
  "a number": [() => -1.5e-7, encode("-1.5e-7"), "application/json"],
  "an array": [() => [1, "a", [null]], encode('[1,"a",[null]]'), "application/json"],
  "an object": [
    () => ({ layers: [64, 10], note: "é" }),
    encode('{"layers":[64,10],"note":"é"}'),
    "application/json",
  ],
  "an object without a prototype": [
    () => Object.assign(Object.create(null), { a: 1 }),
    encode('{"a":1}'),
    "application/json",
  ],
};

for (const [kind, [source, bytes, type]] of Object.entries(SOURCES)) {
  Deno.test(`put() stores ${kind}`, () =>
    inMemory(async (store) => {
      const stored = await store.artifacts.put("r", "name", source());
      await holds(stored, new Uint8Array(bytes));
      assert.equal(stored.contentType, type);
      assert.deepEqual(await storedIn(store), ["r", "r/name"]);
      assert.deepEqual((await store.artifacts.get(stored.id)).toJSON(), stored.toJSON());
    }));
}

Deno.test("put() takes a string for text, also where a file of that path is there", () =>
  inTempDir((dir) =>
    inMemory(async (store) => {
      const path = join(dir, "model.bin");
      await Deno.writeTextFile(path, "what the file holds");
      for (const [at, text] of [path, toFileUrl(path).href].entries()) {
        const stored = await store.artifacts.put("r", `a${at}`, text);
        assert.equal(await stored.text(), text);
      }
    })
  ));

Deno.test("put() and putFile() store a file, by its URL or path, and leave it as it was", () =>
  inTempDir((dir) =>
    inMemory(async (store) => {
      // Both sides of the chunk in which a file is read, and more than one of them.
      for (const size of [0, 1, 1024 * 1024, 1024 * 1024 + 1, 3 * 1024 * 1024 + 7]) {
        const bytes = someBytes(size);
        const path = join(dir, "a file #1%20?.csv");
        await Deno.writeFile(path, bytes);
        const before = await Deno.stat(path);
        const run = await store.startRun();
        const url = toFileUrl(path);
        const all = [
          await run.put("copy-1", url),
          await run.putFile("copy-2", path),
          await run.putFile("copy-3", url),
        ];
        for (const stored of all) {
          await holds(stored, bytes);
          assert.equal(stored.contentType, "application/octet-stream");
        }
        const after = await Deno.stat(path);
        assert.deepEqual([after.mode, after.nlink, after.ino], [before.mode, 1, before.ino]);
        assert.deepEqual(await Deno.readFile(path), bytes);
        await store.runs.remove(run.id);
      }
    })
  ));

testOnFiles(
  "putFile() follows a symbolic link to a file",
  () =>
    inTempDir((dir) =>
      inMemory(async (store) => {
        await Deno.writeTextFile(join(dir, "target"), "content");
        await Deno.symlink(join(dir, "target"), join(dir, "link"));
        const stored = await store.artifacts.putFile("r", "a", join(dir, "link"));
        assert.ok((await Deno.lstat(stored.filePath!)).isFile);
        assert.equal(await stored.text(), "content");
      })
    ),
);

Deno.test("put() stores a stream of more than 3 MiB in chunks of any size", () =>
  inMemory(async (store) => {
    const bytes = someBytes(3 * 1024 * 1024 + 12_345);
    for (const sizes of [[1023, 1, 70_001], [65_536], [5_000_000], [65_535, 65_537, 0, 1]]) {
      const stream = ReadableStream.from(chunksOf(bytes, sizes));
      const stored = await store.artifacts.put("r", sizes.join("-"), stream);
      await holds(stored, bytes);
    }
  }));

Deno.test("put() stores a stream that reuses its buffer only once it is read on", () =>
  inMemory(async (store) => {
    const bytes = someBytes(1_000_000);
    const buffer = new Uint8Array(9_973);
    async function* reusing() {
      for await (const chunk of chunksOf(bytes, [buffer.length])) {
        buffer.set(chunk);
        yield buffer.subarray(0, chunk.length);
      }
    }
    await holds(await store.artifacts.put("r", "a", reusing()), bytes);
  }));

testOnFiles(
  "put() stores files that nobody can write to, and whose bytes they share with none",
  () =>
    inTempDir(async (dir) => {
      await using store = await openIn(dir);
      const run = await store.startRun();
      const large = ReadableStream.from(chunksOf(someBytes(300_000), [10_000]));
      for (const stored of [await run.put("a/b", "small"), await run.put("a/c", large)]) {
        const { mode, nlink } = await Deno.stat(stored.filePath!);
        assert.equal(mode! & 0o777, 0o444);
        assert.equal(nlink, 1);
      }
      await run.end();
      await store.runs.remove(run.id);
      await assertEmpty(store);
    }),
);

Deno.test("put() stores what bytes were when it resolved, whatever becomes of them then", () =>
  inMemory(async (store) => {
    const bytes = someBytes(100_000);
    const stored = await store.artifacts.put("r", "a", bytes);
    bytes.fill(0);
    await holds(stored, someBytes(100_000));
  }));

Deno.test("put() notes when an artifact was stored, and gives each its own id", () =>
  inMemory(async (store) => {
    const before = Date.now();
    const [a, b] = [
      await store.artifacts.put("r", "a", "1"),
      await store.artifacts.put("r", "b", "1"),
    ];
    const times = [before, a.createdAt.getTime(), b.createdAt.getTime(), Date.now()];
    assert.deepEqual(times, times.toSorted((x, y) => x - y));
    assert.notEqual(a.id, b.id);
    assert.match(a.id, /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    assert.deepEqual([a.runId, a.name, a.path], ["r", "a", "r/a"]);
  }));
