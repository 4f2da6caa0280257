/** Curves with fewer points. */
import assert from "node:assert/strict";
import fc from "npm:fast-check@~4.11.0";
import { curveOf } from "../../src/metrics/curve.ts";

Deno.test("a curve of fewer points begins and ends as the whole, and has as many as asked for", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 900 }),
      fc.integer({ min: 3, max: 300 }),
      (count, points) => {
        const rows = Array.from({ length: count }, (_, step) => ({
          key: "wave",
          step,
          value: Math.sin(step),
          timestamp: new Date(step),
        }));
        const { steps, values } = curveOf("wave", rows, { points });
        assert.equal(steps.length, Math.min(count, points));
        assert.deepEqual([steps[0], steps.at(-1)], [0, count - 1]);
        assert.ok(steps.every((step, at) => at === 0 || step > steps[at - 1]!));
        assert.deepEqual([...values], Array.from(steps, Math.sin));
      },
    ),
    { numRuns: 500, examples: [[400, 200]] },
  );
});
