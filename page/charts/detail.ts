/** More points of the part of a curve that is zoomed into. */
import type { Curve } from "../types.ts";
import { type Drawing, placesOf } from "./series.ts";

/** Steps between two, which are part of it. */
export interface StepRange {
  readonly from: number;
  readonly to: number;
}

/**
 * The steps of what is seen between two places of the horizontal axis, over all curves; `undefined` if
 * they have no more points than are drawn.
 */
export function stepRange(
  curves: readonly Curve[],
  drawing: Drawing,
  [low, high]: readonly [number, number],
): StepRange | undefined {
  let [from, to] = [Infinity, -Infinity];
  for (const curve of curves) {
    const { steps, thinned } = curve;
    if (!thinned || steps[0] === steps.at(-1)) continue;
    const places = placesOf(curve, drawing.x);
    const first = places.findLastIndex((place) => place <= low);
    const last = places.findIndex((place) => place >= high);
    from = Math.min(from, steps[Math.max(0, first)]!);
    to = Math.max(to, steps.at(last)!);
  }
  return from < to ? { from, to } : undefined;
}

/** Replaces a range of a curve by loaded parts. */
export function withDetail(curves: readonly Curve[], detail: readonly Curve[]): readonly Curve[] {
  return curves.map((curve) => {
    const part = detail.find(({ key, "run-id": id }) =>
      key === curve.key && id === curve["run-id"]
    );
    const [first, last] = [part?.steps[0], part?.steps.at(-1)];
    if (!curve.thinned || !part || first === undefined || last === undefined) return curve;
    const start = curve.steps.findIndex((step) => step >= first);
    const end = curve.steps.findLastIndex((step) => step <= last) + 1;
    const splice = <T>(whole: readonly T[], within: readonly T[]): T[] =>
      start < 0 || end < start
        ? [...whole]
        : whole.slice(0, start).concat(within, whole.slice(end));
    return {
      ...curve,
      steps: splice(curve.steps, part.steps),
      values: splice(curve.values, part.values),
      times: splice(curve.times, part.times),
    };
  });
}
