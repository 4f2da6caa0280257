/** Metrics: points and curves. */

/** One point of a metric. */
export interface Metric {
  /** Name of the metric, e.g. `"loss"`. */
  readonly key: string;
  /** The value. */
  readonly value: number;
  /** Training step. */
  readonly step: number;
  /** Time at which it was measured. */
  readonly timestamp: Date;
}

/** A point to log. */
export interface MetricPoint {
  /** Name of the metric. */
  readonly key: string;
  /** The value. `NaN` and the infinities are stored as is. */
  readonly value: number;
  /**
   * Training step, an integer.
   *
   * @default {0}
   */
  readonly step?: number;
  /**
   * Time at which it was measured.
   *
   * @default {now}
   */
  readonly timestamp?: Date;
}

/** Options for the points of one call. */
export type MetricOptions = Pick<MetricPoint, "step" | "timestamp">;

/** Options for reading a curve. */
export interface CurveOptions {
  /**
   * Maximum number of points, chosen to preserve the shape (largest triangle three buckets); at
   * least 3. By default all points.
   */
  readonly points?: number;
  /**
   * Only the points of these steps, and the nearest one before and after them. Ignored if all points
   * have the same step.
   */
  readonly steps?: readonly [from: number, to: number];
}

/** Points of one metric as columns of equal length. */
export interface PointColumns {
  /** Training steps. */
  readonly steps: Float64Array<ArrayBuffer>;
  /** Values. */
  readonly values: Float64Array<ArrayBuffer>;
  /** Times, in epoch milliseconds. */
  readonly times: Float64Array<ArrayBuffer>;
}

/**
 * Values of one metric as columns of equal length, in the order of steps: one value per step, the
 * one with the latest time, then the last logged. A metric logged without steps is in the order it
 * was logged.
 */
export interface Curve {
  /** Name of the metric. */
  readonly key: string;
  /** Training steps. */
  readonly steps: Float64Array<ArrayBuffer>;
  /** Values. */
  readonly values: Float64Array<ArrayBuffer>;
  /** Times, in epoch milliseconds. */
  readonly times: Float64Array<ArrayBuffer>;
  /** Number of points logged. */
  readonly logged: number;
  /**
   * Number of points with a value of `NaN` or an infinity. Curves with fewer points omit them, except
   * for the first and last of a long stretch without a finite value.
   */
  readonly nonFinite: number;
}

/** Summary of one metric of one run. */
export interface MetricSummary {
  /** Name of the metric. */
  readonly key: string;
  /** Number of points. */
  readonly count: number;
  /** Last value: the one with the largest step, then the latest time, then logged last. */
  readonly last: number;
  /** Training step of the last value. */
  readonly step: number;
  /** Smallest value except `NaN`; `NaN` if there is none. */
  readonly min: number;
  /** Largest value except `NaN`; `NaN` if there is none. */
  readonly max: number;
}

/** Points of one run to write, as columns of equal length. */
export interface MetricBatch {
  /** Id of the run. */
  readonly runId: string;
  /** Names of metrics. */
  readonly keys: string[];
  /** Values. */
  readonly values: number[];
  /** Training steps. */
  readonly steps: number[];
  /** Times, in epoch milliseconds. */
  readonly times: number[];
}
