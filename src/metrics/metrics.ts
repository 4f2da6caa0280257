import type { Access } from "../base/access.ts";
import { assertString, assertText } from "../base/assert.ts";
import { shownAs } from "../display/displayable.ts";
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

/** What metrics need of an open store. */
export interface MetricContext {
  /** Runs and their metrics. */
  readonly metadata: Pick<MetadataStore, "runs">;
}

/**
 * The metrics of a store's runs. Got by {@linkcode Store.metrics}.
 *
 * Every method throws {@linkcode StoreClosedError} once the store is closed,
 * {@linkcode ReadOnlyError} if it writes and the store is read-only, and
 * {@linkcode RunNotFoundError} if the run is not in the store.
 */
export class Metrics {
  readonly #access: Access<MetricContext>;
  readonly #buffer: MetricBuffer;

  /** @ignore Made by the store. */
  constructor(access: Access<MetricContext>, buffer: MetricBuffer) {
    this.#access = access;
    this.#buffer = buffer;
  }

  /**
   * Logs one value of each of some metrics. When the promise resolves they are stored;
   * {@linkcode RunHandle.log} does not wait for that.
   *
   * @param runId The run.
   * @param values Values by metric. `NaN` and the infinities are kept as they are.
   * @param options The training step that they belong to (default 0) and the time.
   * @throws {InvalidOptionError} If a value is not a number; nothing is logged then.
   */
  log<T extends object>(
    runId: string,
    values: T & MetricValues<T>,
    options: MetricOptions = {},
  ): Promise<void> {
    return this.#write(runId, (batch) => addValues(batch, values as MetricRecord, options));
  }

  /**
   * Logs many points. When the promise resolves they are stored.
   *
   * @param runId The run.
   * @param points Points, in the order in which they are to be logged.
   * @throws {InvalidOptionError} If one is not a point; nothing is logged then.
   */
  logPoints(runId: string, points: Iterable<MetricPoint>): Promise<void> {
    return this.#write(runId, (batch) => addPoints(batch, points));
  }

  #write(runId: string, add: (batch: ReturnType<typeof emptyBatch>) => void): Promise<void> {
    return this.#access.write(async ({ metadata: { runs } }) => {
      const batch = emptyBatch(runId);
      add(batch);
      // What was logged before, and waits, comes first.
      await this.#buffer.flush();
      await runs.logMetrics(batch);
    });
  }

  /**
   * Resolves once everything that {@linkcode RunHandle.log} has taken is stored.
   *
   * @throws {RunNotFoundError} If a run that was logged to has been removed.
   */
  flush(): Promise<void> {
    return this.#access.use(() => this.#buffer.flush());
  }

  /**
   * Returns the points of a run's metrics, or of one of them, in the order logged.
   *
   * @param runId The run.
   * @param key The metric; all of them if left out.
   * @returns The points.
   */
  points(runId: string, key?: string): Promise<Metric[]> {
    return this.#access.read(async ({ metadata: { runs } }) => {
      assertText("read metrics", "the metric", key);
      return await runs.metrics(runId, key);
    }).then(shownAs("metrics"));
  }

  /**
   * Returns one metric in columns, as plots want them: one value a step, the last logged, in the order
   * of steps; on demand with fewer points, chosen so that the shape is kept.
   *
   * @example
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
   *
   * @param runId The run.
   * @param key The metric.
   * @param options The largest number of points.
   * @returns The curve.
   * @throws {InvalidOptionError} If fewer than 3 points are asked for.
   */
  curve(runId: string, key: string, options: CurveOptions = {}): Promise<Curve> {
    return this.#access.read(async ({ metadata: { runs } }) => {
      assertString("a metric", key);
      return curveOf(key, await runs.columns(runId, key), options);
    }).then(shownAs("curve"));
  }

  /**
   * Returns a summary of each metric of a run (last, min, max, count), sorted by key.
   *
   * @param runId The run.
   * @returns The summaries.
   */
  summary(runId: string): Promise<MetricSummary[]> {
    return this.#access.read(({ metadata }) => metadata.runs.summary(runId)).then(
      shownAs("summary"),
    );
  }
}
