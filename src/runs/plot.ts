import type { Curve } from "../metadata/metric.ts";
import type { Run } from "../metadata/run.ts";

/** Options for a plot of one metric of several runs. */
export interface PlotOptions {
  /**
   * Maximum number of points per curve, chosen to preserve its shape.
   *
   * @default {400}
   */
  readonly points?: number;
  /**
   * Whether the vertical axis is logarithmic. Values of 0 and below are then omitted.
   *
   * @default {false}
   */
  readonly log?: boolean;
}

/** Curves of one metric for several runs. Notebooks draw it. */
export interface Plot {
  /** Name of the metric. */
  readonly key: string;
  /** Whether the vertical axis is logarithmic. */
  readonly log: boolean;
  /** Runs that have the metric, in the requested order, with their curves. */
  readonly lines: readonly { readonly run: Run; readonly curve: Curve }[];
}
