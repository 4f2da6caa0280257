/** Display of a metric as a small curve. */
import { formatNumber } from "../text/format.ts";
import type { Curve } from "../metadata/metric.ts";
import { type Html, markup } from "./html.ts";

/** Maximum number of points in a small curve. */
export const CURVE_POINTS = 200;

/** Width, height and margin, in pixels. */
const [WIDTH, HEIGHT, MARGIN] = [220, 64, 3];

/** Draws a curve; `undefined` if there are fewer than two finite points. */
export function curveSvg({ key, steps, values }: Curve): Html | undefined {
  // If all steps are equal, points are spaced evenly in the order they were logged.
  const rising = steps.length > 0 && steps[0]! < steps.at(-1)!;
  const points = Array.from(values, (y, at) => ({ x: rising ? steps[at]! : at, y }))
    .filter(({ y }) => Number.isFinite(y));
  if (points.length < 2) return undefined;
  const x = scale(points.map((point) => point.x), MARGIN, WIDTH - MARGIN);
  const y = scale(points.map((point) => point.y), HEIGHT - MARGIN, MARGIN);
  const path = points.map((point) => `${x(point.x).toFixed(1)},${y(point.y).toFixed(1)}`);
  const last = points.at(-1)!;
  const size = markup`width="${WIDTH}" height="${HEIGHT}"`;
  const head = markup`xmlns="http://www.w3.org/2000/svg" ${size} viewBox="0 0 ${WIDTH} ${HEIGHT}"`;
  const line = markup`fill="none" stroke="#3b8fd4" stroke-width="1.5" stroke-linejoin="round"`;
  const end = markup`cx="${x(last.x).toFixed(1)}" cy="${y(last.y).toFixed(1)}" r="2.5"`;
  return markup`<svg ${head} role="img" aria-label="${key}">${[
    markup`<rect ${size} rx="3" fill="currentColor" fill-opacity=".05"/>`,
    markup`<polyline points="${path.join(" ")}" ${line}/>`,
    markup`<circle ${end} fill="#3b8fd4"/>`,
  ]}</svg>`;
}

/** Draws a curve captioned with its name and last value. */
export function curveFigure(curve: Curve): Html {
  const last = curve.values.at(-1);
  const value = last === undefined ? "" : formatNumber(last);
  const caption = markup`${curve.key} <strong>${value}</strong>`;
  return markup`<figure>${curveSvg(curve)}<figcaption>${caption}</figcaption></figure>`;
}

/** Draws a curve as one line of block characters. */
export function curveText({ values }: Curve, columns = 40): string {
  const finite = Array.from(values).filter(Number.isFinite);
  if (finite.length < 2) return "";
  const count = Math.min(columns, finite.length);
  const level = scale(finite, 0, 7);
  return Array.from({ length: count }, (_, at) => {
    const value = finite[Math.round(at * (finite.length - 1) / (count - 1))]!;
    return "▁▂▃▄▅▆▇█"[Math.round(level(value))];
  }).join("");
}

/** Creates a linear scale from the range of `numbers` to another range. */
function scale(numbers: readonly number[], from: number, to: number): (value: number) => number {
  let [low, high] = [Infinity, -Infinity];
  for (const number of numbers) [low, high] = [Math.min(low, number), Math.max(high, number)];
  // Halved, because the width of a range of huge numbers can overflow.
  const width = high / 2 - low / 2;
  return (value) =>
    width === 0 ? (from + to) / 2 : from + (to - from) * ((value / 2 - low / 2) / width);
}
