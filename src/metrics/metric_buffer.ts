import { RunNotFoundError } from "../base/errors.ts";
import type { MetricRecord } from "../metadata/accepted.ts";
import type { MetricBatch, MetricPoint } from "../metadata/metric.ts";
import { addValues, emptyBatch } from "./metric_points.ts";

/** Milliseconds that points wait for others to be written with. */
const DELAY = 1000;

/** Points that are not made to wait any longer, and that are written in one piece. */
const MANY = 50_000;

/** Failures in a row after which points that could not be written are reported. */
const PATIENT = 3;

/** Failures in a row after which they are reported to whoever listens, the program being silent. */
const HOPELESS = 5;

/**
 * Gathers points and writes them once a second, or when there are many. What a `flush` has resolved
 * for is stored. What cannot be written is kept and tried again; a failure that lasts is thrown by the
 * next `add`, or, if there is none, as an uncaught error.
 */
export class MetricBuffer {
  readonly #write: (batch: MetricBatch) => Promise<void>;
  readonly #delay: number;
  readonly #waiting = new Map<string, MetricBatch>();
  /** Batches whose turn to be written has come; the one being written is no longer among them. */
  readonly #leaving: MetricBatch[] = [];
  #count = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #writing: Promise<void> = Promise.resolve();
  /** Why points are still not written; thrown by whoever asks next. */
  #failure: unknown;
  /** Why points never will be; the same. */
  #loss: unknown;
  /** Failures since the last success. */
  #failures = 0;

  /** Writes by `write`, one batch of a run after the other, `delay` milliseconds after a point. */
  constructor(write: (batch: MetricBatch) => Promise<void>, delay: number = DELAY) {
    this.#write = write;
    this.#delay = delay;
  }

  /** Takes values; they are written soon. Throws a failure that has lasted, and takes none then. */
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
   * Resolves once all points taken before are stored.
   *
   * @throws {RunNotFoundError} If the run of some has been removed; they are lost.
   * @throws {StorageError} If they cannot be written; they are kept, and tried again.
   */
  async flush(): Promise<void> {
    await this.#start();
    this.#report();
  }

  /** Points that have been taken and not yet been handed over to be written. */
  get unwritten(): MetricBatch[] {
    return [...this.#leaving, ...this.#waiting.values()];
  }

  /** Gives up: writes nothing more. */
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

  /** As long as there is a timer, the process does not end: what was logged is written. */
  #schedule(delay: number): void {
    this.#timer ??= setTimeout(() => void this.#start(), delay);
  }

  #start(): Promise<void> {
    this.stop();
    if (this.#count === 0) return this.#writing;
    this.#leaving.push(...this.#waiting.values());
    this.#waiting.clear();
    this.#count = 0;
    return this.#writing = this.#writing.then(() => this.#writeAll());
  }

  async #writeAll(): Promise<void> {
    let failed = false;
    for (let batch = this.#leaving.shift(); batch; batch = this.#leaving.shift()) {
      const part = slice(batch, 0, MANY);
      if (batch.keys.length > MANY) this.#leaving.unshift(slice(batch, MANY));
      try {
        await this.#write(part);
      } catch (error) {
        if (error instanceof RunNotFoundError) {
          this.#loss ??= error;
          this.#takeLeaving(part.runId);
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
    if (this.#loss !== undefined) this.#timer ??= setTimeout(() => this.#complain(), this.#delay);
  }

  #retry(): void {
    this.#failures++;
    if (this.#failures < HOPELESS) this.#schedule(this.#delay * 2 ** (this.#failures - 1));
    // If a caller knows of it already, the next point brings the next attempt.
    else if (this.#failure !== undefined) this.#timer ??= setTimeout(() => this.#complain());
  }

  /** Nobody has asked since the failure: it must not pass unnoticed. */
  #complain(): void {
    this.#timer = undefined;
    this.#report();
  }

  /** Puts points back before those that have come since. */
  #keep(batch: MetricBatch): void {
    const kept = join([batch, ...this.#takeLeaving(batch.runId)]);
    this.#count += kept.keys.length;
    const later = this.#waiting.get(batch.runId);
    this.#waiting.set(batch.runId, later ? join([kept, later]) : kept);
  }

  #takeLeaving(runId: string): MetricBatch[] {
    const taken = this.#leaving.filter((batch) => batch.runId === runId);
    const others = this.#leaving.filter((batch) => batch.runId !== runId);
    this.#leaving.splice(0, Infinity, ...others);
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
