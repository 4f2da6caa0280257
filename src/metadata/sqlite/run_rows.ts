import { EdnValue, fromEdn, type ParamValue, toEdn } from "../../edn/mod.ts";
import type { SqlConnection, SqlRow, SqlValue } from "./sql_driver.ts";
import type { Run, RunStatus } from "../run.ts";
import type { RunChange, RunCounts } from "../run_store.ts";

/** A run from its row and the rows of the tags table, which come after the tags it started with. */
export function runOf(row: SqlRow, tags: SqlRow[]): Run {
  return {
    id: String(row.id),
    experiment: String(row.experiment),
    name: textOf(row.name),
    status: String(row.status) as RunStatus,
    startTime: new Date(Number(row.start_time)),
    endTime: row.end_time === null ? null : new Date(Number(row.end_time)),
    error: textOf(row.error),
    tags: {
      ...tagsOf(textOf(row.tags)),
      ...Object.fromEntries(tags.map(({ key, value }) => [String(key), String(value)])),
    },
    parentId: textOf(row.parent_run_id),
    createdBy: textOf(row.created_by),
    environment: environmentOf(textOf(row.env)),
  };
}

function environmentOf(edn: string | null): Record<string, unknown> | null {
  const value = edn === null ? null : fromEdn(edn);
  if (value instanceof Map) {
    return Object.fromEntries([...value].map(([key, item]) => [String(key), item]));
  }
  const isObject = typeof value === "object" && value !== null &&
    [Object.prototype, null].includes(Object.getPrototypeOf(value));
  return isObject ? value as Record<string, unknown> : null;
}

function tagsOf(edn: string | null): Record<string, string> {
  const tags = edn === null ? null : fromEdn(edn);
  if (typeof tags !== "object" || tags === null || tags instanceof EdnValue) return {};
  const entries = tags instanceof Map ? [...tags] : Object.entries(tags);
  return Object.fromEntries(entries.map(([key, value]) => [labelOf(key), labelOf(value)]));
}

/** The name of a keyword, text as it is, and anything else as EDN. */
function labelOf(value: unknown): string {
  if (value instanceof EdnValue && value.kind === "keyword") return String(value.value);
  return typeof value === "string" ? value : toEdn(value as ParamValue);
}

function textOf(value: SqlValue | undefined): string | null {
  return value === null || value === undefined ? null : String(value);
}

/** Changes the columns of a run that are given. */
export function changeRun(sql: SqlConnection, id: string, change: RunChange): void {
  const { status, endTime, error, experiment, name } = change;
  const end = endTime === undefined ? undefined : endTime?.getTime() ?? null;
  const columns = { status, end_time: end, error, experiment, name };
  for (const [column, value] of Object.entries(columns)) {
    if (value === undefined) continue;
    sql.prepare(`UPDATE runs SET ${column} = ? WHERE id = ?`).run(value, id);
  }
}

/** Counts runs by status, and the experiments that they belong to. */
export function countRuns(sql: SqlConnection): RunCounts {
  const rows = sql.prepare("SELECT status, count(*) AS runs FROM runs GROUP BY status").all();
  const byStatus = Object.fromEntries(
    rows.map(({ status, runs }) => [String(status), Number(runs)]),
  );
  const { experiments } = sql.prepare(
    "SELECT count(DISTINCT experiment) AS experiments FROM runs",
  ).get()!;
  return { byStatus, experiments: Number(experiments) };
}
