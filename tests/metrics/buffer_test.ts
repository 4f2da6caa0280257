import assert from "node:assert/strict";
import { RunNotFoundError, StorageError } from "../../mod.ts";
import type { MetricBatch } from "../../src/metadata/metric.ts";
import { MetricBuffer } from "../../src/metrics/metric_buffer.ts";
import { inTempDir } from "../support/helpers.ts";
import { child } from "../support/children/flags.ts";

/** A buffer whose writes fail as often as asked, and what it has written. */
function failing(times: number, error: Error = new StorageError("write", "no space is left")) {
  const written: number[] = [];
  const state = { attempts: 0, times };
  const buffer = new MetricBuffer((batch: MetricBatch) => {
    if (state.attempts++ < state.times) return Promise.reject(error);
    written.push(...batch.values);
    return Promise.resolve();
  }, 1);
  const add = (value: number, runId = "r") => buffer.add(runId, { loss: value }, {});
  return { buffer, written, state, add };
}

/** Resolves once something holds. */
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 1));
}

Deno.test("points that could not be written are written later, in their order", async () => {
  const { buffer, written, state, add } = failing(2);
  add(1);
  await until(() => state.attempts === 1);
  add(2);
  await until(() => written.length === 2);
  assert.deepEqual(written, [1, 2]);
  // It has passed: nobody needs to know.
  add(3);
  await buffer.flush();
  assert.deepEqual(written, [1, 2, 3]);
});

Deno.test("a failure that lasts is thrown by the next point, which is not taken", async () => {
  const { buffer, written, state, add } = failing(4);
  add(1);
  await until(() => state.attempts === 3);
  assert.throws(() => add(2), StorageError);
  add(3);
  await until(() => written.length > 0);
  await buffer.flush();
  assert.deepEqual(written, [1, 3]);
});

Deno.test("flush() throws what it fails with, and keeps the points", async () => {
  const { buffer, written, add } = failing(1);
  add(1);
  await assert.rejects(buffer.flush(), StorageError);
  assert.deepEqual(buffer.unwritten.map(({ values }) => values), [[1]]);
  await buffer.flush();
  assert.deepEqual([written, buffer.unwritten], [[1], []]);
});

Deno.test("points of a removed run are lost, and reported once; others are kept", async () => {
  const { buffer, written, add } = failing(1, new RunNotFoundError("gone"));
  add(1, "gone");
  add(2, "there");
  await until(() => written.length > 0);
  assert.throws(() => add(3, "there"), RunNotFoundError);
  add(4, "there");
  await buffer.flush();
  assert.deepEqual(written, [2, 4]);
});

Deno.test("a program that ends without asking learns of points that are lost", () =>
  inTempDir(async (dir) => {
    const { code, stderr } = await child("end_early.ts", [`${dir}/t.db`, "removed"]).output();
    assert.equal(code, 1);
    assert.match(new TextDecoder().decode(stderr), /Cannot find run "r"/);
  }));
