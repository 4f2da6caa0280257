import assert from "node:assert/strict";
import { InvalidOptionError, openStore, type RunQuery, type Store } from "../../mod.ts";
import { testEachDriver } from "../support/helpers.ts";

/** Four runs with params, metrics and labels of several kinds; their names are their letters. */
async function fill(store: Store): Promise<void> {
  const a = await store.startRun({ id: "a", experiment: "x", name: "A", tags: { team: "red" } });
  await a.logParams({ lr: 0.1, optimizer: "adam", layers: [64, 10], on: true });
  await a.logMetrics({ loss: 0.5, acc: 0.9 });
  await a.logMetrics({ loss: 0.2 }, { step: 1 });
  await a.end();
  const b = await store.startRun({ id: "b", experiment: "x", createdBy: "ana", parentId: "a" });
  await b.logParams({ lr: 0.01, optimizer: "sgd", layers: [64], on: null });
  await b.logMetrics({ loss: 0.1, acc: 0.7 });
  await b.logMetrics({ loss: 0.4 }, { step: 1 });
  await b.setTags({ team: "red" });
  await b.end({ error: "no" });
  const c = await store.startRun({ id: "c", experiment: "y", tags: { team: "blue" } });
  await c.logParams({ lr: "0.1" });
  await c.logMetrics({ loss: NaN });
  await store.startRun({ id: "d", experiment: "y" });
}

const QUERIES: [query: RunQuery, ids: string][] = [
  [{}, "dcba"],
  [{ limit: 2 }, "dc"],
  [{ limit: 0 }, ""],
  [{ experiment: "x" }, "ba"],
  [{ experiment: "x", limit: 1 }, "b"],
  [{ status: "failed" }, "b"],
  [{ name: "A" }, "a"],
  [{ parentId: "a" }, "b"],
  [{ createdBy: "ana" }, "b"],
  [{ since: new Date(0) }, "dcba"],
  [{ before: new Date(0) }, ""],
  [{ tags: { team: "red" } }, "ba"],
  [{ tags: { team: "red" }, limit: 1 }, "b"],
  [{ tags: { team: "red", other: "" } }, ""],
  [{ params: { lr: 0.1 } }, "a"],
  [{ params: { lr: { eq: "0.1" } } }, "c"],
  [{ params: { lr: { lt: 0.05 } } }, "b"],
  [{ params: { lr: { gte: 0.01, lte: 0.1 } } }, "ba"],
  [{ params: { lr: { ne: 0.1 } } }, "cb"],
  [{ params: { layers: [64, 10] } }, "a"],
  [{ params: { on: true, optimizer: "adam" } }, "a"],
  [{ params: { on: null } }, "b"],
  [{ metrics: { loss: { lt: 0.3 } } }, "a"],
  [{ metrics: { loss: { gt: 0.3 } } }, "b"],
  [{ metrics: { loss: 0.4, acc: { gt: 0.5 } } }, "b"],
  [{ metrics: { loss: { ne: 7 } } }, "cba"],
  [{ metrics: { loss: { eq: NaN } } }, "c"],
  [{ sortBy: { metric: "loss" } }, "bacd"],
  [{ sortBy: { metric: "loss", order: "asc" } }, "abcd"],
  [{ sortBy: { metric: "loss", order: "asc", of: "min" } }, "bacd"],
  [{ sortBy: { metric: "loss", of: "max" }, limit: 1 }, "a"],
  [{ sortBy: { metric: "acc" }, experiment: "x" }, "ab"],
];

testEachDriver("listRuns() gives the runs that fit, in the order asked for", async (driver) => {
  await using store = await openStore({ inMemory: true, driver });
  await fill(store);
  for (const [query, ids] of QUERIES) {
    const found = await store.runs.list(query);
    assert.equal(found.map(({ id }) => id).join(""), ids, Deno.inspect(query));
  }
});

testEachDriver("listRuns() refuses a query that cannot be meant", async (driver) => {
  await using store = await openStore({ inMemory: true, driver });
  const queries = [
    { experimnt: "x" },
    { limit: -1 },
    { limit: 1.5 },
    { since: "2026-01-01" },
    { before: new Date(NaN) },
    { sortBy: { metric: "loss", order: "up" } },
    { sortBy: { metric: "loss", of: "mean" } },
    { params: { lr: { lt: "a" } } },
  ];
  for (const query of queries) {
    await assert.rejects(
      store.runs.list(query as RunQuery),
      InvalidOptionError,
      Deno.inspect(query),
    );
  }
});

testEachDriver("many runs are listed with their labels", async (driver) => {
  await using store = await openStore({ inMemory: true, driver });
  for (let at = 0; at < 50; at++) {
    await store.startRun({ id: `${at}`, tags: { at: `${at}`, odd: `${at % 2}` } });
    await store.runs.setTags(`${at}`, { later: `${at}` });
  }
  const runs = await store.runs.list({ tags: { odd: "1" } });
  assert.equal(runs.length, 25);
  for (const { id, tags } of runs) assert.deepEqual(tags, { at: id, odd: "1", later: id });
});

testEachDriver(
  "bestRun() gives the run with the best last value, of those that fit",
  async (driver) => {
    await using store = await openStore({ inMemory: true, driver });
    await fill(store);
    assert.equal((await store.runs.best({ metric: "loss" }))?.id, "b");
    assert.equal((await store.runs.best({ metric: "loss", order: "asc" }))?.id, "a");
    assert.equal((await store.runs.best({ metric: "loss", order: "asc", of: "min" }))?.id, "b");
    assert.equal((await store.runs.best({ metric: "loss" }, { params: { lr: 0.1 } }))?.id, "a");
    assert.equal(await store.runs.best({ metric: "loss" }, { experiment: "y" }), undefined);
  },
);

testEachDriver("compareRuns() puts params and metrics side by side", async (driver) => {
  await using store = await openStore({ inMemory: true, driver });
  await fill(store);
  const { runs, params, metrics } = await store.runs.compare(["b", "a"]);
  assert.deepEqual(runs.map(({ id }) => id), ["b", "a"]);
  assert.deepEqual(params, [
    { key: "layers", values: [[64], [64, 10]], differs: true },
    { key: "lr", values: [0.01, 0.1], differs: true },
    { key: "on", values: [null, true], differs: true },
    { key: "optimizer", values: ["sgd", "adam"], differs: true },
  ]);
  assert.deepEqual(
    metrics.map(({ key, values, differs }) => [key, values.map((value) => value?.last), differs]),
    [["acc", [0.7, 0.9], true], ["loss", [0.4, 0.2], true]],
  );
  const alone = await store.runs.compare(["a"]);
  assert.ok([...alone.params, ...alone.metrics].every(({ differs }) => !differs));
  const missing = await store.runs.compare(["a", "d"]);
  assert.deepEqual(missing.params[1], { key: "lr", values: [0.1, undefined], differs: true });
  assert.equal(missing.metrics[0]!.differs, true);
  await assert.rejects(store.runs.compare(["a", "none"]), { code: "run-not-found" });
});
