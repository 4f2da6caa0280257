/** Curves as a plot takes them. */
import uPlot from "uplot";
import { toNumber } from "../format.ts";
import type { Curve } from "../types.ts";
import { smooth } from "./smoothing.ts";

/** Quantity of the horizontal axis. */
export type XMode = "step" | "time" | "relative";

/** How curves are drawn. */
export interface Drawing {
  readonly x: XMode;
  readonly logX: boolean;
  readonly logY: boolean;
  /** Weight of smoothing, from 0 to less than 1. */
  readonly smoothing: number;
}

/** One line of a plot. */
export interface Series {
  /** Id of the run or group, or the name of a metric. */
  readonly id: string;
  readonly label: string;
  /** A colour as the canvas takes it. */
  readonly color: string;
  readonly xs: readonly number[];
  /** `null` is a gap: a value that is not finite, or that a log axis has no place for. */
  readonly ys: readonly (number | null)[];
  /** Lower and upper edge of a band around it. */
  readonly band?: {
    readonly low: readonly (number | null)[];
    readonly high: readonly (number | null)[];
  };
}

/** The places of a curve on the horizontal axis: steps, or seconds. */
export function placesOf(curve: Curve, mode: XMode): readonly number[] {
  if (mode === "step") return curve.steps;
  const start = mode === "relative" ? curve.times.reduce((a, b) => Math.min(a, b), Infinity) : 0;
  return curve.times.map((time) => (time - start) / 1000);
}

/** A curve as a line. */
export function seriesOf(
  curve: Curve,
  drawing: Drawing,
  look: { id: string; label: string; color: string },
): Series {
  const places = placesOf(curve, drawing.x);
  const [xs, ys]: [number[], (number | null)[]] = [[], []];
  let last = -Infinity;
  places.forEach((x, at) => {
    if (drawing.logX && !(x > 0)) return;
    const y = toNumber(curve.values[at]);
    const value = Number.isFinite(y) && !(drawing.logY && y <= 0) ? y : null;
    // Times of one millisecond, or clocks that went back: the later point stands.
    if (x <= last) {
      ys[ys.length - 1] = value;
      return;
    }
    last = x;
    xs.push(x);
    ys.push(value);
  });
  return { ...look, xs, ys };
}

/** Columns of a plot: shared x values, original lines, smoothed lines, and bands. */
export interface Aligned {
  readonly data: uPlot.AlignedData;
  /** For each column after the first: its line, and what of it. */
  readonly columns: readonly {
    readonly series: Series;
    readonly part: "line" | "raw" | "low" | "high";
  }[];
}

/** Aligns lines on one horizontal axis. */
export function align(lines: readonly Series[], smoothing: number): Aligned {
  const columns: Aligned["columns"][number][] = [];
  const tables: uPlot.AlignedData[] = [];
  const modes: uPlot.JoinNullMode[][] = [];
  const add = (
    series: Series,
    part: Aligned["columns"][number]["part"],
    ys: readonly unknown[],
  ) => {
    columns.push({ series, part });
    tables.push([series.xs as number[], ys as (number | null)[]]);
    modes.push([1, 1]);
  };
  for (const series of lines) {
    if (series.band) {
      add(series, "low", series.band.low);
      add(series, "high", series.band.high);
    }
    if (smoothing > 0) {
      add(series, "raw", series.ys);
      add(series, "line", smooth(series.ys, smoothing));
    } else add(series, "line", series.ys);
  }
  if (tables.length === 0) return { data: [[]], columns };
  return { data: uPlot.join(tables, modes), columns };
}
