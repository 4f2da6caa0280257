import assert from "node:assert/strict";
import {
  InvalidOptionError,
  type Metric,
  openStore,
  RunNotFoundError,
  type RunQuery,
  type Runs,
  RunStateError,
  type StartOptions,
  type Store,
} from "../../mod.ts";
import { inTempDir, openIn, storedIn, testEachDriver } from "../support/helpers.ts";

/** Declares a test of a store in memory, for each driver. */
function testStore(name: string, test: (store: Store) => Promise<void>): void {
  testEachDriver(name, async (driver) => {
    await using store = await openStore({ inMemory: true, driver });
    await test(store);
  });
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

testStore("startRun() starts a run with nothing but an id and a time", async (store) => {
  const before = Date.now();
  const run = await store.startRun({ environment: false });
  const after = Date.now();
  const { id, startTime, ...rest } = run.info;
  assert.match(id, UUID);
  assert.equal(run.id, id);
  assert.ok(before <= startTime.getTime() && startTime.getTime() <= after);
  assert.deepEqual(rest, {
    experiment: "default",
    name: null,
    status: "running",
    endTime: null,
    error: null,
    tags: {},
    parentId: null,
    createdBy: null,
    environment: null,
  });
  assert.deepEqual(await store.runs.get(id), run.info);
});

testStore("startRun() keeps all it is told, and getRun() gives it", async (store) => {
  const parent = await store.startRun({ id: "parent" });
  const options: StartOptions = {
    id: "Lauf 1 🚀",
    experiment: "iris; DROP TABLE runs",
    name: 'a "name" \\ of\nlines',
    tags: { team: "a b", "with space": "é", ":odd/key": "", quote: '"\\\n\t', empty: "" },
    parentId: parent.id,
    createdBy: "ada@example.org",
  };
  await store.startRun({ ...options, environment: false });
  const { startTime: _, environment, ...run } = await store.runs.get("Lauf 1 🚀");
  assert.deepEqual(run, { ...options, status: "running", endTime: null, error: null });
  assert.equal(environment, null);
});

testStore("startRun() refuses an id that is taken, also by a run that has ended", async (store) => {
  const run = await store.startRun({ id: "a", name: "first" });
  await assert.rejects(store.startRun({ id: "a", name: "second" }), (error) => {
    assert.ok(error instanceof RunStateError);
    assert.equal(error.runId, "a");
    return true;
  });
  await run.end();
  await assert.rejects(store.startRun({ id: "a" }), RunStateError);
  assert.deepEqual((await store.runs.list()).map(({ name }) => name), ["first"]);
});

testStore("startRun() refuses an unknown parent, and options of a wrong type", async (store) => {
  await assert.rejects(store.startRun({ parentId: "unknown" }), RunNotFoundError);
  const wrong: unknown[] = [
    { experiment: 5 },
    { experiment: "" },
    { experiment: null },
    { name: ["a"] },
    { createdBy: {} },
    { parentId: 1 },
    { tags: { a: 1 } },
    { tags: { a: null } },
  ];
  for (const options of wrong) {
    await assert.rejects(store.startRun(options as StartOptions), InvalidOptionError);
  }
  assert.deepEqual(await store.runs.list(), []);
});

testStore("endRun() ends a run as completed, or as failed with its error", async (store) => {
  const ends: [Parameters<Runs["end"]>[1], string, string | null][] = [
    [undefined, "completed", null],
    [{}, "completed", null],
    [{ status: "completed" }, "completed", null],
    [{ status: "failed" }, "failed", null],
    [{ error: new TypeError("no such column") }, "failed", "TypeError: no such column"],
    [{ status: "failed", error: "out of memory" }, "failed", "out of memory"],
    [{ error: null }, "failed", "null"],
  ];
  for (const [options, status, error] of ends) {
    const { id } = await store.startRun();
    const before = Date.now();
    const ended = await store.runs.end(id, options);
    assert.deepEqual([ended.status, ended.error], [status, error]);
    assert.ok(ended.endTime!.getTime() >= before);
    assert.deepEqual(await store.runs.get(id), ended);
  }
});

testStore("endRun() refuses a run that has ended, and an unknown one", async (store) => {
  const run = await store.startRun();
  const ended = await run.end({ error: "first" });
  await assert.rejects(run.end(), RunStateError);
  await assert.rejects(store.runs.end(run.id, { error: "second" }), RunStateError);
  assert.deepEqual(await store.runs.get(run.id), ended);
  await assert.rejects(store.runs.end("unknown"), RunNotFoundError);
});

testStore("endRun() refuses a status that is none, or that its error belies", async (store) => {
  const run = await store.startRun();
  const wrong: unknown[] = [
    { status: "running" },
    { status: "" },
    { status: "completed", error: "but it failed" },
  ];
  for (const options of wrong) await assert.rejects(run.end(options as never), InvalidOptionError);
  assert.equal((await store.runs.get(run.id)).status, "running");
});

testStore("withRun() gives the result, and ends the run as completed", async (store) => {
  const result = await store.withRun({ id: "a", experiment: "iris" }, async (run) => {
    assert.equal((await store.runs.get("a")).status, "running");
    await run.put("a", "text");
    return 42;
  });
  assert.equal(result, 42);
  const run = await store.runs.get("a");
  assert.deepEqual([run.status, run.experiment, run.error], ["completed", "iris", null]);
  assert.equal(await store.withRun({}, () => "not async"), "not async");
});

testStore("withRun() throws on what the work throws, and ends the run as failed", async (store) => {
  const failure = new RangeError("diverged");
  const works = [
    () => Promise.reject(failure),
    () => {
      throw failure;
    },
  ];
  for (const [at, work] of works.entries()) {
    const id = `run-${at}`;
    await assert.rejects(store.withRun({ id }, work), (error) => error === failure);
    const { status, error } = await store.runs.get(id);
    assert.deepEqual([status, error], ["failed", "RangeError: diverged"]);
  }
});

testStore("withRun() leaves a run that the work has ended as it is", async (store) => {
  await store.withRun({ id: "a" }, (run) => run.end({ error: "gave up" }));
  assert.deepEqual((await store.runs.get("a")).error, "gave up");
  const failure = new Error("afterwards");
  const work = store.withRun({ id: "b" }, async (run) => {
    await run.end();
    throw failure;
  });
  await assert.rejects(work, (error) => error === failure);
  assert.equal((await store.runs.get("b")).status, "completed");
});

testStore("withRun() does no work for a run that cannot be started", async (store) => {
  await store.startRun({ id: "a" });
  let called = false;
  const work = store.withRun({ id: "a" }, () => called = true);
  await assert.rejects(work, RunStateError);
  assert.equal(called, false);
  assert.equal((await store.runs.get("a")).status, "running");
});

testStore("listRuns() gives runs by experiment and status, newest first", async (store) => {
  const starts = [["a", "iris"], ["b", "mnist"], ["c", "iris"], ["d", "iris"]] as const;
  for (const [id, experiment] of starts) await store.startRun({ id, experiment });
  await store.runs.end("a");
  await store.runs.end("c", { error: "failed" });
  const cases: [RunQuery, string][] = [
    [{}, "dcba"],
    [{ experiment: "iris" }, "dca"],
    [{ status: "running" }, "db"],
    [{ status: "completed" }, "a"],
    [{ status: "failed", experiment: "iris" }, "c"],
    [{ status: "failed", experiment: "mnist" }, ""],
    [{ limit: 2 }, "dc"],
    [{ limit: 0 }, ""],
    [{ limit: 9 }, "dcba"],
    [{ experiment: "iris", limit: 1 }, "d"],
  ];
  for (const [query, expected] of cases) {
    const ids = (await store.runs.list(query)).map(({ id }) => id).join("");
    assert.equal(ids, expected, JSON.stringify(query));
  }
});

testStore("listRuns() goes by the time of the start, not by the order of rows", async () => {
  const { now } = Date;
  let time = 0;
  Date.now = () => time;
  try {
    await using store = await openStore({ inMemory: true, driver: "builtin" });
    for (const [id, at] of [["a", 2000], ["b", 3000], ["c", 1000], ["d", 2000]] as const) {
      time = at;
      await store.startRun({ id });
    }
    assert.deepEqual((await store.runs.list()).map(({ id }) => id).join(""), "bdac");
  } finally {
    Date.now = now;
  }
});

testStore("calls on an unknown run are refused", async (store) => {
  const metrics: Promise<Metric[]> = store.metrics.points("unknown");
  const calls = [
    store.runs.get("unknown"),
    store.runs.remove("unknown"),
    store.runs.logParams("unknown", { a: 1 }),
    store.runs.params("unknown"),
    store.metrics.log("unknown", { a: 1 }),
    metrics,
    store.artifacts.list("unknown"),
    store.artifacts.put("unknown", "a", "text"),
  ];
  for (const outcome of await Promise.allSettled(calls)) {
    assert.equal(outcome.status, "rejected");
    assert.ok(outcome.reason instanceof RunNotFoundError);
    assert.equal(outcome.reason.runId, "unknown");
  }
});

testEachDriver(
  "removeRun() removes a run with all it has, and nothing of others",
  (driver) =>
    inTempDir(async (dir) => {
      await using store = await openIn(dir, { driver });
      for (const id of ["a", "b"]) {
        const run = await store.startRun({ id, tags: { of: id } });
        await run.logParams({ of: id });
        await run.logMetrics({ loss: 1 });
        await run.put("plots/a.svg", id);
        await run.put("b", id);
      }
      const gone = await store.artifacts.get("a", "b");
      await store.runs.remove("a");
      await assert.rejects(store.runs.get("a"), RunNotFoundError);
      await assert.rejects(store.runs.params("a"), RunNotFoundError);
      assert.equal(await store.artifacts.has(gone.id), false);
      assert.deepEqual((await store.runs.list()).map(({ id }) => id), ["b"]);
      assert.deepEqual(await storedIn(store), ["b", "b/b", "b/plots", "b/plots/a.svg"]);
      assert.deepEqual(await store.runs.params("b"), { of: "b" });
      assert.equal((await store.metrics.points("b")).length, 1);

      const again = await store.startRun({ id: "a" });
      assert.deepEqual(again.info.tags, {});
      assert.deepEqual(await store.runs.params("a"), {});
      assert.deepEqual(await store.metrics.points("a"), []);
      assert.deepEqual(await store.artifacts.list("a"), []);
    }),
);
