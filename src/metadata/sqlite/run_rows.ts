import { EdnValue, fromEdn, type ParamValue, toEdn } from "../../edn/mod.ts";
import type { SqlConnection, SqlRow } from "./sql_driver.ts";
import type { Run, RunStatus } from "../run.ts";
import type { RunChange, RunCounts } from "../run_store.ts";
import { text, textOrNull, whole } from "./whole_text.ts";

const RUN_TEXTS = whole(
  "id",
  "experiment",
  "name",
  "status",
  "error",
  "tags",
  "env",
  "parent_run_id",
  "created_by",
);

/** Selects runs. */
export const SELECT_RUN = `SELECT ${RUN_TEXTS}, start_time, end_time FROM runs`;

/** A run from its row and the rows of the tags table, which come after the tags it started with. */
export function runOf(row: SqlRow, tags: SqlRow[]): Run {
  return {
    id: text(row.id),
    experiment: text(row.experiment),
    name: textOrNull(row.name),
    status: text(row.status) as RunStatus,
    startTime: new Date(Number(row.start_time)),
    endTime: row.end_time === null ? null : new Date(Number(row.end_time)),
    error: textOrNull(row.error),
    tags: {
      ...tagsOf(textOrNull(row.tags)),
      ...Object.fromEntries(tags.map(({ key, value }) => [text(key), text(value)])),
    },
    parentId: textOrNull(row.parent_run_id),
    createdBy: textOrNull(row.created_by),
    environment: environmentOf(textOrNull(row.env)),
  };
}

function environmentOf(edn: string | null): Record<string, unknown> | null {
  const value = edn === null ? null : fromEdn(edn);
  if (value instanceof Map) {
    return Object.fromEntries([...value].map(([key, item]) => [`${key}`, item]));
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
  const rows = sql.prepare(
    `SELECT ${whole("status")}, count(*) AS runs FROM runs GROUP BY runs.status`,
  ).all();
  const byStatus = Object.fromEntries(
    rows.map(({ status, runs }) => [text(status), Number(runs)]),
  );
  const { experiments } = sql.prepare(
    "SELECT count(DISTINCT experiment) AS experiments FROM runs",
  ).get()!;
  return { byStatus, experiments: Number(experiments) };
}
