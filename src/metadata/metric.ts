/** Measured values: one by one, and as curves. */

/** One measured value. */
export interface Metric {
  /** What was measured, such as `"loss"`. */
  readonly key: string;
  /** The value. */
  readonly value: number;
  /** The step of the training that it belongs to. */
  readonly step: number;
  /** When it was logged. */
  readonly timestamp: Date;
}

/** A value to log, as {@linkcode Metric}, but without what is not known. */
export interface MetricPoint {
  /** What was measured. */
  readonly key: string;
  /** The value. `NaN` and the infinities are kept as they are. */
  readonly value: number;
  /**
   * The step of the training that it belongs to: a whole number.
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

/** What belongs to all the values of one call. */
export type MetricOptions = Pick<MetricPoint, "step" | "timestamp">;

/** How to read a curve. */
export interface CurveOptions {
  /**
   * At most so many points, chosen so that the shape stays (largest triangle three buckets). All
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
  /** What was measured. */
  readonly key: string;
  /** Steps of the training. */
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

/** What the values of one metric of one run come to. */
export interface MetricSummary {
  /** What was measured. */
  readonly key: string;
  /** Points logged. */
  readonly count: number;
  /** The value logged last. */
  readonly last: number;
  /** The step of that. */
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
  /** What was measured. */
  readonly keys: string[];
  /** Values. */
  readonly values: number[];
  /** Steps of the training. */
  readonly steps: number[];
  /** Epoch milliseconds. */
  readonly times: number[];
}
