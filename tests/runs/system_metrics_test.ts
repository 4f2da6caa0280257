import assert from "node:assert/strict";
import { InvalidOptionError } from "../../mod.ts";
import { inMemory } from "../support/helpers.ts";

Deno.test("a run logs what it uses of the machine until it ends", () =>
  inMemory(async (store) => {
    const run = await store.startRun({ systemMetrics: { interval: 0.01 } });
    while ((await run.points("system/memory_bytes")).length < 2) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    await run.end();
    const points = await run.points();
    for (const key of ["system/cpu_percent", "system/memory_bytes", "system/heap_bytes"]) {
      assert.ok(points.some((point) => point.key === key && point.value >= 0), key);
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
    assert.equal((await run.points()).length, points.length);
    // One that has not ended when the store is closed leaves no timer.
    await store.startRun({ systemMetrics: true });
    for (const interval of [0, -1, NaN, "1" as never]) {
      await assert.rejects(store.startRun({ systemMetrics: { interval } }), InvalidOptionError);
    }
  }));
