/** A metric as a curve: one value a step, and with as many points as a plot has room for. */
import { assertObject } from "../base/assert.ts";
import { InvalidOptionError } from "../base/errors.ts";
import type { Curve, CurveOptions, PointColumns } from "../metadata/metric.ts";

/** Makes a curve of the points of one metric, given in the order logged. */
export function curveOf(key: string, logged: PointColumns, options: CurveOptions): Curve {
  assertObject("draw a curve", "its options", options);
  const { points } = options;
  if (points !== undefined && !(Number.isSafeInteger(points) && points >= 3)) {
    throw new InvalidOptionError(`Cannot draw a curve of ${points} points: it takes 3 or more`);
  }
  const whole = inSteps(logged);
  const thinned = points === undefined || whole.values.length <= points
    ? whole
    : choose(finiteOf(whole), points);
  // Copies: what is kept of a long metric must not keep the whole of it in memory.
  return {
    key,
    steps: thinned.steps.slice(),
    values: thinned.values.slice(),
    times: thinned.times.slice(),
    logged: logged.values.length,
    nonFinite: logged.values.reduce((count, value) => count + (Number.isFinite(value) ? 0 : 1), 0),
  };
}

/**
 * Points in the order of steps, of each step the one with the latest time, of these the last logged.
 * Points that were all logged without a step stay in the order logged.
 */
function inSteps(logged: PointColumns): PointColumns {
  const { steps, times } = logged;
  const { length } = steps;
  let isRising = true;
  let isStill = true;
  for (let at = 1; at < length; at++) {
    if (steps[at]! <= steps[at - 1]!) isRising = false;
    if (steps[at] !== steps[0]) isStill = false;
  }
  if (isRising || isStill) return logged;
  const order = Uint32Array.from(steps, (_, at) => at);
  order.sort((a, b) => steps[a]! - steps[b]! || times[a]! - times[b]! || a - b);
  return pick(logged, order.filter((at, rank) => steps[at] !== steps[order[rank + 1] ?? -1]));
}

function finiteOf(points: PointColumns): PointColumns {
  const { values } = points;
  if (values.every(Number.isFinite)) return points;
  return pick(
    points,
    Uint32Array.from(values, (_, at) => at).filter((at) => Number.isFinite(values[at])),
  );
}

function pick({ steps, values, times }: PointColumns, order: Uint32Array): PointColumns {
  return {
    steps: Float64Array.from(order, (at) => steps[at]!),
    values: Float64Array.from(order, (at) => values[at]!),
    times: Float64Array.from(order, (at) => times[at]!),
  };
}

/**
 * Those of the points that keep the shape (largest triangle three buckets), the first and the last
 * among them; along the steps, or, where these stand still, in order.
 */
function choose(all: PointColumns, points: number): PointColumns {
  const y = all.values;
  if (y.length <= points) return all;
  const last = y.length - 1;
  const rising = all.steps[0]! < all.steps[last]!;
  const x = rising ? all.steps : Float64Array.from(y, (_, at) => at);
  // Where a bucket begins; behind the buckets is the last point, by itself.
  const edge = (bucket: number) =>
    bucket >= points - 2 ? last : 1 + Math.floor(bucket * (last - 1) / (points - 2));
  const chosen = new Uint32Array(points);
  for (let bucket = 0; bucket < points - 2; bucket++) {
    const from = chosen[bucket]!;
    const nextEnd = Math.max(edge(bucket + 2), edge(bucket + 1) + 1);
    const nextX = mean(x, edge(bucket + 1), nextEnd);
    const nextY = mean(y, edge(bucket + 1), nextEnd);
    let [best, largest] = [edge(bucket), -1];
    for (let at = edge(bucket), end = edge(bucket + 1); at < end; at++) {
      const area = Math.abs(
        (x[from]! - nextX) * (y[at]! - y[from]!) - (x[from]! - x[at]!) * (nextY - y[from]!),
      );
      if (area > largest) [best, largest] = [at, area];
    }
    chosen[bucket + 1] = best;
  }
  chosen[points - 1] = last;
  return pick(all, chosen);
}

function mean(numbers: Float64Array, start: number, end: number): number {
  let sum = 0;
  for (let at = start; at < end; at++) sum += numbers[at]!;
  return sum / (end - start);
}
