/** A metric as a curve: in columns, and with as many points as a plot has room for. */
import { assertObject } from "../base/assert.ts";
import { InvalidOptionError } from "../base/errors.ts";
import type { Curve, CurveOptions, Metric } from "../metadata/metric.ts";

/** Makes a curve of the points of one metric. */
export function curveOf(key: string, rows: readonly Metric[], options: CurveOptions): Curve {
  assertObject("draw a curve", "its options", options);
  const { points } = options;
  if (points !== undefined && !(Number.isSafeInteger(points) && points >= 3)) {
    throw new InvalidOptionError(`Cannot draw a curve of ${points} points: it takes 3 or more`);
  }
  const finite = rows.filter(({ value }) => Number.isFinite(value));
  const chosen = points === undefined || rows.length <= points ? rows : choose(finite, points);
  return {
    key,
    steps: Float64Array.from(chosen, ({ step }) => step),
    values: Float64Array.from(chosen, ({ value }) => value),
    times: Float64Array.from(chosen, ({ timestamp }) => timestamp.getTime()),
    logged: rows.length,
    nonFinite: rows.length - finite.length,
  };
}

/**
 * Those of the rows that keep the shape (largest triangle three buckets), the first and the last among
 * them; along the steps, or, where these stand still, in order.
 */
function choose(rows: readonly Metric[], points: number): readonly Metric[] {
  if (rows.length <= points) return rows;
  const last = rows.length - 1;
  const rising = rows[0]!.step < rows[last]!.step;
  const x = rows.map((row, at) => rising ? row.step : at);
  const y = rows.map(({ value }) => value);
  // Where a bucket begins; behind the buckets is the last point, by itself.
  const edge = (bucket: number) =>
    bucket >= points - 2 ? last : 1 + Math.floor(bucket * (last - 1) / (points - 2));
  const chosen = [0];
  for (let bucket = 0; bucket < points - 2; bucket++) {
    const from = chosen.at(-1)!;
    const nextEnd = Math.max(edge(bucket + 2), edge(bucket + 1) + 1);
    const nextX = mean(x, edge(bucket + 1), nextEnd);
    const nextY = mean(y, edge(bucket + 1), nextEnd);
    let [best, largest] = [edge(bucket), -1];
    for (let at = edge(bucket); at < edge(bucket + 1); at++) {
      const area = Math.abs(
        (x[from]! - nextX) * (y[at]! - y[from]!) - (x[from]! - x[at]!) * (nextY - y[from]!),
      );
      if (area > largest) [best, largest] = [at, area];
    }
    chosen.push(best);
  }
  return [...chosen, last].map((at) => rows[at]!);
}

function mean(numbers: readonly number[], start: number, end: number): number {
  let sum = 0;
  for (let at = start; at < end; at++) sum += numbers[at]!;
  return sum / (end - start);
}
