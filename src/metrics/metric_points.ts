/** Checks and conversion of callers' points to columns. */
import { assertObject, assertStorable } from "../base/assert.ts";
import { InvalidOptionError, quote } from "../base/errors.ts";
import type { MetricRecord } from "../metadata/accepted.ts";
import type { MetricBatch, MetricPoint } from "../metadata/metric.ts";
import { assertNotReordered } from "../names/deceptive.ts";

/** Creates an empty batch. */
export function emptyBatch(runId: string): MetricBatch {
  return { runId, keys: [], values: [], steps: [], times: [] };
}

/**
 * Adds values to a batch.
 *
 * @throws {InvalidOptionError} If a value is not a number, or the step is not an integer; nothing
 * is added then.
 */
export function addValues(
  batch: MetricBatch,
  values: MetricRecord,
  options: Pick<MetricPoint, "step" | "timestamp">,
): void {
  assertObject("log metrics", "metrics", values);
  assertObject("log metrics", "options", options);
  const { step = 0, timestamp } = options;
  const entries = Object.entries(values).filter(([, value]) => value !== undefined);
  const time = timestamp === undefined ? Date.now() : timeOf(timestamp);
  for (const [key, value] of entries) assertPoint(key, value, step, time);
  for (const [key, value] of entries) {
    batch.keys.push(key);
    batch.values.push(value!);
    batch.steps.push(step);
    batch.times.push(time);
  }
}

/**
 * Adds points to a batch, in order.
 *
 * @throws {InvalidOptionError} If a point is invalid.
 */
export function addPoints(batch: MetricBatch, points: Iterable<MetricPoint>): void {
  if (typeof points !== "object" || points === null || !(Symbol.iterator in points)) {
    throw new InvalidOptionError(`Cannot log points: pass a list of them, not ${quote(points)}`);
  }
  for (const point of points) {
    assertObject("log points", "a point", point);
    const { key, value, ...rest } = point;
    if (typeof key !== "string") {
      throw new InvalidOptionError(`Cannot log points: ${quote(key)} is not the name of a metric`);
    }
    addValues(batch, { [key]: value }, rest);
  }
}

/** Returns a date in epoch milliseconds; `NaN` for anything else. */
function timeOf(date: unknown): number {
  return date instanceof Date ? date.getTime() : NaN;
}

function assertPoint(key: string, value: unknown, step: unknown, time: number): void {
  assertStorable("log metrics", "the name of a metric", key);
  assertNotReordered("the name of a metric", key);
  if (typeof value !== "number") {
    refuse(key, `${Deno.inspect(value)} is not a number`);
  }
  if (!Number.isSafeInteger(step)) refuse(key, `its step is ${step}, which is not a whole number`);
  if (!Number.isSafeInteger(time)) refuse(key, "its timestamp is not a valid date");
}

function refuse(key: string, reason: string): never {
  throw new InvalidOptionError(`Cannot log metric ${JSON.stringify(key)}: ${reason}`);
}
