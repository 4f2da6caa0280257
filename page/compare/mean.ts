/** Curves of groups of runs: their mean, and a band around it. */
import { toNumber } from "../format.ts";
import { type Drawing, placesOf, type Series } from "../charts/series.ts";
import type { Curve } from "../types.ts";

/** Meaning of the band around a mean. */
export type Band = "deviation" | "range";

/** Most places of a mean. */
const MOST = 1000;

/** A curve's value between its points; `NaN` outside of them. */
function valueAt(xs: readonly number[], ys: readonly number[], x: number, hint: number): number {
  let at = hint;
  while (at + 1 < xs.length && xs[at + 1]! <= x) at++;
  if (xs.length === 0 || x < xs[0]! || x > xs.at(-1)!) return NaN;
  if (xs[at] === x || at + 1 >= xs.length) return ys[at]!;
  const part = (x - xs[at]!) / (xs[at + 1]! - xs[at]!);
  return ys[at]! + (ys[at + 1]! - ys[at]!) * part;
}

/** The mean of curves, where they have values, with its band. */
export function meanOf(
  curves: readonly Curve[],
  drawing: Drawing,
  band: Band,
  look: { id: string; label: string; color: string },
): Series {
  const lines = curves.map((curve) => {
    const [xs, ys]: [number[], number[]] = [[], []];
    placesOf(curve, drawing.x).forEach((x, at) => {
      const y = toNumber(curve.values[at]);
      // A value that is not finite is no part of a mean.
      if (Number.isFinite(y) && x > (xs.at(-1) ?? -Infinity)) {
        xs.push(x);
        ys.push(y);
      }
    });
    return { xs, ys };
  });
  const all = [...new Set(lines.flatMap(({ xs }) => xs))].sort((a, b) => a - b)
    .filter((x) => !drawing.logX || x > 0);
  const every = Math.ceil(all.length / MOST);
  const places = all.filter((_, at) => at % every === 0 || at === all.length - 1);
  const hints = lines.map(() => 0);
  const [ys, low, high]: [(number | null)[], (number | null)[], (number | null)[]] = [[], [], []];
  for (const x of places) {
    const values = lines.flatMap(({ xs, ys }, at) => {
      while (hints[at]! + 1 < xs.length && xs[hints[at]! + 1]! <= x) hints[at]!++;
      const value = valueAt(xs, ys, x, hints[at]!);
      return Number.isNaN(value) ? [] : [value];
    });
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const deviation = Math.sqrt(
      values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / Math.max(1, values.length - 1),
    );
    const edges = band === "range"
      ? [Math.min(...values), Math.max(...values)] as const
      : [mean - deviation, mean + deviation] as const;
    const drawn = (value: number) =>
      Number.isFinite(value) && !(drawing.logY && value <= 0) ? value : null;
    ys.push(drawn(mean));
    // On a log axis a band that reaches below zero ends at its mean.
    low.push(drawn(edges[0]) ?? drawn(mean));
    high.push(drawn(edges[1]));
  }
  return { ...look, xs: places, ys, band: { low, high } };
}
