/** Display of one run: properties, params, metrics with curves, and artifacts. */
import type { ArtifactRecord } from "../metadata/artifact_index.ts";
import { formatTime, formatValue } from "../text/format.ts";
import type { Curve, MetricSummary } from "../metadata/metric.ts";
import type { Run } from "../metadata/run.ts";
import { duration, oneLine, statusCell } from "./cells.ts";
import { curveFigure } from "./curve_svg.ts";
import type { MediaBundle } from "../display/displayable.ts";
import { bundle } from "./bundle.ts";
import { type Html, markup } from "./html.ts";
import { artifactsTable, tagsText } from "./lists.ts";
import { summaryTable } from "./metrics.ts";
import { type Cell, pairs, type Table, tableHtml, tableText } from "./table.ts";

/** Heading of the metrics; curves follow below it. */
const METRICS = "Metrics";

/** A run and the contents to display with it. */
export interface RunContents {
  /** The run. */
  readonly run: Run;
  /** Its params. */
  readonly params?: Readonly<Record<string, unknown>>;
  /** Summaries of its metrics. */
  readonly metrics?: readonly MetricSummary[];
  /** Curves of some of its metrics. */
  readonly curves?: readonly Curve[];
  /** Its artifacts. */
  readonly artifacts?: readonly ArtifactRecord[];
  /** Its note, as HTML. */
  readonly note?: Html | undefined;
}

/** Displays a run. */
export function showRun(contents: RunContents): MediaBundle {
  const { run, note, curves = [] } = contents;
  const title = run.name ?? run.id;
  const about = pairs(aboutRun(run));
  const sections = sectionsOf(contents);
  const drawn = curves.filter(({ values }) => values.length > 1);
  const figures = drawn.length === 0
    ? undefined
    : markup`<div class="curves">${drawn.map(curveFigure)}</div>`;
  const parts = sections.map(([heading, table]) =>
    markup`<h5>${heading}</h5>${tableHtml(table)}${heading === METRICS ? figures : undefined}`
  );
  const noteHtml = note && markup`<h5>Note</h5>${note}`;
  const body = markup`<h4>${title}</h4>${tableHtml(about)}${noteHtml}${parts}`;
  const text = [
    `Run ${oneLine(title)}`,
    tableText(about),
    ...run.tags.note === undefined ? [] : ["", "Note", lines(run.tags.note)],
    ...sections.flatMap(([heading, table]) => ["", heading, tableText(table)]),
  ];
  return bundle(body, text.join("\n"));
}

function aboutRun(run: Run): [string, Cell][] {
  const { id, experiment, status, startTime, error, tags, parentId, createdBy } = run;
  const took = duration(run);
  const entries: [string, Cell | null][] = [
    ["id", id],
    ["experiment", experiment],
    ["status", statusCell(status)],
    ["started", formatTime(startTime)],
    ["took", took === "" ? null : took],
    ["error", error],
    ["tags", tagsText(tags) || null],
    ["part of", parentId],
    ["by", createdBy],
  ];
  return entries.filter((entry): entry is [string, Cell] => entry[1] !== null);
}

function sectionsOf({ params = {}, metrics = [], artifacts = [] }: RunContents): [string, Table][] {
  const values = Object.entries(params).sort(([a], [b]) => a < b ? -1 : 1);
  const rows = values.map(([key, value]): [string, string] => [key, formatValue(value)]);
  return [
    ...rows.length > 0 ? [["Params", { head: ["param", "value"], rows }] as [string, Table]] : [],
    ...metrics.length > 0 ? [[METRICS, summaryTable(metrics)] as [string, Table]] : [],
    ...artifacts.length > 0 ? [["Artifacts", artifactsTable(artifacts)] as [string, Table]] : [],
  ];
}

/** Escapes text, but keeps line breaks. */
function lines(text: string): string {
  return text.split(/\r?\n/).map(oneLine).join("\n");
}
