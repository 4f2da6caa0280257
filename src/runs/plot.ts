import type { Curve } from "../metadata/metric.ts";
import type { Run } from "../metadata/run.ts";
import type { RunRooms } from "./run_access.ts";

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

/** Collects the curves of one metric, for the runs that have it. */
export async function collectCurves(
  { runs, metrics }: Pick<RunRooms, "runs" | "metrics">,
  items: readonly (string | { readonly id: string })[],
  key: string,
  { points = 400, log = false }: PlotOptions,
): Promise<Plot> {
  const lines: { run: Run; curve: Curve }[] = [];
  for (const item of items) {
    const run = await runs.get(typeof item === "string" ? item : item.id);
    const curve = await metrics.curve(run.id, key, { points });
    if (curve.logged > 0) lines.push({ run, curve });
  }
  return { key, log, lines };
}
