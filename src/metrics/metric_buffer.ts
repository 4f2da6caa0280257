/** Points on their way to the database: checked, gathered, and written together. */
import { assertObject } from "../base/assert.ts";
import { InvalidOptionError, quote, RunNotFoundError } from "../base/errors.ts";
import type { MetricBatch, MetricPoint } from "../metadata/metric.ts";

/** Milliseconds that points wait for others to be written with. */
const DELAY = 1000;

/** Points that are not made to wait any longer. */
const MANY = 50_000;

/** A batch without points. */
export function emptyBatch(runId: string): MetricBatch {
  return { runId, keys: [], values: [], steps: [], times: [] };
}

/**
 * Adds values to a batch.
 *
 * @throws {InvalidOptionError} If one is no number, or the step is not whole; none is added then.
 */
export function addValues(
  batch: MetricBatch,
  values: Readonly<Record<string, number>>,
  options: Pick<MetricPoint, "step" | "timestamp">,
): void {
  assertObject("log metrics", "metrics", values);
  assertObject("log metrics", "options", options);
  const { step = 0, timestamp } = options;
  const entries = Object.entries(values);
  const time = timestamp === undefined ? Date.now() : timeOf(timestamp);
  for (const [key, value] of entries) assertPoint(key, value, step, time);
  for (const [key, value] of entries) {
    batch.keys.push(key);
    batch.values.push(value);
    batch.steps.push(step);
    batch.times.push(time);
  }
}

/**
 * Adds points to a batch, in their order.
 *
 * @throws {InvalidOptionError} If one is none.
 */
export function addPoints(batch: MetricBatch, points: Iterable<MetricPoint>): void {
  if (typeof points !== "object" || points === null || !(Symbol.iterator in points)) {
    throw new InvalidOptionError(`Cannot log points: pass a list of them, not ${quote(points)}`);
  }
  for (const point of points) {
    assertObject("log points", "a point", point);
    const { key, value, ...rest } = point;
    if (typeof key !== "string") {
      throw new InvalidOptionError(`Cannot log points: ${quote(key)} is no name of a metric`);
    }
    addValues(batch, { [key]: value }, rest);
  }
}

/** Epoch milliseconds of a date; `NaN` of what is none. */
function timeOf(date: unknown): number {
  return date instanceof Date ? date.getTime() : NaN;
}

function assertPoint(key: string, value: unknown, step: unknown, time: number): void {
  if (typeof value !== "number") {
    refuse(key, `${Deno.inspect(value)} is no number`);
  }
  if (!Number.isSafeInteger(step)) refuse(key, `its step is ${step}, which is no whole number`);
  if (!Number.isSafeInteger(time)) refuse(key, "its timestamp is no valid date");
}

function refuse(key: string, reason: string): never {
  throw new InvalidOptionError(`Cannot log metric ${JSON.stringify(key)}: ${reason}`);
}

/**
 * Gathers points and writes them once a second, or when there are many. What a `flush` has resolved
 * for is stored; what has not been flushed is lost if the process ends.
 */
export class MetricBuffer {
  readonly #write: (batch: MetricBatch) => Promise<void>;
  readonly #waiting = new Map<string, MetricBatch>();
  #count = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #writing: Promise<void> = Promise.resolve();
  /** What writing in the background has failed with; told to who flushes next. */
  #failure: unknown;

  /** Writes by `write`, one batch of a run after the other. */
  constructor(write: (batch: MetricBatch) => Promise<void>) {
    this.#write = write;
  }

  /** Takes values; they are written soon. */
  add(
    runId: string,
    values: Readonly<Record<string, number>>,
    options: Pick<MetricPoint, "step" | "timestamp">,
  ): void {
    let batch = this.#waiting.get(runId);
    if (!batch) this.#waiting.set(runId, batch = emptyBatch(runId));
    const before = batch.keys.length;
    addValues(batch, values, options);
    this.#count += batch.keys.length - before;
    // As long as there is a timer, the process does not end: what was logged is written.
    this.#timer ??= setTimeout(() => void this.#start(), DELAY);
    if (this.#count >= MANY) void this.#start();
  }

  /**
   * Resolves once all points taken before are stored.
   *
   * @throws {RunNotFoundError} If the run of some has been removed; they are lost.
   * @throws {StorageError} If they cannot be written; they are kept, and tried again.
   */
  async flush(): Promise<void> {
    await this.#start();
    const failure = this.#failure;
    this.#failure = undefined;
    if (failure !== undefined) throw failure;
  }

  #start(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#count === 0) return this.#writing;
    const batches = [...this.#waiting.values()];
    this.#waiting.clear();
    this.#count = 0;
    return this.#writing = this.#writing.then(() => this.#writeAll(batches));
  }

  async #writeAll(batches: readonly MetricBatch[]): Promise<void> {
    for (const batch of batches) {
      try {
        await this.#write(batch);
      } catch (error) {
        this.#failure ??= error;
        if (!(error instanceof RunNotFoundError)) this.#keep(batch);
      }
    }
  }

  /** Puts points back before those that have come since. */
  #keep(batch: MetricBatch): void {
    const later = this.#waiting.get(batch.runId);
    this.#count += batch.keys.length;
    this.#waiting.set(batch.runId, {
      runId: batch.runId,
      keys: [...batch.keys, ...later?.keys ?? []],
      values: [...batch.values, ...later?.values ?? []],
      steps: [...batch.steps, ...later?.steps ?? []],
      times: [...batch.times, ...later?.times ?? []],
    });
  }
}
