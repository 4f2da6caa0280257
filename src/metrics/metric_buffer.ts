import { RunNotFoundError } from "../base/errors.ts";
import type { MetricRecord } from "../metadata/accepted.ts";
import type { MetricBatch, MetricPoint } from "../metadata/metric.ts";
import { addValues, emptyBatch } from "./metric_points.ts";

/** Maximum time that points are buffered, in milliseconds. */
const DELAY = 1000;

/** Number of points that are written immediately, and in one piece. */
const MANY = 50_000;

/** Number of consecutive failures after which the next call throws. */
const PATIENT = 3;

/** Number of consecutive failures after which an uncaught error is thrown if there are no calls. */
const HOPELESS = 5;

/**
 * Buffers points and writes them once a second, or when there are many. After `flush` resolves they
 * are stored. If writing fails, points are kept and retried; a persistent failure is thrown by the
 * next `add` or, without calls, as an uncaught error.
 */
export class MetricBuffer {
  readonly #write: (batch: MetricBatch) => Promise<void>;
  readonly #delay: number;
  readonly #waiting = new Map<string, MetricBatch>();
  /** Batches to write next, without the one being written. */
  readonly #inFlight: MetricBatch[] = [];
  #count = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #writing: Promise<void> = Promise.resolve();
  /** Error of the last attempt, thrown by the next call. */
  #failure: unknown;
  /** Error of points that are lost, thrown by the next call. */
  #loss: unknown;
  /** Consecutive failures. */
  #failures = 0;

  /** Creates a buffer that calls `write` sequentially, `delay` milliseconds after a point. */
  constructor(write: (batch: MetricBatch) => Promise<void>, delay: number = DELAY) {
    this.#write = write;
    this.#delay = delay;
  }

  /** Buffers values. Throws a persistent failure instead; the values are not taken then. */
  add(
    runId: string,
    values: MetricRecord,
    options: Pick<MetricPoint, "step" | "timestamp">,
  ): void {
    if (this.#failures === 0 || this.#failures >= PATIENT) this.#report();
    let batch = this.#waiting.get(runId);
    if (!batch) this.#waiting.set(runId, batch = emptyBatch(runId));
    const before = batch.keys.length;
    addValues(batch, values, options);
    this.#count += batch.keys.length - before;
    if (this.#count >= MANY && this.#failures === 0) void this.#start();
    else this.#schedule(this.#delay);
  }

  /**
   * Waits until all buffered points are stored.
   *
   * @throws {RunNotFoundError} If the run of some points was removed; these are lost.
   * @throws {StorageError} If points cannot be written; they are kept and retried.
   */
  async flush(): Promise<void> {
    await this.#start();
    this.#report();
  }

  /** Returns buffered points that are not being written yet. */
  get unwritten(): MetricBatch[] {
    return [...this.#inFlight, ...this.#waiting.values()];
  }

  /** Stops writing. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #report(): void {
    const failure = this.#loss ?? this.#failure;
    this.#loss = undefined;
    this.#failure = undefined;
    if (failure !== undefined) throw failure;
  }

  /**
   * Schedules the next write. The timer keeps the process alive, so that logged points are written.
   */
  #schedule(delay: number): void {
    this.#timer ??= setTimeout(() => void this.#start(), delay);
  }

  #start(): Promise<void> {
    this.stop();
    if (this.#count === 0) return this.#writing;
    this.#inFlight.push(...this.#waiting.values());
    this.#waiting.clear();
    this.#count = 0;
    return this.#writing = this.#writing.then(() => this.#writeAll());
  }

  async #writeAll(): Promise<void> {
    let failed = false;
    for (let batch = this.#inFlight.shift(); batch; batch = this.#inFlight.shift()) {
      const part = slice(batch, 0, MANY);
      if (batch.keys.length > MANY) this.#inFlight.unshift(slice(batch, MANY));
      try {
        await this.#write(part);
      } catch (error) {
        if (error instanceof RunNotFoundError) {
          this.#loss ??= error;
          this.#takeInFlight(part.runId);
        } else {
          failed = true;
          this.#failure = error;
          this.#keep(part);
        }
      }
    }
    if (failed) this.#retry();
    else {
      this.#failures = 0;
      this.#failure = undefined;
    }
    if (this.#loss !== undefined) {
      this.#timer ??= setTimeout(() => this.#reportUncaught(), this.#delay);
    }
  }

  #retry(): void {
    this.#failures++;
    if (this.#failures < HOPELESS) this.#schedule(this.#delay * 2 ** (this.#failures - 1));
    // If the caller already knows, the next point triggers the next attempt.
    else if (this.#failure !== undefined) this.#timer ??= setTimeout(() => this.#reportUncaught());
  }

  /** Throws a failure as an uncaught error, because no call has received it. */
  #reportUncaught(): void {
    this.#timer = undefined;
    this.#report();
  }

  /** Puts points back before those buffered since. */
  #keep(batch: MetricBatch): void {
    const kept = join([batch, ...this.#takeInFlight(batch.runId)]);
    this.#count += kept.keys.length;
    const later = this.#waiting.get(batch.runId);
    this.#waiting.set(batch.runId, later ? join([kept, later]) : kept);
  }

  #takeInFlight(runId: string): MetricBatch[] {
    const taken = this.#inFlight.filter((batch) => batch.runId === runId);
    const others = this.#inFlight.filter((batch) => batch.runId !== runId);
    this.#inFlight.splice(0, Infinity, ...others);
    return taken;
  }
}

function slice({ runId, keys, values, steps, times }: MetricBatch, start: number, end?: number) {
  return {
    runId,
    keys: keys.slice(start, end),
    values: values.slice(start, end),
    steps: steps.slice(start, end),
    times: times.slice(start, end),
  };
}

function join(batches: readonly [MetricBatch, ...MetricBatch[]]): MetricBatch {
  return {
    runId: batches[0].runId,
    keys: batches.flatMap(({ keys }) => keys),
    values: batches.flatMap(({ values }) => values),
    steps: batches.flatMap(({ steps }) => steps),
    times: batches.flatMap(({ times }) => times),
  };
}
