import type { Curve } from "../metadata/metric.ts";
import type { Run } from "../metadata/run.ts";

/** Options for a plot of one metric of several runs. */
export interface PlotOptions {
  /**
   * The largest number of points of a curve, chosen so that its shape is kept.
   *
   * @default {400}
   */
  readonly points?: number;
  /**
   * Whether the vertical axis is logarithmic. Values of 0 and less are then left out.
   *
   * @default {false}
   */
  readonly log?: boolean;
}

/** One metric of several runs, as curves to lay over each other. A notebook draws it. */
export interface Plot {
  /** The metric. */
  readonly key: string;
  /** Whether the vertical axis is logarithmic. */
  readonly log: boolean;
  /** The runs that have the metric, in the order asked for, with their curves. */
  readonly lines: readonly { readonly run: Run; readonly curve: Curve }[];
}
