/** A store with something of everything, and what of it another store must have. */
import assert from "node:assert/strict";
import type { Store } from "../../mod.ts";
import { lifecycleOf } from "../../src/store/internals.ts";
import { someBytes } from "./helpers.ts";

/** Fills a store with runs that have something of everything. */
export async function fillStore(store: Store): Promise<void> {
  const parent = await store.startRun({ id: "parent", experiment: "iris", name: "sweep" });
  await parent.logParams({ lr: 0.1, layers: [64, 10], note: "ä\n", nothing: null });
  await parent.end();
  const run = await store.startRun({ id: "child", experiment: "iris", parentId: "parent" });
  await run.logMetrics({ loss: NaN });
  await run.logMetrics({ loss: Infinity }, { step: 1 });
  await run.logMetrics({ loss: 0.25 }, { step: 2 });
  await run.setTags({ stage: "a" });
  await run.put("plots/roc.txt", "roc");
  const { id } = await run.put("model.bin", someBytes(300_000), {
    contentType: "application/x-model",
  });
  await store.models.register("iris", { runId: "child", artifact: "model.bin" });
  await store.models.promote("iris", 1, "production");
  assert.ok(id);
  await store.startRun({ id: "open", experiment: "other" });
}

/** Asserts that two stores have the same runs, with bytes and models. */
export async function assertSame(here: Store, there: Store): Promise<void> {
  const ids = await Array.fromAsync(here.runs.each({ archived: "include" }), ({ id }) => id);
  const documentOf = (store: Store, id: string) =>
    lifecycleOf(store).read(({ metadata }) => metadata.runs.document(id));
  for (const id of ids) {
    assert.deepEqual(await documentOf(there, id), await documentOf(here, id));
    for (const artifact of await here.artifacts.list(id)) {
      const other = await there.artifacts.get(id, artifact.name);
      assert.deepEqual(await other.bytes({ verify: true }), await artifact.bytes({ verify: true }));
    }
  }
  assert.deepEqual(await Array.fromAsync(there.verify()), []);
}
