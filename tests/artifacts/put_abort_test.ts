import assert from "node:assert/strict";
import { join } from "@std/path";
import type { PutOptions } from "../../mod.ts";
import { assertEmpty, inMemory, inTempDir, someBytes, testOnOwnFiles } from "../support/helpers.ts";

const reason = new Error("enough");
const isReason = (error: unknown) => error === reason;

Deno.test("put() and putFile() with a signal aborted before do nothing", () =>
  inTempDir((dir) =>
    inMemory(async (store) => {
      const path = join(dir, "source");
      await Deno.writeTextFile(path, "source");
      const signal = AbortSignal.abort(reason);
      await assert.rejects(store.artifacts.put("r", "a", "text", { signal }), isReason);
      await assert.rejects(store.artifacts.putFile("r", "a", path, { signal }), isReason);
      await assert.rejects(
        store.artifacts.putFile("r", "a", path, { signal, move: true }),
        isReason,
      );
      assert.equal(await Deno.readTextFile(path), "source");
      await assertEmpty(store);
    })
  ));

for (const size of [0, 10, 2_000_000]) {
  Deno.test(`put() aborted while a stream waits after ${size} bytes stops, and cancels it`, () =>
    inMemory(async (store) => {
      const abort = new AbortController();
      const cancelled = Promise.withResolvers<unknown>();
      let given = false;
      const stream = new ReadableStream<Uint8Array>({
        pull(controller) {
          if (!given && size > 0) {
            given = true;
            controller.enqueue(someBytes(size));
            return;
          }
          // Asked for more, and there is none: this is when the put waits.
          queueMicrotask(() => abort.abort(reason));
          return new Promise(() => {});
        },
        cancel: (why) => cancelled.resolve(why),
      });
      await assert.rejects(
        store.artifacts.put("r", "a", stream, { signal: abort.signal }),
        isReason,
      );
      assert.equal(await cancelled.promise, reason);
      await assertEmpty(store);
    }));
}

Deno.test("put() aborted while a generator waits stops, though that cannot be interrupted", () =>
  inMemory(async (store) => {
    const abort = new AbortController();
    async function* stuck() {
      yield someBytes(10);
      queueMicrotask(() => abort.abort(reason));
      await new Promise(() => {});
    }
    await assert.rejects(
      store.artifacts.put("r", "a", stuck(), { signal: abort.signal }),
      isReason,
    );
    await assertEmpty(store);
  }));

/** Ways to stop a put from within, once it is under way. */
const STOPS: Record<string, (abort: AbortController) => void> = {
  "whose signal is aborted": (abort) => abort.abort(reason),
  "whose onProgress throws": () => {
    throw reason;
  },
};

for (const [how, stop] of Object.entries(STOPS)) {
  Deno.test(`a put ${how} midway stores nothing and lets go of its source`, () =>
    inTempDir((dir) =>
      inMemory(async (store) => {
        const path = join(dir, "source");
        const bytes = someBytes(5 * 1024 * 1024);
        await Deno.writeFile(path, bytes);
        let left = false;
        async function* generate() {
          try {
            for (;;) yield bytes;
          } finally {
            left = true;
          }
        }
        const puts: Record<string, (options: PutOptions) => Promise<unknown>> = {
          bytes: (options) => store.artifacts.put("r", "a", bytes, options),
          blob: (options) => store.artifacts.put("r", "a", new Blob([bytes]), options),
          generator: (options) => store.artifacts.put("r", "a", generate(), options),
          file: (options) => store.artifacts.putFile("r", "a", path, options),
        };
        for (const [kind, put] of Object.entries(puts)) {
          const abort = new AbortController();
          let calls = 0;
          const onProgress = () => {
            if (calls++ === 0) stop(abort);
          };
          await assert.rejects(put({ signal: abort.signal, onProgress }), isReason, kind);
          assert.ok(calls >= 1, kind);
          await assertEmpty(store);
        }
        assert.ok(left);
        assert.deepEqual(await Deno.readFile(path), bytes);
      })
    ));
}

/** Starts a move of 3 MiB that `stop` stops, and asserts that the file is left as it was. */
function stoppedMove(stop: (abort: AbortController) => void): Promise<void> {
  return inTempDir((dir) =>
    inMemory(async (store) => {
      const path = join(dir, "source");
      await Deno.writeFile(path, someBytes(3 * 1024 * 1024));
      const before = await Deno.stat(path);
      const abort = new AbortController();
      const onProgress = () => stop(abort);
      const put = store.artifacts.putFile("r", "a", path, {
        move: true,
        onProgress,
        signal: abort.signal,
      });
      await assert.rejects(put, isReason);
      const after = await Deno.stat(path);
      assert.deepEqual([after.ino, after.mode, after.nlink], [before.ino, before.mode, 1]);
      assert.deepEqual(await Deno.readFile(path), someBytes(3 * 1024 * 1024));
      await assertEmpty(store);
    })
  );
}

testOnOwnFiles(
  "a move whose signal is aborted midway leaves its source as it was",
  () => stoppedMove(STOPS["whose signal is aborted"]!),
);

testOnOwnFiles(
  "a move whose onProgress throws leaves its source, and no read under way",
  async () => {
    const strays: unknown[] = [];
    const note = (event: PromiseRejectionEvent) => {
      event.preventDefault();
      strays.push(event.reason);
    };
    const file = Deno.FsFile.prototype;
    const { read } = file;
    let reads = 0;
    // On a slow disk, the read under way when a file is closed fails like this.
    file.read = function (into) {
      if (++reads === 1) return read.call(this, into);
      return Promise.reject(new Deno.errors.Interrupted("operation canceled"));
    };
    globalThis.addEventListener("unhandledrejection", note);
    try {
      const stop = () => {
        file.read = read;
        STOPS["whose onProgress throws"]!(new AbortController());
      };
      await stoppedMove(stop);
      // Strays are reported at the end of a turn of the event loop.
      await new Promise((resolve) => setTimeout(resolve));
    } finally {
      file.read = read;
      globalThis.removeEventListener("unhandledrejection", note);
    }
    assert.deepEqual(strays, []);
  },
);

Deno.test("put() keeps no listener on a signal that outlives it", () =>
  inMemory(async (store) => {
    const { signal } = new AbortController();
    let listeners = 0;
    const [add, remove] = [signal.addEventListener, signal.removeEventListener];
    signal.addEventListener = function (...args: unknown[]) {
      listeners++;
      Reflect.apply(add, this, args);
    };
    signal.removeEventListener = function (...args: unknown[]) {
      listeners--;
      Reflect.apply(remove, this, args);
    };
    await store.artifacts.put("r", "a", new Blob(["text"]), { signal });
    await assert.rejects(
      store.artifacts.put("r", "b", ReadableStream.from(["text"]) as never, { signal }),
    );
    assert.equal(listeners, 0);
  }));
