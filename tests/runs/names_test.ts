import assert from "node:assert/strict";
import { openStore, type RunQuery, UnknownNameError } from "../../mod.ts";
import { testEachDriver } from "../support/helpers.ts";

testEachDriver("a query on a name that no run has is refused, with near ones", async (driver) => {
  await using store = await openStore({ inMemory: true, driver });
  // Without any run, nothing is known to be wrong.
  assert.deepEqual(await store.runs.list({ experiment: "iris", sortBy: { metric: "loss" } }), []);
  const run = await store.startRun({ experiment: "iris", environment: false });
  await run.logParams({ optimizer: "adam", lr: 0.1 });
  await run.logMetrics({ "val/loss": 1, odd: NaN });
  await store.experiments.describe("empty", { owner: "ana" });
  const refused: [RunQuery, RegExp][] = [
    [{ experiment: "irs" }, /experiment "irs"; did you mean "iris"\?/],
    [{ params: { optimiser: "adam" } }, /param "optimiser"; did you mean "optimizer"\?/],
    [{ metrics: { "val-los": { lt: 2 } } }, /metric "val-los"; did you mean "val\/loss"\?/],
    [{ sortBy: { metric: "nosuch" } }, /metric "nosuch"$/],
    [{ sortBy: { param: "lrr" } }, /param "lrr"; did you mean "lr"\?/],
  ];
  for (const [query, message] of refused) {
    await assert.rejects(store.runs.list(query), (error: Error) => {
      assert.ok(error instanceof UnknownNameError);
      assert.match(error.message, message);
      return true;
    });
  }
  await assert.rejects(store.runs.best({ metric: "nosuch" }), UnknownNameError);
  const fine: RunQuery[] = [
    { experiment: "empty" },
    { params: { lr: 5 } },
    { metrics: { odd: { gt: 1 } } },
    { experiment: "empty", sortBy: { metric: "val/loss" } },
  ];
  for (const query of fine) assert.deepEqual(await store.runs.list(query), []);
  assert.equal((await store.runs.list({ sortBy: { metric: "odd" } })).length, 1);
});

testEachDriver("runs are sorted by params, start, end and duration", async (driver) => {
  await using store = await openStore({ inMemory: true, driver });
  const params = { a: 0.5, b: 10, c: "text", d: [1] };
  for (const [id, lr] of Object.entries(params)) {
    await (await store.startRun({ id, environment: false })).logParams({ lr });
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  await store.startRun({ id: "none", environment: false });
  for (const id of ["b", "a"]) {
    await store.runs.end(id);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  const sorted = async (sortBy: RunQuery["sortBy"] & object) =>
    (await store.runs.list({ sortBy })).map(({ id }) => id).join(" ");
  assert.equal(await sorted({ param: "lr" }), "b a c d none");
  assert.equal(await sorted({ param: "lr", order: "asc" }), "a b c d none");
  assert.equal(await sorted({ time: "start", order: "asc" }), "a b c d none");
  assert.match(await sorted({ time: "end" }), /^a b /);
  assert.match(await sorted({ time: "duration" }), /^a b /);
  for (const odd of [{}, { metric: "a", param: "b" }, { time: "nosuch" }, { param: 1 }]) {
    await assert.rejects(store.runs.list({ sortBy: odd as never }), /sortBy|time takes/);
  }
});
