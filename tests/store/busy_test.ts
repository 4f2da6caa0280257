import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { type Store, StoreBusyError } from "../../mod.ts";
import {
  inMemory,
  inTempDir,
  openIn,
  stagedOf,
  storedIn,
  testEachDriver,
} from "../support/helpers.ts";

/** Holds the write lock of a database, as another process would, until disposed of. */
function holdLock(path: string): Disposable {
  // A child would be another process, but only the connection matters to SQLite.
  const database = new DatabaseSync(path);
  database.exec("BEGIN IMMEDIATE");
  return { [Symbol.dispose]: () => database.close() };
}

Deno.test("a put waits for another writer without blocking the event loop", async () => {
  await inTempDir(async (dir) => {
    await using store = await openIn(dir);
    const { id } = await store.startRun();
    const lock = holdLock(store.path!);
    const put = store.artifacts.put(id, "a", "x");
    let turns = 0;
    for (; turns < 20; turns++) await new Promise((resolve) => setTimeout(resolve, 1));
    assert.equal(turns, 20);
    assert.equal(await store.artifacts.has(id, "a"), false);
    lock[Symbol.dispose]();
    assert.equal((await put).name, "a");
  });
});

Deno.test("a put that waits for longer than busyTimeout fails and leaves nothing", async () => {
  await inTempDir(async (dir) => {
    await using store = await openIn(dir, { busyTimeout: 30 });
    const { id } = await store.startRun();
    {
      using _lock = holdLock(store.path!);
      await assert.rejects(store.artifacts.put(id, "a", "x"), (error: unknown) => {
        assert.ok(error instanceof StoreBusyError);
        assert.match(error.message, /other writers held it for \d+ ms; try again, or raise/);
        return true;
      });
      await assert.rejects(store.startRun(), StoreBusyError);
    }
    assert.deepEqual(await storedIn(store), []);
    assert.deepEqual(await stagedOf(store), []);
    await store.artifacts.put(id, "a", "x");
  });
});

Deno.test("a put whose signal is aborted while it waits stores nothing", async () => {
  await inTempDir(async (dir) => {
    await using store = await openIn(dir);
    const { id } = await store.startRun();
    const controller = new AbortController();
    const lock = holdLock(store.path!);
    const put = store.artifacts.put(id, "a", "x", { signal: controller.signal });
    await new Promise((resolve) => setTimeout(resolve, 20));
    controller.abort(new Error("enough"));
    lock[Symbol.dispose]();
    await assert.rejects(put, /enough/);
    assert.equal(await store.artifacts.has(id, "a"), false);
    assert.deepEqual(await storedIn(store), []);
  });
});

Deno.test("a put that waits for another writer, or for its turn, ends with its signal", async () => {
  await inTempDir(async (dir) => {
    await using store = await openIn(dir);
    const { id } = await store.startRun();
    {
      const lock = holdLock(store.path!);
      const first = new AbortController();
      const stopped = store.artifacts.put(id, "a", "x", { signal: first.signal });
      const goesOn = store.artifacts.put(id, "b", "x", { signal: new AbortController().signal });
      await new Promise((resolve) => setTimeout(resolve, 20));
      const later = new AbortController();
      const queued = store.artifacts.put(id, "c", "x", { signal: later.signal });
      await new Promise((resolve) => setTimeout(resolve, 20));
      // While the lock is held: what is not waited for any more is not waited for.
      first.abort(new Error("enough"));
      await assert.rejects(stopped, /enough/);
      later.abort(new Error("more than enough"));
      await assert.rejects(queued, /more than enough/);
      assert.equal((await stagedOf(store)).length, 1);
      lock[Symbol.dispose]();
      await goesOn;
    }
    assert.deepEqual((await store.artifacts.list(id)).map(({ name }) => name), ["b"]);
    assert.deepEqual(await stagedOf(store), []);
  });
});

Deno.test("closing a store does not wait for writers that have given up", async () => {
  await inTempDir(async (dir) => {
    const store = await openIn(dir);
    const { id } = await store.startRun();
    using _lock = holdLock(store.path!);
    const abort = new AbortController();
    const put = store.artifacts.put(id, "a", "x", { signal: abort.signal });
    await new Promise((resolve) => setTimeout(resolve, 20));
    abort.abort(new Error("enough"));
    await assert.rejects(put, /enough/);
    await store.close();
  });
});

Deno.test("a put ends with its signal while so many others are staged that it has no place", () =>
  inMemory(async (store) => {
    const all = new AbortController();
    const hanging = () => new ReadableStream<Uint8Array>({ pull: () => new Promise(() => {}) });
    const others = Array.from(
      { length: 128 },
      (_, at) => store.artifacts.put("r", `hanging/${at}`, hanging(), { signal: all.signal }),
    );
    while ((await storedIn(store)).length < 128) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    const one = new AbortController();
    const put = store.artifacts.put("r", "one", "x", { signal: one.signal });
    const next = store.artifacts.put("r", "next", "x");
    await new Promise((resolve) => setTimeout(resolve, 20));
    one.abort(new Error("enough"));
    await assert.rejects(put, /enough/);
    all.abort(new Error("all of it"));
    for (const outcome of await Promise.allSettled(others)) {
      assert.equal(outcome.status, "rejected");
    }
    await next;
    assert.deepEqual((await store.artifacts.list("r")).map(({ name }) => name), ["next"]);
  }));

testEachDriver("readers are not held up by a writer", async (driver) => {
  await inTempDir(async (dir) => {
    await using store = await openIn(dir, { driver, busyTimeout: 0 });
    const { id } = await store.startRun();
    await store.artifacts.put(id, "a", "x");
    await using twin = await openIn(dir, { driver });
    const slow = twin.artifacts.put(id, "b", "y");
    assert.equal(await (await store.artifacts.get(id, "a")).text(), "x");
    await slow;
    assert.equal((await store.artifacts.list(id)).length, 2);
  });
});

for (
  const [what, work] of Object.entries({
    reads: (store: Store) => store.runs.get("r"),
    writes: (store: Store) => store.runs.setTags("r", { at: "x" }),
  })
) {
  Deno.test(`a loop of nothing but ${what} lets timers run`, () =>
    inMemory(async (store) => {
      let over = false;
      setTimeout(() => over = true, 1);
      for (let at = 0; !over; at++) {
        assert.ok(at < 100_000, "the timer never came");
        await work(store);
      }
    }));
}
