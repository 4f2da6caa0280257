import type { SqlConnection } from "./sql_driver.ts";
import type { RunChange, RunCounts } from "../run_store.ts";
import { text, whole } from "./whole_text.ts";

export { runOf } from "../rows/run_row.ts";

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

/** Updates the given columns of a run. */
export function changeRun(sql: SqlConnection, id: string, change: RunChange): void {
  const { status, endTime, error, experiment, name } = change;
  const end = endTime === undefined ? undefined : endTime?.getTime() ?? null;
  const columns = { status, end_time: end, error, experiment, name };
  for (const [column, value] of Object.entries(columns)) {
    if (value === undefined) continue;
    sql.prepare(`UPDATE runs SET ${column} = ? WHERE id = ?`).run(value, id);
  }
}

/** Counts runs by status, and their experiments. */
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
