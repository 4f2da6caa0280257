import type { Access } from "../base/access.ts";
import { assertString, assertText } from "../base/assert.ts";
import { asDisplayable } from "../display/displayable.ts";
import type {
  Curve,
  CurveOptions,
  Metric,
  MetricOptions,
  MetricPoint,
  MetricSummary,
} from "../metadata/metric.ts";
import type { MetricRecord, MetricValues } from "../metadata/accepted.ts";
import type { MetadataStore } from "../metadata/metadata_store.ts";
import { curveOf } from "./curve.ts";
import type { MetricBuffer } from "./metric_buffer.ts";
import { addPoints, addValues, emptyBatch } from "./metric_points.ts";

/** The parts of an open store that metrics need. */
export interface MetricContext {
  /** Runs and their metrics. */
  readonly metadata: Pick<MetadataStore, "runs">;
}

/**
 * Metrics of a store's runs. Available as {@linkcode Store.metrics}.
 *
 * Methods need only the permissions of {@linkcode openStore}. Every method throws {@linkcode
 * StoreClosedError} once the store is closed, {@linkcode ReadOnlyError} if it writes and the store
 * is read-only, and {@linkcode RunNotFoundError} if the run does not exist.
 */
export class Metrics {
  readonly #access: Access<MetricContext>;
  readonly #buffer: MetricBuffer;

  /** @ignore Created by the store. */
  constructor(access: Access<MetricContext>, buffer: MetricBuffer) {
    this.#access = access;
    this.#buffer = buffer;
  }

  /**
   * Logs one value each of some metrics, and waits until they are stored. {@linkcode RunHandle.log}
   * does not wait.
   *
   * @param runId Id of the run.
   * @param values Values by metric name. `NaN` and the infinities are stored as is.
   * @param options Training step (default 0) and time of the values.
   * @returns A promise that resolves once they are stored.
   * @throws {InvalidOptionError} If a value is not a number; nothing is logged then.
   * @throws {InvalidNameError} If a key has a bidirectional control.
   * @throws {RunNotFoundError} If the run does not exist.
   */
  log<T extends object>(
    runId: string,
    values: T & MetricValues<T>,
    options: MetricOptions = {},
  ): Promise<void> {
    return this.#write(runId, (batch) => addValues(batch, values as MetricRecord, options));
  }

  /**
   * Logs many points, and waits until they are stored.
   *
   * @param runId Id of the run.
   * @param points Points, in the order to log them.
   * @returns A promise that resolves once they are stored.
   * @throws {InvalidOptionError} If a point is invalid; nothing is logged then.
   * @throws {InvalidNameError} If a key has a bidirectional control.
   * @throws {RunNotFoundError} If the run does not exist.
   */
  logPoints(runId: string, points: Iterable<MetricPoint>): Promise<void> {
    return this.#write(runId, (batch) => addPoints(batch, points));
  }

  #write(runId: string, add: (batch: ReturnType<typeof emptyBatch>) => void): Promise<void> {
    return this.#access.write(async ({ metadata: { runs } }) => {
      const batch = emptyBatch(runId);
      add(batch);
      // Buffered points were logged earlier, so they are written first.
      await this.#buffer.flush();
      await runs.logMetrics(batch);
    });
  }

  /**
   * Waits until everything logged by {@linkcode RunHandle.log} is stored.
   *
   * @returns A promise that resolves once it is stored.
   * @throws {RunNotFoundError} If a run that was logged to has been removed.
   */
  flush(): Promise<void> {
    return this.#access.use(() => this.#buffer.flush());
  }

  /**
   * Returns the points of a run's metrics.
   *
   * @param runId Id of the run.
   * @param key Name of a metric; by default all metrics.
   * @returns The points, in the order they were logged.
   * @throws {RunNotFoundError} If the run does not exist.
   */
  points(runId: string, key?: string): Promise<Metric[]> {
    return this.#access.read(async ({ metadata: { runs } }) => {
      assertText("read metrics", "the metric", key);
      return await runs.metrics(runId, key);
    }).then(asDisplayable("metrics"));
  }

  /**
   * Returns one metric as columns, for plotting: one value per step, the last logged, in the order
   * of steps; on request with fewer points, chosen to preserve the shape.
   *
   * @param runId Id of the run.
   * @param key Name of the metric.
   * @param options Maximum number of points.
   * @returns The curve.
   * @throws {InvalidOptionError} If `points` is less than 3.
   * @throws {RunNotFoundError} If the run does not exist.
   *
   * @example Reduce a curve to 100 points
   * ```ts
   * import { openStore } from "@chachaml/store";
   * import assert from "node:assert/strict";
   *
   * await using store = await openStore({ inMemory: true });
   * const run = await store.startRun();
   * for (let step = 0; step < 10_000; step++) run.log({ loss: 1 / (step + 1) }, { step });
   * const { steps, values } = await store.metrics.curve(run.id, "loss", { points: 100 });
   * assert.deepEqual([steps.length, values[0]], [100, 1]);
   * ```
   */
  curve(runId: string, key: string, options: CurveOptions = {}): Promise<Curve> {
    return this.#access.read(async ({ metadata: { runs } }) => {
      assertString("a metric", key);
      return curveOf(key, await runs.columns(runId, key), options);
    }).then(asDisplayable("curve"));
  }

  /**
   * Returns a summary of each metric of a run: last, min, max and count.
   *
   * @param runId Id of the run.
   * @returns The summaries, sorted by name.
   * @throws {RunNotFoundError} If the run does not exist.
   */
  summary(runId: string): Promise<MetricSummary[]> {
    return this.#access.read(({ metadata }) => metadata.runs.summary(runId)).then(
      asDisplayable("summary"),
    );
  }
}
