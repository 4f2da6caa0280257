/** Metrics in SQLite. */
import type { SqlConnection, SqlRow, SqlValue } from "./sql_driver.ts";
import type { Metric, MetricBatch } from "../metric.ts";
import { text, whole } from "./whole_text.ts";

/** Number of rows per INSERT statement: calling the driver costs more than a row. */
const ROWS = 50;

const INSERT = "INSERT INTO metrics (run_id, key, value, step, timestamp) VALUES ";
const INSERT_ONE = `${INSERT}(?, ?, ?, ?, ?)`;
const INSERT_MANY = INSERT + Array(ROWS).fill("(?, ?, ?, ?, ?)").join(", ");

/** Inserts the points of a batch from index `from` up to, but not including, `to`. */
export function insertMetrics(
  sql: SqlConnection,
  { runId, keys, values, steps, times }: MetricBatch,
  from: number = 0,
  to: number = keys.length,
): void {
  let rows: SqlValue[] = [];
  const writeRest = () => {
    for (let at = 0; at < rows.length; at += 5) {
      sql.prepare(INSERT_ONE).run(...rows.slice(at, at + 5));
    }
    rows = [];
  };
  for (let at = from; at < to; at++) {
    if (Number.isNaN(values[at])) {
      writeRest();
      insertNan(sql, runId, keys[at]!, steps[at]!, times[at]!);
      continue;
    }
    rows.push(runId, keys[at]!, values[at]!, steps[at]!, times[at]!);
    if (rows.length < ROWS * 5) continue;
    sql.prepare(INSERT_MANY).run(...rows);
    rows = [];
  }
  writeRest();
}

function insertNan(sql: SqlConnection, runId: string, key: string, step: number, time: number) {
  sql.prepare(
    `INSERT INTO metric_nans (run_id, key, step, timestamp, after)
      VALUES (?, ?, ?, ?, (SELECT coalesce(max(rowid), 0) FROM metrics))`,
  ).run(runId, key, step, time);
}

/** Reads points in the order they were logged: all of a run, or those of one metric. */
export function selectMetrics(sql: SqlConnection, runId: string, key?: string): SqlRow[] {
  const where = key === undefined ? "run_id = ?" : "run_id = ? AND key = ?";
  const values = key === undefined ? [runId] : [runId, key];
  const rows = sql.prepare(
    `SELECT ${
      whole("key")
    }, value, step, timestamp, rowid AS after FROM metrics WHERE ${where} ORDER BY rowid`,
  ).all(...values);
  const nans = sql.prepare(
    `SELECT ${whole("key")}, NULL AS value, step, timestamp, after FROM metric_nans WHERE ${where}
      ORDER BY rowid`,
  ).all(...values);
  return nans.length === 0 ? rows : merge(rows, nans);
}

/** Merges rows by `after`: a NaN point follows the row it was logged after. */
function merge(rows: readonly SqlRow[], nans: readonly SqlRow[]): SqlRow[] {
  const merged: SqlRow[] = [];
  let at = 0;
  for (const nan of nans) {
    while (at < rows.length && Number(rows[at]!.after) <= Number(nan.after)) {
      merged.push(rows[at++]!);
    }
    merged.push(nan);
  }
  return [...merged, ...rows.slice(at)];
}

/** Returns the value of a row. */
export function valueOf({ value }: SqlRow): number {
  return value === null ? NaN : Number(value);
}

/** Converts a row to a metric. */
export function metricOf(row: SqlRow): Metric {
  return {
    key: text(row.key),
    value: valueOf(row),
    step: Number(row.step),
    timestamp: new Date(Number(row.timestamp)),
  };
}
