/** Display of a comparison: one row per run, one column per param or metric that differs. */
import { count, formatNumber, formatValue } from "../text/format.ts";
import type { Comparison } from "../runs/comparison.ts";
import { idCell, oneLine, statusCell } from "./cells.ts";
import type { MediaBundle } from "../display/displayable.ts";
import { bundle } from "./bundle.ts";
import { markup } from "./html.ts";
import { type Cell, cut, MAX_ROWS, type Table, tableHtml, tableText } from "./table.ts";

/** Maximum number of columns for params and metrics. */
const MAX_COLUMNS = 24;

/** Maximum length, in characters, of a param shared by all runs. */
const MAX_VALUE = 80;

/** Displays a comparison. */
export function showComparison(comparison: Comparison): MediaBundle {
  const { runs, params, metrics } = comparison;
  const same = params.filter(({ differs }) => !differs)
    .map(({ key, values }) => cut(`${key} = ${formatValue(values[0])}`, MAX_VALUE)).join(", ");
  const table = tableOf(comparison);
  const left = params.filter(({ differs }) => differs).length + metrics.length - MAX_COLUMNS;
  const title = count(runs.length, "run") + (left > 0 ? `, ${left} further columns not shown` : "");
  const notes = [
    ...metrics.length > 0 && runs.length > 1 ? [LEGEND] : [],
    ...same === "" ? [] : [`Same in all: ${same}`],
  ];
  const body = markup`<div class="dim">${title}</div>${tableHtml(table)}${
    notes.map((note) => markup`<div class="dim">${note}</div>`)
  }`;
  const text = [tableText(table), ...notes.map(oneLine)];
  return bundle(body, text.join("\n"));
}

function tableOf({ runs, params, metrics }: Comparison): Table {
  const differing = params.filter(({ differs }) => differs).slice(0, MAX_COLUMNS);
  const measured = metrics.slice(0, MAX_COLUMNS - differing.length);
  const best = measured.map(({ values }) => bounds(values.map((value) => value?.last)));
  return {
    head: ["run", "name", "status", ...[...differing, ...measured].map(({ key }) => key)],
    right: measured.map(({ key }) => key),
    total: runs.length,
    rows: runs.slice(0, MAX_ROWS).map(({ id, name, status }, at) => [
      idCell(id),
      name ?? "",
      statusCell(status),
      ...differing.map(({ values }) => formatValue(values[at])),
      ...measured.map(({ values }, column) => valueCell(values[at]?.last, best[column]!)),
    ]),
  };
}

/** Legend for {@linkcode valueCell}. Whether large or small is better depends on the metric. */
const LEGEND = "▲ largest of its metric, ▼ smallest";

/** Formats a metric value; the smallest and largest of a column are marked. */
function valueCell(value: number | undefined, { low, high }: { low: number; high: number }): Cell {
  if (value === undefined) return "";
  const text = formatNumber(value);
  const mark = low >= high ? "" : value === high ? "▲ " : value === low ? "▼ " : "";
  return mark === ""
    ? text
    : { text: mark + text, html: markup`<span class="dim">${mark}</span><strong>${text}</strong>` };
}

function bounds(values: readonly (number | undefined)[]): { low: number; high: number } {
  let [low, high] = [Infinity, -Infinity];
  for (const value of values) {
    if (value === undefined || !Number.isFinite(value)) continue;
    [low, high] = [Math.min(low, value), Math.max(high, value)];
  }
  return { low, high };
}
