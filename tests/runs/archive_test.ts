import assert from "node:assert/strict";
import { openStore, RunStateError } from "../../mod.ts";
import { inMemory, testEachDriver } from "../support/helpers.ts";

const ids = (runs: readonly { id: string }[]) => runs.map(({ id }) => id).sort();

testEachDriver("an archived run is hidden, and comes back as it was", async (driver) => {
  await using store = await openStore({ inMemory: true, driver });
  for (const id of ["good", "bad", "open"]) await store.startRun({ id, environment: false });
  const good = await store.run("good");
  await good.put("a", "bytes");
  await good.end();
  await store.runs.end("bad", { error: "no luck" });
  await assert.rejects(store.runs.archive("open"), RunStateError);
  for (const id of ["good", "bad"]) {
    assert.equal((await store.runs.archive(id)).status, "archived");
    assert.equal((await store.runs.archive(id)).status, "archived");
  }
  assert.deepEqual(ids(await store.runs.list()), ["open"]);
  assert.deepEqual(ids(await store.runs.list({ archived: "only" })), ["bad", "good"]);
  assert.deepEqual(ids(await store.runs.list({ archived: "include" })), ["bad", "good", "open"]);
  assert.deepEqual(ids(await store.runs.list({ status: "archived" })), ["bad", "good"]);
  assert.deepEqual(ids(await store.runs.list({ idPrefix: "go" })), ["good"]);
  assert.equal(await (await good.get("a")).text(), "bytes");
  await assert.rejects(store.runs.end("good"), RunStateError);
  await assert.rejects(store.runs.resume("good"), RunStateError);
  assert.equal((await good.unarchive()).status, "completed");
  const back = await store.runs.unarchive("bad");
  assert.deepEqual([back.status, back.error], ["failed", "no luck"]);
  assert.equal((await store.runs.unarchive("open")).status, "running");
  assert.equal((await store.runs.list()).length, 3);
});

testEachDriver("prune() leaves archived runs, unless they are asked for", async (driver) => {
  await using store = await openStore({ inMemory: true, driver });
  for (const id of ["archived", "ended"]) {
    await store.startRun({ id, environment: false });
    await store.runs.end(id);
  }
  await store.runs.archive("archived");
  const pruned = await store.runs.prune({ status: "archived" });
  assert.deepEqual(ids(pruned.removed), ["archived"]);
  await store.runs.archive("ended");
  assert.deepEqual((await store.runs.prune({ keepLast: 0 })).removed, []);
});

testEachDriver("a run that has ended is resumed, and ends again", async (driver) => {
  await using store = await openStore({ inMemory: true, driver });
  const run = await store.startRun({ id: "r", environment: false });
  await assert.rejects(run.resume(), RunStateError);
  await run.end({ error: "power cut" });
  const { status, endTime, error } = await run.resume();
  assert.deepEqual([status, endTime, error], ["running", null, null]);
  run.log({ loss: 1 }, { step: 5 });
  assert.equal((await run.end()).status, "completed");
});

testEachDriver("a run is renamed, and moved to another experiment", async (driver) => {
  await using store = await openStore({ inMemory: true, driver });
  const run = await store.startRun({ id: "r", name: "old", environment: false });
  assert.equal((await run.update({ name: "new" })).name, "new");
  const { name, experiment } = await store.runs.update("r", { experiment: "iris" });
  assert.deepEqual([name, experiment], ["new", "iris"]);
  assert.equal((await run.update({ name: null })).name, null);
  await assert.rejects(run.update({ experiment: "" }));
  await assert.rejects(run.update({ nmae: "x" } as never));
});

Deno.test("a run that others are part of goes only with them", () =>
  inMemory(async (store) => {
    await store.startRun({ id: "child", parentId: "r" });
    await store.startRun({ id: "grandchild", parentId: "child" });
    assert.deepEqual(ids(await (await store.run("r")).children()), ["child"]);
    await assert.rejects(store.runs.remove("r"), /2 runs are part of it; pass children: true/);
    await store.runs.remove("r", { children: true });
    assert.deepEqual(await store.runs.list(), []);
  }));

Deno.test("prune() removes runs that are part of each other, and keeps parents of others", () =>
  inMemory(async (store) => {
    await store.startRun({ id: "child", parentId: "r" });
    await store.startRun({ id: "busy" });
    await store.startRun({ id: "part", parentId: "busy" });
    for (const id of ["r", "child", "busy"]) await store.runs.end(id);
    const { removed, kept } = await store.runs.prune({ keepLast: 0 });
    assert.deepEqual([ids(removed), ids(kept)], [["child", "r"], ["busy"]]);
  }));

Deno.test("a run belongs to the experiment of the run that it is part of", () =>
  inMemory(async (store) => {
    await store.withRun({ experiment: "iris" }, async () => {
      assert.equal((await store.startRun()).info.experiment, "iris");
      assert.equal((await store.startRun({ experiment: "own" })).info.experiment, "own");
    });
    assert.equal((await store.startRun({ parentId: "r" })).info.experiment, "default");
  }));
