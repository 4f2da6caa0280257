/** Plot of one metric for several runs, with axes and a legend. */
import type { MediaBundle } from "../display/displayable.ts";
import type { Plot } from "../runs/plot.ts";
import { count, formatNumber } from "../text/format.ts";
import { bundle } from "./bundle.ts";
import { oneLine } from "./cells.ts";
import { curveLine } from "./metrics.ts";
import { type Html, markup } from "./html.ts";
import { axis, type Scale, scaleOf } from "./axis.ts";

/** Width, height, space for the axes, and margin, in pixels. */
const [WIDTH, HEIGHT, LEFT, BOTTOM, MARGIN] = [640, 300, 64, 34, 10];

/** Colors that stay distinct on light and dark pages and with color blindness. */
const COLORS = [
  "#3b8fd4",
  "#e08214",
  "#2e9e5b",
  "#c2569b",
  "#8c6bb1",
  "#b8860b",
  "#1b9e9e",
  "#d9534f",
];

/** Maximum number of runs drawn; more would be unreadable. */
const MAX_LINES = 24;

interface Point {
  readonly x: number;
  readonly y: number;
}

/** Displays a plot. */
export function showPlot({ key, log, lines }: Plot): MediaBundle {
  const drawn = lines.slice(0, MAX_LINES).map(({ run, curve }, at) => ({
    name: run.name ?? run.id.slice(0, 8),
    color: COLORS[at % COLORS.length]!,
    points: Array.from(curve.values, (y, point): Point => ({ x: curve.steps[point]!, y }))
      .filter(({ x, y }) => Number.isFinite(x) && Number.isFinite(y) && (!log || y > 0)),
  }));
  const left = lines.length - drawn.length;
  const note = left > 0
    ? markup`<div class="dim">${count(left, "run")} not shown</div>`
    : undefined;
  const legend = drawn.map(({ name, color }) =>
    markup`<span><span style="color:${color}">━</span> ${name}</span>`
  );
  const body = markup`<h4>${key}</h4>${
    drawing(key, log, drawn)
  }<div class="legend">${legend}</div>${note}`;
  const text = lines.map(({ run, curve }) =>
    `${oneLine(run.name ?? run.id)}: ${curveLine(curve, count(curve.logged, "point"))}`
  );
  return bundle(body, text.length === 0 ? `no run has ${oneLine(key)}` : text.join("\n"));
}

function drawing(
  key: string,
  log: boolean,
  lines: readonly { name: string; color: string; points: readonly Point[] }[],
): Html {
  const all = lines.flatMap(({ points }) => points);
  if (all.length === 0) return markup`<div class="dim">no values</div>`;
  const x = scaleOf(all.map((point) => point.x), [LEFT, WIDTH - MARGIN], false);
  const y = scaleOf(all.map((point) => point.y), [HEIGHT - BOTTOM, MARGIN], log);
  const size = markup`width="${WIDTH}" height="${HEIGHT}" viewBox="0 0 ${WIDTH} ${HEIGHT}"`;
  const head = markup`xmlns="http://www.w3.org/2000/svg" ${size} role="img" aria-label="${key}"`;
  return markup`<svg ${head} style="max-width:100%;height:auto">${[
    axis(y, { at: LEFT, to: WIDTH - MARGIN, vertical: true }),
    axis(x, { at: HEIGHT - BOTTOM, to: MARGIN, vertical: false }),
    ...lines.map((line) => polyline(line, x, y)),
  ]}</svg>`;
}

/**
 * Draws one curve. Hovering its last point, or a wide invisible line along it, shows name and
 * value.
 */
function polyline(
  { name, color, points }: { name: string; color: string; points: readonly Point[] },
  x: Scale,
  y: Scale,
): Html {
  const last = points.at(-1);
  if (!last) return markup``;
  const path = points.map((point) => `${x.at(point.x).toFixed(1)},${y.at(point.y).toFixed(1)}`)
    .join(" ");
  const title = markup`<title>${name}: ${formatNumber(last.y)} at step ${
    formatNumber(last.x)
  }</title>`;
  return markup`<g>${title}<polyline points="${path}" fill="none" stroke="transparent" \
stroke-width="9"/><polyline points="${path}" fill="none" stroke="${color}" stroke-width="1.6" \
stroke-linejoin="round"/><circle cx="${x.at(last.x).toFixed(1)}" cy="${
    y.at(last.y).toFixed(1)
  }" r="3" fill="${color}"/></g>`;
}
