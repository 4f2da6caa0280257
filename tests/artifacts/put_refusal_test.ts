import assert from "node:assert/strict";
import { join, toFileUrl } from "@std/path";
import {
  ArtifactExistsError,
  ChachamlError,
  InvalidNameError,
  InvalidOptionError,
  InvalidSourceError,
  type PutSource,
  RunNotFoundError,
  SourceChangedError,
} from "../../mod.ts";
import { assertEmpty, inMemory, inTempDir, someBytes, testWithFifo } from "../support/helpers.ts";

class Weights {
  readonly values = [1, 2];
}

const cyclic: Record<string, unknown> = {};
cyclic.self = cyclic;

/** Values that are no source, and that JSON would lose or could not say. */
const NO_SOURCES: Record<string, unknown> = {
  "undefined": undefined,
  "a function": () => "text",
  "a symbol": Symbol("s"),
  "a BigInt": 5n,
  "an object with a BigInt": { epoch: 5n },
  "a cyclic object": cyclic,
  "a Map": new Map([["a", 1]]),
  "a Set": new Set([1]),
  "a class instance": new Weights(),
  "a promise of a response": Promise.resolve(new Response("late")),
  "a Request": new Request("http://localhost/"),
  "an Error": new Error("text"),
  "NaN": NaN,
  "an infinity": -Infinity,
  "text with a lone surrogate": "a\ud800b",
};

for (const [kind, value] of Object.entries(NO_SOURCES)) {
  Deno.test(`put() refuses ${kind}`, () =>
    inMemory(async (store) => {
      await assert.rejects(
        store.artifacts.put("r", "a.json", value as PutSource),
        InvalidSourceError,
      );
      await assertEmpty(store);
    }));
}

/** Parts that JSON would lose or change, by how they are named. */
const NO_JSON: Record<string, unknown> = {
  "Map": new Map([[1, 2]]),
  "Set": new Set([1]),
  "NaN": NaN,
  "Infinity": Infinity,
  "-Infinity": -Infinity,
  "BigInt": 5n,
  "Float32Array": new Float32Array([1]),
  "Uint8Array": new Uint8Array([1]),
  "ArrayBuffer": new ArrayBuffer(1),
  "Blob": new Blob(["text"]),
  "Promise": Promise.resolve(1),
  "Weights": new Weights(),
  "Error": new Error("text"),
};

/** Parts that JSON leaves out of an object, and cannot leave out of a list. */
const NO_ITEMS: Record<string, unknown> = {
  "undefined": undefined,
  "function": () => 1,
  "symbol": Symbol("s"),
};

Deno.test("put() refuses what JSON would lose, however deep it lies, and says where", () =>
  inMemory(async (store) => {
    const refuses = async (source: unknown, kind: string, where: string) => {
      await assert.rejects(
        store.artifacts.put("r", "a.json", source as PutSource),
        (error: unknown) => {
          assert.ok(error instanceof InvalidSourceError);
          const words = `a value of type ${kind}, at ${where}, has no JSON form; pass text`;
          assert.ok(error.message.includes(words), error.message);
          return true;
        },
      );
    };
    for (const [kind, part] of Object.entries(NO_JSON)) {
      await refuses({ a: part }, kind, ".a");
      await refuses([[0, { "b c": { d: part } }]], kind, '[0][1]["b c"].d');
      await refuses({ a: { toJSON: () => ({ b: part }) } }, kind, ".a.b");
    }
    for (const [kind, part] of Object.entries({ ...NO_JSON, ...NO_ITEMS })) {
      await refuses({ a: [1, part] }, kind, ".a[1]");
    }
    const twice = { ok: 1, bad: [NaN] };
    await refuses({ first: { ok: [] }, second: twice }, "NaN", ".second.bad[0]");
    await assertEmpty(store);
  }));

Deno.test("put() stores what JSON keeps: toJSON speaks, and undefined properties are left out", () =>
  inMemory(async (store) => {
    const date = new Date(0);
    const shared = { x: [1.5, -2, "\ud800", null, true] };
    const source = {
      date,
      url: new URL("file:///a"),
      bare: Object.assign(Object.create(null), { y: 1 }),
      none: undefined,
      toBe: { toJSON: () => 7 },
      shared,
      again: shared,
    };
    const stored = await store.artifacts.put("r", "a.json", source);
    assert.deepEqual(await stored.json(), {
      date: date.toJSON(),
      url: "file:///a",
      bare: { y: 1 },
      toBe: 7,
      shared,
      again: shared,
    });
    assert.equal(await stored.text(), JSON.stringify(source));
  }));

/** Paths that are no regular file, by what makes them. */
const NO_FILES: Record<string, (path: string) => Promise<string>> = {
  "a directory": async (path) => {
    await Deno.mkdir(path);
    return path;
  },
  "a device": () => Promise.resolve("/dev/null"),
  "an endless device": () => Promise.resolve("/dev/zero"),
  "a missing file": (path) => Promise.resolve(path),
  "a file in a missing directory": (path) => Promise.resolve(join(path, "a")),
  "a link to a directory": async (path) => {
    await Deno.mkdir(path);
    await Deno.symlink(path, `${path}-link`);
    return `${path}-link`;
  },
  "a link to nothing": async (path) => {
    await Deno.symlink(path, `${path}-link`);
    return `${path}-link`;
  },
};

/** Asserts that no way of putting a file takes this path. */
async function refusesFile(path: string): Promise<void> {
  await inMemory(async (store) => {
    const puts = [
      () => store.artifacts.put("r", "a", toFileUrl(path)),
      () => store.artifacts.putFile("r", "a", path),
      () => store.artifacts.putFile("r", "a", toFileUrl(path)),
      () => store.artifacts.putFile("r", "a", path, { move: true }),
    ];
    for (const put of puts) await assert.rejects(put(), InvalidSourceError);
    await assertEmpty(store);
  });
}

for (const [kind, make] of Object.entries(NO_FILES)) {
  Deno.test(`put() and putFile() refuse ${kind}`, () =>
    inTempDir(async (dir) => await refusesFile(await make(join(dir, "source")))));
}

testWithFifo(
  "put() and putFile() refuse a FIFO, without waiting for its writer",
  (makeFifo) =>
    inTempDir(async (dir) => {
      await makeFifo(join(dir, "fifo"));
      await refusesFile(join(dir, "fifo"));
    }),
);

Deno.test("put() and putFile() refuse a URL that names no file", () =>
  inMemory(async (store) => {
    for (const url of ["https://example.org/a", "data:,a"]) {
      await assert.rejects(store.artifacts.put("r", "a", new URL(url)), InvalidOptionError);
      await assert.rejects(store.artifacts.putFile("r", "a", new URL(url)), InvalidOptionError);
    }
    await assertEmpty(store);
  }));

Deno.test("put() and putFile() refuse an empty path", () =>
  inMemory(async (store) => {
    await assert.rejects(store.artifacts.putFile("r", "a", ""), ChachamlError);
    await assertEmpty(store);
  }));

Deno.test("put() refuses a response that was used, or that tells of a failure", () =>
  inMemory(async (store) => {
    const used = new Response("text");
    await used.text();
    const failed = [404, 500].map((status) => new Response("Not here", { status }));
    for (const response of [used, ...failed, Response.error()]) {
      await assert.rejects(store.artifacts.put("r", "a", response), InvalidSourceError);
    }
    await assertEmpty(store);
  }));

Deno.test("put() refuses a stream, response or blob stream that is being read elsewhere", () =>
  inMemory(async (store) => {
    const response = new Response("text");
    const stream = new Blob(["text"]).stream();
    const readers = [response.body!.getReader(), stream.getReader()];
    for (const source of [response, stream]) {
      await assert.rejects(store.artifacts.put("r", "a", source), InvalidSourceError);
    }
    for (const reader of readers) await reader.cancel();
    await assertEmpty(store);
  }));

/** A stream that gives these chunks and never ends, and tells of its cancelling. */
function endless(...chunks: unknown[]) {
  const cancelled = Promise.withResolvers<unknown>();
  let given = 0;
  const stream = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (given < chunks.length) controller.enqueue(chunks[given++] as Uint8Array);
      else return new Promise(() => {});
    },
    cancel: (reason) => cancelled.resolve(reason),
  });
  return { stream, cancelled: cancelled.promise };
}

Deno.test("put() refuses a stream of anything but bytes, and cancels it", () =>
  inMemory(async (store) => {
    for (const chunk of ["text", 5, null, [1], new ArrayBuffer(1)]) {
      for (const before of [[], [someBytes(200_000)]]) {
        const { stream, cancelled } = endless(...before, chunk);
        await assert.rejects(store.artifacts.put("r", "a", stream), InvalidSourceError);
        assert.ok(await cancelled instanceof InvalidSourceError);
      }
    }
    await assertEmpty(store);
  }));

Deno.test("put() throws on the very error of a stream or generator that fails midway", () =>
  inMemory(async (store) => {
    for (const failure of [new Error("lost"), new TypeError("lost"), "a reason"]) {
      for (const size of [0, 10, 1_500_000]) {
        let left = false;
        const generate = async function* () {
          try {
            yield someBytes(size);
            throw failure;
          } finally {
            left = true;
          }
        };
        const sources = [generate, () => ReadableStream.from(generate())];
        for (const source of sources) {
          left = false;
          await assert.rejects(
            store.artifacts.put("r", "a", source()),
            (error) => error === failure,
          );
          assert.ok(left);
        }
      }
    }
    await assertEmpty(store);
  }));

/** Puts that are refused before any byte is read. */
const EARLY: [string, [run: string, name: string], new (...args: never[]) => Error][] = [
  ["an unknown run", ["unknown", "a"], RunNotFoundError],
  ["a bad name", ["r", "../a"], InvalidNameError],
  ["a name that the run has", ["r", "taken"], ArtifactExistsError],
];

for (const [kind, [run, name], error] of EARLY) {
  Deno.test(`put() and putFile() refuse ${kind} and leave nothing behind`, () =>
    inTempDir((dir) =>
      inMemory(async (store) => {
        const path = join(dir, "source");
        await Deno.writeTextFile(path, "source");
        await store.artifacts.put("r", "taken", "first");
        await assert.rejects(store.artifacts.put(run, name, "text"), error);
        await assert.rejects(store.artifacts.putFile(run, name, path), error);
        await assert.rejects(store.artifacts.putFile(run, name, path, { move: true }), error);
        assert.equal(await Deno.readTextFile(path), "source");
        await store.artifacts.remove("r", "taken");
        await assertEmpty(store);
      })
    ));

  Deno.test(`put() cancels the stream that it was given for ${kind}`, () =>
    inMemory(async (store) => {
      await store.artifacts.put("r", "taken", "first");
      const body = endless();
      await assert.rejects(store.artifacts.put(run, name, body.stream), error);
      let cancelled = false;
      void body.cancelled.then(() => cancelled = true);
      await Promise.resolve();
      assert.ok(cancelled);
    }));
}

Deno.test("put() cancels the body of a response that tells of a failure", () =>
  inMemory(async (store) => {
    const { stream, cancelled } = endless(someBytes(10));
    const put = store.artifacts.put("r", "a", new Response(stream, { status: 404 }));
    await assert.rejects(put, InvalidSourceError);
    let done = false;
    void cancelled.then(() => done = true);
    await Promise.resolve();
    assert.ok(done);
  }));

for (const move of [false, true]) {
  Deno.test(`putFile() refuses a file that changes while it is read [move: ${move}]`, () =>
    inTempDir((dir) =>
      inMemory(async (store) => {
        const path = join(dir, "growing");
        for (const size of [2_500_000, 500_000]) {
          await Deno.writeFile(path, someBytes(size));
          const mode = (await Deno.stat(path)).mode;
          let calls = 0;
          // The descriptor is older than the put: taking a file's mode away stops no such writer.
          using writer = await Deno.open(path, { append: true });
          const onProgress = () => {
            if (calls++ === 0) writer.writeSync(new Uint8Array(1));
          };
          await assert.rejects(
            store.artifacts.putFile("r", "a", path, { onProgress, move }),
            (error) => {
              assert.ok(error instanceof SourceChangedError, `${error}`);
              assert.equal(error.path, path);
              return true;
            },
          );
          const after = await Deno.stat(path);
          assert.deepEqual([after.size, after.mode, after.nlink], [size + 1, mode, 1]);
        }
        await assertEmpty(store);
      })
    ));
}
