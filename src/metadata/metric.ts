/** Metrics: points and curves. */

/** One point of a metric. */
export interface Metric {
  /** The metric, e.g. `"loss"`. */
  readonly key: string;
  /** The value. */
  readonly value: number;
  /** The training step. */
  readonly step: number;
  /** When it was logged. */
  readonly timestamp: Date;
}

/** A point to log. */
export interface MetricPoint {
  /** The metric. */
  readonly key: string;
  /** The value. `NaN` and the infinities are kept as they are. */
  readonly value: number;
  /**
   * The training step: a whole number.
   *
   * @default {0}
   */
  readonly step?: number;
  /**
   * When it was measured.
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
   * The largest number of points, chosen to keep the shape (largest triangle three buckets). All
   * points if left out.
   */
  readonly points?: number;
}

/** The points of one metric in columns of equal length. */
export interface PointColumns {
  /** Steps of the training. */
  readonly steps: Float64Array<ArrayBuffer>;
  /** Values. */
  readonly values: Float64Array<ArrayBuffer>;
  /** Epoch milliseconds. */
  readonly times: Float64Array<ArrayBuffer>;
}

/**
 * The values of one metric in columns of equal length, in the order of steps: one a step, that with the
 * latest time, of these the last logged. A metric logged without steps is in the order logged.
 */
export interface Curve {
  /** The metric. */
  readonly key: string;
  /** Training steps. */
  readonly steps: Float64Array<ArrayBuffer>;
  /** Values. */
  readonly values: Float64Array<ArrayBuffer>;
  /** Epoch milliseconds. */
  readonly times: Float64Array<ArrayBuffer>;
  /** Points that were logged. */
  readonly logged: number;
  /** Points that were logged as `NaN` or infinite; a curve with fewer points leaves them out. */
  readonly nonFinite: number;
}

/** Summary of one metric of one run. */
export interface MetricSummary {
  /** The metric. */
  readonly key: string;
  /** Number of points. */
  readonly count: number;
  /** The value logged last. */
  readonly last: number;
  /** Its step. */
  readonly step: number;
  /** The smallest value that is a number; `NaN` if none is. */
  readonly min: number;
  /** The largest value that is a number; `NaN` if none is. */
  readonly max: number;
}

/** Points of one run on their way to the database, in columns of equal length. */
export interface MetricBatch {
  /** The run. */
  readonly runId: string;
  /** The metric. */
  readonly keys: string[];
  /** Values. */
  readonly values: number[];
  /** Training steps. */
  readonly steps: number[];
  /** Epoch milliseconds. */
  readonly times: number[];
}
