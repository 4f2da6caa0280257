/** The columns of the table of runs. */
import { formatDuration, formatInColumn, formatNumber, toNumber } from "../format.ts";
import type { ColumnNames, Row, Summary } from "../types.ts";

/** A column. */
export interface Column {
  /** Its name in addresses: `name`, `params.lr`, `metrics.loss`, `metrics.loss.min`, `tags.x`. */
  readonly id: string;
  /** Its heading. */
  readonly label: string;
  /** Content of the column. */
  readonly kind: "field" | "params" | "metrics" | "tags" | "curve";
  /** The param, metric or tag. */
  readonly key: string;
  /** Which value of a metric. */
  readonly part: "last" | "min" | "max" | "count";
  /** Whether its values are numbers. */
  readonly numeric: boolean;
  /** Width in pixels, if the user chose none. */
  readonly width: number;
  /** Sort key of the server; `undefined` if the column cannot be sorted. */
  readonly sort: string | undefined;
}

const FIELDS: Readonly<Record<string, readonly [label: string, width: number, sort?: string]>> = {
  name: ["run", 190, "name"],
  status: ["status", 92, "status"],
  experiment: ["experiment", 130],
  started: ["started", 104, "start"],
  ended: ["ended", 104, "end"],
  took: ["took", 92, "duration"],
  user: ["user", 90, "user"],
  id: ["id", 110],
  parent: ["parent", 110],
  error: ["error", 200],
};

/** Names of the fields that can be columns. */
export const FIELD_NAMES: readonly string[] = Object.keys(FIELDS);

const PARTS = ["min", "max", "count"] as const;

const known = new Map<string, Column>();

/** The column of a name. */
export function columnOf(id: string): Column {
  let column = known.get(id);
  if (!column) known.set(id, column = makeColumn(id));
  return column;
}

function makeColumn(id: string): Column {
  const field = FIELDS[id];
  const base = { id, part: "last" as const, key: id };
  if (field) {
    const [label, width, sort] = field;
    const numeric = ["took", "started", "ended"].includes(id);
    return { ...base, label, kind: "field", numeric, width, sort };
  }
  const dot = id.indexOf(".");
  const [kind, key] = [id.slice(0, dot), id.slice(dot + 1)];
  if (kind === "curve") {
    return { ...base, label: "trend", kind, key, numeric: false, width: 80, sort: undefined };
  }
  const width = Math.min(160, Math.max(76, key.length * 7.5 + 34));
  if (kind === "metrics") {
    const part = PARTS.find((part) => key.endsWith(`.${part}`)) ?? "last";
    const name = part === "last" ? key : key.slice(0, -part.length - 1);
    const label = part === "last" ? name : `${name} ${part}`;
    return { id, label, kind, key: name, part, numeric: true, width, sort: id };
  }
  if (kind === "params") return { ...base, label: key, kind, key, numeric: false, width, sort: id };
  return { ...base, label: key, kind: "tags", key, numeric: false, width, sort: `tags.${key}` };
}

/** Tags that programs write for themselves. */
function isInternal(tag: string): boolean {
  return tag.startsWith("mlflow.") || tag === "note";
}

/** The columns that are shown if the user chose none. */
export function usualColumns(names: ColumnNames, rows: readonly Row[], all: boolean): string[] {
  // What most of the runs have comes first.
  const shares = (kind: "metrics" | "params", key: string) =>
    rows.filter((row) => row[kind][key] !== undefined).length;
  const common = (kind: "metrics" | "params", keys: readonly string[]) =>
    keys.map((key) => [key, shares(kind, key)] as const).sort(([, a], [, b]) => b - a)
      .map(([key]) => key);
  const own = names.metrics.filter((key) => !key.startsWith("system/"));
  const metrics = common("metrics", own).slice(0, 5);
  const first = metrics.find((key) => rows.some((row) => (row.metrics[key]?.count ?? 0) > 1));
  const byShare = common("params", names.params);
  const differing = byShare.filter((key) => new Set(rows.map((row) => row.params[key])).size > 1);
  const params = [...differing, ...byShare.filter((key) => !differing.includes(key))];
  return [
    "name",
    "status",
    ...all ? ["experiment"] : [],
    ...first === undefined ? [] : [`curve.${first}`],
    ...metrics.map((key) => `metrics.${key}`),
    ...params.slice(0, 5).map((key) => `params.${key}`),
    "took",
    "started",
  ];
}

/** Everything that can be a column, in groups. */
export function allColumns(names: ColumnNames): readonly (readonly [string, readonly string[]])[] {
  return [
    ["Run", FIELD_NAMES],
    ["Metrics", names.metrics.map((key) => `metrics.${key}`)],
    ["Smallest", names.metrics.map((key) => `metrics.${key}.min`)],
    ["Largest", names.metrics.map((key) => `metrics.${key}.max`)],
    ["Curves", names.metrics.map((key) => `curve.${key}`)],
    ["Params", names.params.map((key) => `params.${key}`)],
    ["Tags", names.tags.filter((key) => !isInternal(key)).map((key) => `tags.${key}`)],
  ];
}

/** The number of a cell; `undefined` if there is none. */
export function numberOf(row: Row, column: Column): number | undefined {
  if (column.kind === "metrics") {
    const summary: Summary | undefined = row.metrics[column.key];
    return summary && toNumber(summary[column.part]);
  }
  if (column.kind === "params" || column.kind === "tags") {
    const text = row[column.kind][column.key];
    return text === undefined || text.trim() === "" ? undefined : finite(Number(text));
  }
  if (column.id === "took") return durationOf(row) ?? undefined;
  if (column.id === "started") return row["start-time"];
  return undefined;
}

/** The whole value of a cell, for hover. */
export function wholeText(row: Row, column: Column): string {
  if (column.kind === "params") return row.params[column.key] ?? "";
  if (column.kind === "metrics") return String(numberOf(row, column) ?? "");
  return textOf(row, column);
}

function finite(value: number): number | undefined {
  return Number.isNaN(value) ? undefined : value;
}

/** How long a run took, or has taken so far. */
export function durationOf(row: Row): number | undefined {
  if (row.duration != null) return row.duration;
  const end = row["end-time"] ?? (row.status === "running" && !row.dead ? Date.now() : undefined);
  return end === undefined ? undefined : end - row["start-time"];
}

/** Whether a text is a number. */
export function isNumber(text: string): boolean {
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text);
}

/** The text of a cell; a metric has as many decimals as its column. */
export function textOf(row: Row, column: Column, decimals?: number): string {
  switch (column.id) {
    case "name":
      return row.name || row.id;
    case "status":
      return row.status;
    case "experiment":
      return row.experiment;
    case "took":
      return formatDuration(durationOf(row));
    case "user":
      return row["created-by"] ?? "";
    case "id":
      return row.id;
    case "parent":
      return row["parent-run-id"] ?? "";
    case "error":
      return row.error ?? "";
  }
  if (column.kind === "metrics") {
    const value = numberOf(row, column);
    return value === undefined ? "" : formatInColumn(value, decimals);
  }
  if (column.kind === "params") {
    const text = row.params[column.key] ?? "";
    // 0.30000000000000004 is 0.3 to a reader; the whole of it shows on hover.
    return text.length > 9 && isNumber(text) ? formatNumber(Number(text), 6) : text;
  }
  if (column.kind === "tags") return row.tags[column.key] ?? "";
  return "";
}

/** A list of columns as the address has it. */
export function joinIds(ids: readonly string[]): string {
  return ids.map((id) => id.replaceAll("%", "%25").replaceAll(",", "%2C")).join(",");
}

/** Reads such a list. */
export function splitIds(text: string | null): string[] | undefined {
  if (text === null) return undefined;
  return text.split(",").filter((id) => id !== "").map((id) =>
    id.replaceAll("%2C", ",").replaceAll("%25", "%")
  );
}
