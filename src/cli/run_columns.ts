/** Columns of run lists: fields of the run, params and metrics. */
import type { Run } from "../metadata/run.ts";
import type { Store } from "../store/store.ts";
import { formatNumber, formatValue } from "../text/format.ts";
import { durationOf, formatAgo, formatDuration, formatTime } from "../text/time.ts";
import { didYouMean } from "./arguments.ts";
import { UsageError } from "./command.ts";

/** A run with the params and metrics to show. */
export interface RunRow {
  readonly run: Run;
  readonly params: Readonly<Record<string, unknown>>;
  /** Last values. */
  readonly metrics: Readonly<Record<string, number>>;
}

/** Reader of a cell: a person at a terminal, or a program. */
export type Reader = "person" | "program";

/** A column. */
export interface Column {
  /** Name as requested. */
  readonly name: string;
  /** Whether its values are numbers. */
  readonly right: boolean;
  /** Returns the text of a cell. */
  readonly cell: (row: RunRow, reader: Reader, now: number) => string;
}

/** Fields of a run, by column name. */
const FIELDS: Record<string, Column["cell"]> = {
  run: ({ run }) => run.id,
  experiment: ({ run }) => run.experiment,
  name: ({ run }) => run.name ?? "",
  status: ({ run }) => run.status,
  started: ({ run }, reader, now) => timeCell(run.startTime, reader, now),
  ended: ({ run }, reader, now) => timeCell(run.endTime, reader, now),
  duration: ({ run }, reader, now) => {
    const milliseconds = durationOf(run.startTime, run.endTime, now);
    // Programs get seconds.
    return reader === "person" ? formatDuration(milliseconds) : String(milliseconds / 1000);
  },
  parent: ({ run }) => run.parentId ?? "",
  by: ({ run }) => run.createdBy ?? "",
  error: ({ run }) => run.error ?? "",
};

/** Fields that can be columns. */
export const FIELD_NAMES: readonly string[] = Object.keys(FIELDS);

/** Default columns. */
export const DEFAULT_COLUMNS: readonly string[] = [
  "run",
  "experiment",
  "name",
  "status",
  "started",
  "duration",
];

function timeCell(time: Date | null, reader: Reader, now: number): string {
  return reader === "person" ? formatAgo(time, now) : formatTime(time);
}

/** Reads the params and metrics of runs. */
export async function readRows(store: Store, runs: readonly Run[]): Promise<RunRow[]> {
  return await Promise.all(runs.map(async (run) => ({
    run,
    params: await store.runs.params(run.id),
    metrics: Object.fromEntries(
      (await store.metrics.summary(run.id)).map(({ key, last }) => [key, last]),
    ),
  })));
}

/** Creates a row without params and metrics. */
export function bareRow(run: Run): RunRow {
  return { run, params: {}, metrics: {} };
}

/**
 * Returns columns by name: a field of a run, otherwise a param or a metric. `param:NAME`,
 * `metric:NAME` and `tag:NAME` are explicit.
 *
 * @throws {UsageError} If no run has a param or metric of a name.
 */
export function columnsOf(names: readonly string[], rows: readonly RunRow[]): Column[] {
  return names.map((name) => {
    const field = Object.hasOwn(FIELDS, name) ? FIELDS[name] : undefined;
    if (field) return { name, right: name === "duration", cell: field };
    const [, kind, key = name] = /^(param|metric|tag):(.*)$/s.exec(name) ?? [];
    const has = (part: "params" | "metrics") => rows.some((row) => Object.hasOwn(row[part], key));
    if (kind === "tag") return { name, right: false, cell: ({ run }) => run.tags[key] ?? "" };
    if (kind !== "metric" && has("params")) return paramColumn(name, key, rows);
    if (kind !== "param" && has("metrics")) return metricColumn(name, key);
    // Without rows, names cannot be checked.
    if (rows.length === 0) return { name, right: false, cell: () => "" };
    const known = rows.flatMap(({ params, metrics }) => [
      ...Object.keys(params),
      ...Object.keys(metrics),
    ]);
    throw new UsageError(
      `none of these runs has a param or a metric ${JSON.stringify(key)}${
        didYouMean(key, [...new Set([...FIELD_NAMES, ...known])])
      }`,
    );
  });
}

function paramColumn(name: string, key: string, rows: readonly RunRow[]): Column {
  const values = rows.map(({ params }) => params[key]).filter((value) => value !== undefined);
  return {
    name,
    right: values.every((value) => ["number", "bigint"].includes(typeof value)),
    cell: ({ params }) => Object.hasOwn(params, key) ? formatValue(params[key]) : "",
  };
}

function metricColumn(name: string, key: string): Column {
  return {
    name,
    right: true,
    cell: ({ metrics }, reader) => {
      const value = metrics[key];
      if (value === undefined) return "";
      return reader === "person" ? formatNumber(value) : String(value);
    },
  };
}
