import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { type Store, StoreBusyError } from "../mod.ts";
import { inMemory, inTempDir, openIn, stagedIn, testEachDriver, tree } from "./helpers.ts";

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
    const put = store.put(id, "a", "x");
    let turns = 0;
    for (; turns < 20; turns++) await new Promise((resolve) => setTimeout(resolve, 1));
    assert.equal(turns, 20);
    assert.equal(await store.has(id, "a"), false);
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
      await assert.rejects(store.put(id, "a", "x"), (error: unknown) => {
        assert.ok(error instanceof StoreBusyError);
        assert.match(error.message, /other writers held it for \d+ ms; try again, or raise/);
        return true;
      });
      await assert.rejects(store.startRun(), StoreBusyError);
    }
    assert.deepEqual(tree(store.artifactDir), []);
    assert.deepEqual(stagedIn(store.artifactDir), []);
    await store.put(id, "a", "x");
  });
});

Deno.test("a put whose signal is aborted while it waits stores nothing", async () => {
  await inTempDir(async (dir) => {
    await using store = await openIn(dir);
    const { id } = await store.startRun();
    const controller = new AbortController();
    const lock = holdLock(store.path!);
    const put = store.put(id, "a", "x", { signal: controller.signal });
    await new Promise((resolve) => setTimeout(resolve, 20));
    controller.abort(new Error("enough"));
    lock[Symbol.dispose]();
    await assert.rejects(put, /enough/);
    assert.equal(await store.has(id, "a"), false);
    assert.deepEqual(tree(store.artifactDir), []);
  });
});

testEachDriver("readers are not held up by a writer", async (driver) => {
  await inTempDir(async (dir) => {
    await using store = await openIn(dir, { driver, busyTimeout: 0 });
    const { id } = await store.startRun();
    await store.put(id, "a", "x");
    await using twin = await openIn(dir, { driver });
    const slow = twin.put(id, "b", "y");
    assert.equal(await (await store.get(id, "a")).text(), "x");
    await slow;
    assert.equal((await store.list(id)).length, 2);
  });
});

for (
  const [what, work] of Object.entries({
    reads: (store: Store) => store.getRun("r"),
    writes: (store: Store) => store.setTags("r", { at: "x" }),
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
