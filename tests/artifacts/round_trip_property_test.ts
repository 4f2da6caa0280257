import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { pathToFileURL } from "node:url";
import fc from "npm:fast-check@~4.11.0";
import { join } from "@std/path";
import type { Artifact, PutOptions, RunHandle, Store } from "../../mod.ts";
import { assertArtifactName, fold } from "../../src/names/names.ts";
import { bytesAt, inTempDir, openIn, someBytes } from "../support/helpers.ts";

/** The same cases on each run. */
const SEED = 20_240_229;

const KIB = 1024;

/** Sizes at which a buffer is just not full, full, or begun anew. */
const LIMITS = [1, 64 * KIB, 128 * KIB, 320 * KIB, 1024 * KIB, 1344 * KIB];
const EDGES = [0, 2, ...LIMITS.flatMap((size) => [size - 1, size, size + 1])];

const POOL = someBytes(Math.max(...EDGES));

/** Any bytes: cut from a pool at any place, so that the same size has many contents. */
const content = fc.tuple(
  fc.oneof(fc.constantFrom(...EDGES), fc.nat(5000)),
  fc.nat(1000),
).map(([size, shift]) => {
  const bytes = POOL.slice(0, size);
  for (let at = 0; at < Math.min(size, shift); at++) bytes[at] = shift - at;
  return bytes;
});

const segment = fc.string({
  unit: fc.constantFrom(..."abcdeXYZ0189 ._-+~éß漢🎉"),
  minLength: 1,
  maxLength: 8,
});
const name = fc.array(segment, { minLength: 1, maxLength: 4 })
  .map((segments) => segments.join("/")).filter(isValid);

function isValid(name: string): boolean {
  try {
    assertArtifactName(name);
    return true;
  } catch {
    return false;
  }
}

/** Lengths of the chunks of a stream, used in turn; those of 0 bytes too. */
const chunking = fc.array(fc.oneof(fc.nat(9), fc.constantFrom(4096, 64 * KIB, 1024 * KIB)), {
  minLength: 1,
  maxLength: 6,
}).filter((lengths) => lengths.some((length) => length >= 9));

/** How bytes can be put. */
type Way = (
  run: RunHandle,
  name: string,
  bytes: Uint8Array<ArrayBuffer>,
  lengths: readonly number[],
  options: PutOptions,
  scratch: string,
) => Promise<Artifact>;

const WAYS: Record<string, Way> = {
  bytes: (run, name, bytes, _, options) => run.put(name, bytes, options),
  "part of a buffer": (run, name, bytes, _, options) => {
    const larger = new Uint8Array(bytes.length + 20);
    larger.set(bytes, 7);
    return run.put(name, new DataView(larger.buffer, 7, bytes.length), options);
  },
  stream: (run, name, bytes, lengths, options) =>
    run.put(name, ReadableStream.from(chunks(bytes, lengths)), options),
  iterable: (run, name, bytes, lengths, options) => run.put(name, chunks(bytes, lengths), options),
  response: (run, name, bytes, _, options) => run.put(name, new Response(bytes), options),
  blob: (run, name, bytes, lengths, options) => {
    const cut = lengths[0]! % (bytes.length + 1);
    return run.put(name, new Blob([bytes.slice(0, cut), bytes.slice(cut)]), options);
  },
  "file URL": async (run, name, bytes, _, options, scratch) => {
    await Deno.writeFile(scratch, bytes);
    return await run.put(name, pathToFileURL(scratch), options);
  },
  file: async (run, name, bytes, _, options, scratch) => {
    await Deno.writeFile(scratch, bytes);
    return await run.putFile(name, scratch, options);
  },
  "moved file": async (run, name, bytes, _, options, scratch) => {
    await Deno.writeFile(scratch, bytes);
    return await run.putFile(name, scratch, { ...options, move: true });
  },
};

async function* chunks(bytes: Uint8Array<ArrayBuffer>, lengths: readonly number[]) {
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const length = lengths[turn % lengths.length]!;
    yield bytes.slice(at, at + length);
    at += length;
    if (turn % 3 === 0) await Promise.resolve();
  }
}

function hashOf(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** Asserts equality of many bytes without comparing them one by one in JavaScript. */
function assertSame(found: Uint8Array, expected: Uint8Array, what: string): void {
  assert.equal(found.length, expected.length, what);
  assert.equal(hashOf(found), hashOf(expected), what);
}

async function collect(stream: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<Uint8Array> {
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** Asserts that each way of reading an artifact gives its bytes. */
async function assertReads(
  artifact: Artifact,
  bytes: Uint8Array<ArrayBuffer>,
  [from, to]: readonly [number, number],
  saved: string,
): Promise<void> {
  assert.equal(artifact.size, bytes.length);
  assert.equal(artifact.hash, hashOf(bytes));
  assertSame(await artifact.bytes({ verify: true }), bytes, "bytes()");
  assertSame(await collect(artifact.stream({ verify: true })), bytes, "stream()");
  const [start, end] = [from % (bytes.length + 2), to % (bytes.length + 2)].sort((a, b) =>
    a - b
  ) as [number, number];
  const range = bytes.subarray(start, end);
  assertSame(await artifact.bytes({ start, end }), range, `bytes ${start} to ${end}`);
  assertSame(await collect(artifact.stream({ start, end })), range, `stream ${start} to ${end}`);
  assertSame(await collect(artifact.stream({ start })), bytes.subarray(start), `from ${start}`);
  await artifact.saveTo(saved);
  assertSame(await Deno.readFile(saved), bytes, "saveTo()");
  assertSame(await bytesAt(artifact), bytes, "the bytes themselves");
}

/** Gives a test a store on disk that does not sync, and a directory for other files. */
function withStore(work: (store: Store, dir: string) => Promise<void>): Promise<void> {
  return inTempDir(async (dir) => {
    await using store = await openIn(dir, { durability: "relaxed" });
    await work(store, dir);
  });
}

for (const [way, put] of Object.entries(WAYS)) {
  Deno.test(`what is put as ${way} is read as it was, in every way`, () =>
    withStore(async (store, dir) => {
      const [scratch, saved] = [join(dir, "scratch"), join(dir, "saved")];
      const range = fc.tuple(fc.nat(), fc.nat());
      await fc.assert(
        fc.asyncProperty(name, content, chunking, range, async (name, bytes, lengths, range) => {
          const run = await store.startRun();
          const stored = await put(run, name, bytes, lengths, {}, scratch);
          const found = await store.artifacts.get(run.id, name);
          assert.deepEqual(found.toJSON(), stored.toJSON());
          await assertReads(found, bytes, range, saved);
          assert.deepEqual((await store.artifacts.list(run.id)).map((artifact) => artifact.name), [
            name,
          ]);
        }),
        // Every edge, at least once, by every way.
        {
          seed: SEED,
          numRuns: EDGES.length + 8,
          examples: EDGES.map((size) => ["edge", POOL.slice(0, size), [9, 4096], [1, size]]),
        },
      );
    }));
}

Deno.test("a run lists its artifacts by creation time, then name", () =>
  withStore(async (store, dir) => {
    const ways = fc.constantFrom(...Object.values(WAYS));
    const items = fc.uniqueArray(fc.tuple(segment.filter(isValid), ways, fc.nat(300)), {
      selector: ([name]) => fold(name),
      maxLength: 8,
    });
    const encoder = new TextEncoder();
    await fc.assert(
      fc.asyncProperty(items, async (items) => {
        const run = await store.startRun();
        const stored: Artifact[] = [];
        for (const [name, put, size] of items) {
          stored.push(await put(run, name, POOL.slice(0, size), [9], {}, join(dir, "scratch")));
        }
        stored.sort((a, b) =>
          a.createdAt.getTime() - b.createdAt.getTime() ||
          Buffer.compare(encoder.encode(a.name), encoder.encode(b.name))
        );
        const listed = await store.artifacts.list(run.id);
        assert.deepEqual(
          listed.map((artifact) => artifact.toJSON()),
          stored.map((artifact) => artifact.toJSON()),
        );
      }),
      { seed: SEED, numRuns: 30 },
    );
  }));
