/** Displays of metrics: values, summaries and curves. */
import { count, formatNumber } from "../text/format.ts";
import type { Curve, Metric, MetricSummary } from "../metadata/metric.ts";
import { oneLine, timeCell } from "./cells.ts";
import { curveFigure, curveText } from "./curve_svg.ts";
import type { MediaBundle } from "../display/displayable.ts";
import { bundle } from "./bundle.ts";
import { markup } from "./html.ts";
import { MAX_ROWS, type Table, tableHtml, tableText } from "./table.ts";

/** Displays one curve. */
export function showCurve(curve: Curve): MediaBundle {
  const { logged, nonFinite, steps } = curve;
  const details = [
    count(logged, "point"),
    ...steps.length < logged ? [`${steps.length} shown`] : [],
    ...nonFinite > 0 ? [`${nonFinite} not finite`] : [],
  ].join(", ");
  const note = markup`<div class="dim">${details}</div>`;
  const body = markup`<div class="curves">${curveFigure(curve)}</div>${note}`;
  return bundle(body, curveLine(curve, details));
}

/** Formats a curve as one line of text. */
export function curveLine(curve: Curve, details: string): string {
  const last = curve.values.at(-1);
  const parts = [
    oneLine(curve.key),
    curveText(curve),
    last === undefined ? "" : formatNumber(last),
  ];
  return `${parts.filter((part) => part !== "").join("  ")}  (${details})`;
}

/** Displays single values. */
export function showMetrics(metrics: readonly Metric[]): MediaBundle {
  if (metrics.length === 0) return bundle(markup`<div class="dim">no values</div>`, "no values");
  const table: Table = {
    head: ["metric", "step", "value", "time"],
    right: ["step", "value"],
    total: metrics.length,
    rows: metrics.slice(0, MAX_ROWS).map(({ key, step, value, timestamp }) => [
      key,
      String(step),
      formatNumber(value),
      timeCell(timestamp),
    ]),
  };
  const title = count(metrics.length, "value");
  return bundle(markup`<div class="dim">${title}</div>${tableHtml(table)}`, tableText(table));
}

/** Displays the summaries of a run's metrics. */
export function showSummary(summaries: readonly MetricSummary[]): MediaBundle {
  if (summaries.length === 0) {
    return bundle(markup`<div class="dim">no metrics</div>`, "no metrics");
  }
  const table = summaryTable(summaries);
  return bundle(tableHtml(table), tableText(table));
}

/** Returns the summaries of a run's metrics as a table. */
export function summaryTable(summaries: readonly MetricSummary[]): Table {
  const right = ["last", "min", "max", "step", "points"];
  return {
    head: ["metric", ...right],
    right,
    rows: summaries.map(({ key, last, min, max, step, count }) => [
      key,
      ...[last, min, max, step, count].map(formatNumber),
    ]),
  };
}
