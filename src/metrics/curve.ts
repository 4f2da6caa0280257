/** Curves: one value per step, with a limited number of points. */
import { assertObject } from "../base/assert.ts";
import { InvalidOptionError, quote } from "../base/errors.ts";
import type { Curve, CurveOptions, PointColumns } from "../metadata/metric.ts";

/** Creates the curve of a metric from its points in the order they were logged. */
export function curveOf(key: string, logged: PointColumns, options: CurveOptions): Curve {
  assertObject("draw a curve", "its options", options);
  const { points, steps: range } = options;
  if (points !== undefined && !(Number.isSafeInteger(points) && points >= 3)) {
    throw new InvalidOptionError(`Cannot draw a curve of ${points} points: it takes 3 or more`);
  }
  if (
    range !== undefined && !(Array.isArray(range) && range.length === 2 && range[0] <= range[1])
  ) {
    throw new InvalidOptionError(
      `Cannot draw a curve of the steps ${
        quote(range)
      }: they are two numbers, the smaller one first`,
    );
  }
  const whole = range ? inRange(inSteps(logged), range) : inSteps(logged);
  const thinned = points === undefined || whole.values.length <= points
    ? whole
    : thin(whole, points);
  // Copies, so that a small result does not keep a large array in memory.
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
 * Returns one point per step, in the order of steps: the one with the latest time, then the last
 * logged. If all points have the same step, they stay in the order they were logged.
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

/** Returns the points of a range of steps, and the nearest ones outside. */
function inRange(points: PointColumns, [from, to]: readonly [number, number]): PointColumns {
  const { steps, values, times } = points;
  const { length } = steps;
  if (length === 0 || steps[0] === steps[length - 1]) return points;
  const start = Math.max(0, firstFrom(steps, from) - 1);
  const end = Math.min(length, firstFrom(steps, to, true) + 1);
  return {
    steps: steps.subarray(start, end),
    values: values.subarray(start, end),
    times: times.subarray(start, end),
  };
}

/** Returns the index of the first step that is at least a value, or larger than it. */
function firstFrom(steps: Float64Array, value: number, isLarger = false): number {
  let [low, high] = [0, steps.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (steps[middle]! < value || isLarger && steps[middle] === value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Selects points that preserve the shape of a curve, and the ends of long gaps in it. */
function thin(whole: PointColumns, points: number): PointColumns {
  const finite = finiteOf(whole);
  const rising = whole.steps[0]! < whole.steps[whole.steps.length - 1]!;
  // Points without steps of their own have no place for a gap.
  if (finite === whole || !rising) return choose(finite, points);
  const gaps = gapsOf(whole.values, points);
  const ends = pick(whole, Uint32Array.from(gaps));
  return inSteps(joined(choose(finite, points - gaps.length), ends));
}

/** Returns the indexes at which stretches without a finite value begin and end. */
function gapsOf(values: Float64Array, points: number): number[] {
  // Shorter ones would not be seen.
  for (let least = values.length / points;; least *= 2) {
    const ends: number[] = [];
    for (let at = 0; at < values.length; at++) {
      if (Number.isFinite(values[at])) continue;
      const start = at;
      while (at + 1 < values.length && !Number.isFinite(values[at + 1])) at++;
      if (at + 1 - start >= least) ends.push(...start === at ? [at] : [start, at]);
    }
    if (ends.length <= (points - 3) / 2) return ends;
  }
}

function joined(a: PointColumns, b: PointColumns): PointColumns {
  return {
    steps: Float64Array.from([...a.steps, ...b.steps]),
    values: Float64Array.from([...a.values, ...b.values]),
    times: Float64Array.from([...a.times, ...b.times]),
  };
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
 * Selects points that preserve the shape of a curve (largest triangle three buckets), including the
 * first and the last. The horizontal axis is the step, or the index if all steps are equal.
 */
function choose(all: PointColumns, points: number): PointColumns {
  const y = all.values;
  if (y.length <= points) return all;
  const last = y.length - 1;
  const rising = all.steps[0]! < all.steps[last]!;
  const x = rising ? all.steps : Float64Array.from(y, (_, at) => at);
  // Start of a bucket; the last point is in a bucket of its own.
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
