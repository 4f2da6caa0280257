/** Curves with fewer points. */
import assert from "node:assert/strict";
import fc from "npm:fast-check@~4.11.0";
import { InvalidOptionError, openStore } from "../../mod.ts";
import { curveOf } from "../../src/metrics/curve.ts";
import { testEachDriver } from "../support/helpers.ts";

Deno.test("a curve of fewer points begins and ends as the whole, and has as many as asked for", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 900 }),
      fc.integer({ min: 3, max: 300 }),
      (count, points) => {
        const columns = {
          steps: Float64Array.from({ length: count }, (_, step) => step),
          values: Float64Array.from({ length: count }, (_, step) => Math.sin(step)),
          times: Float64Array.from({ length: count }, (_, step) => step),
        };
        const { steps, values } = curveOf("wave", columns, { points });
        assert.equal(steps.length, Math.min(count, points));
        assert.deepEqual([steps[0], steps.at(-1)], [0, count - 1]);
        assert.ok(steps.every((step, at) => at === 0 || step > steps[at - 1]!));
        assert.deepEqual([...values], Array.from(steps, Math.sin));
      },
    ),
    { numRuns: 500, examples: [[400, 200]] },
  );
});

const long = (values: (step: number) => number) => ({
  steps: Float64Array.from({ length: 10_000 }, (_, step) => step),
  values: Float64Array.from({ length: 10_000 }, (_, step) => values(step)),
  times: Float64Array.from({ length: 10_000 }, (_, step) => step),
});

Deno.test("a curve of fewer points keeps the ends of long gaps, and no more points than asked", () => {
  const gap = (step: number) => step >= 4000 && step < 5000 || step >= 9000;
  const columns = long((step) => gap(step) ? NaN : step === 17 ? Infinity : Math.sin(step / 50));
  const { steps, values, nonFinite } = curveOf("wave", columns, { points: 100 });
  assert.equal(steps.length, 100);
  assert.equal(nonFinite, 2001);
  assert.ok(steps.every((step, at) => at === 0 || step > steps[at - 1]!));
  const strange = [...steps].filter((_, at) => !Number.isFinite(values[at]));
  assert.deepEqual(strange, [4000, 4999, 9000, 9999]);
  const never = curveOf("never", long(() => NaN), { points: 3 });
  assert.ok(never.values.length <= 3 && never.values.every(Number.isNaN));
  const often = curveOf("often", long((step) => step % 2 === 0 ? NaN : step), { points: 500 });
  assert.ok(often.values.length <= 500);
});

Deno.test("a curve of a range of steps has its points and one beside it at each end", () => {
  const stepsOf = (
    steps: [number, number],
    points?: number,
  ) => [...curveOf("wave", long(Math.sin), { steps, ...points && { points } }).steps];
  assert.deepEqual(stepsOf([100, 102]), [99, 100, 101, 102, 103]);
  assert.deepEqual(stepsOf([-5, 0]), [0, 1]);
  assert.deepEqual(stepsOf([9999, 1e9]), [9998, 9999]);
  const thinned = stepsOf([2000, 4000], 50);
  assert.deepEqual([thinned.length, thinned[0], thinned.at(-1)], [50, 1999, 4001]);
  for (const steps of [[2, 1], [NaN, 1], [1], "1-2"]) {
    assert.throws(
      () => curveOf("wave", long(Math.sin), { steps: steps as unknown as [number, number] }),
      InvalidOptionError,
    );
  }
});

testEachDriver(
  "a curve has one value a step, the last logged, in order of steps",
  async (driver) => {
    await using store = await openStore({ inMemory: true, driver });
    const run = await store.startRun({ id: "r", environment: false });
    const at = (time: number) => new Date(time);
    // A resumed run goes back to step 1; the point of step 3 comes late, with an early time.
    await run.logPoints([
      { key: "loss", value: 10, step: 0, timestamp: at(10) },
      { key: "loss", value: 11, step: 1, timestamp: at(11) },
      { key: "loss", value: 12, step: 2, timestamp: at(12) },
      { key: "loss", value: 13, step: 3, timestamp: at(13) },
      { key: "loss", value: 21, step: 1, timestamp: at(21) },
      { key: "loss", value: NaN, step: 2, timestamp: at(22) },
      { key: "loss", value: 23, step: 3, timestamp: at(9) },
      { key: "loss", value: 24, step: 4, timestamp: at(24) },
      { key: "loss", value: 25, step: 4, timestamp: at(24) },
      { key: "other", value: 0, step: 9 },
    ]);
    const { steps, values, times, logged, nonFinite } = await run.curve("loss");
    assert.deepEqual([...steps], [0, 1, 2, 3, 4]);
    assert.deepEqual([...values], [10, 21, NaN, 13, 25]);
    assert.deepEqual([...times], [10, 21, 22, 13, 24]);
    assert.deepEqual([logged, nonFinite], [9, 1]);
    const few = await run.curve("loss", { points: 3 });
    assert.deepEqual([few.steps[0], few.steps.at(-1), few.values.length], [0, 4, 3]);
  },
);

testEachDriver("a metric logged without steps is a curve of all its points", async (driver) => {
  await using store = await openStore({ inMemory: true, driver });
  const run = await store.startRun({ id: "r", environment: false });
  for (const value of [3, 1, NaN, 2]) run.log({ loss: value });
  assert.deepEqual([...(await run.curve("loss")).values], [3, 1, NaN, 2]);
});

testEachDriver("a curve of more points than are read at a time has all of them", async (driver) => {
  await using store = await openStore({ inMemory: true, driver });
  const run = await store.startRun({ id: "r", environment: false });
  const count = 20_000;
  await run.logPoints(Array.from({ length: count }, (_, step) => ({
    key: "loss",
    value: step === 15_000 ? NaN : step / 2,
    step,
  })));
  const { values, steps } = await run.curve("loss");
  assert.deepEqual([values.length, values[14_999], values[15_000], values[count - 1]], [
    count,
    7499.5,
    NaN,
    (count - 1) / 2,
  ]);
  assert.ok(steps.every((step, at) => step === at));
});
