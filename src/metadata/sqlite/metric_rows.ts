/** Metrics in SQLite. */
import type { SqlConnection, SqlRow, SqlValue } from "./sql_driver.ts";
import type { Metric, MetricBatch, MetricSummary } from "../metric.ts";
import { text, whole } from "./whole_text.ts";

/** Rows written by one statement: calling the binding costs more than the rows do. */
const ROWS = 50;

const INSERT = "INSERT INTO metrics (run_id, key, value, step, timestamp) VALUES ";
const INSERT_ONE = `${INSERT}(?, ?, ?, ?, ?)`;
const INSERT_MANY = INSERT + Array(ROWS).fill("(?, ?, ?, ?, ?)").join(", ");

/** Writes points `from` up to, not including, `to` of a batch. */
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

/** Reads points in the order logged: all of a run, or those of one metric. */
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

/** Rows in the order of `after`, in which a point that is not a number comes after its number. */
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

/** The value of a row. */
export function valueOf({ value }: SqlRow): number {
  return value === null ? NaN : Number(value);
}

/** A row as a metric. */
export function metricOf(row: SqlRow): Metric {
  return {
    key: text(row.key),
    value: valueOf(row),
    step: Number(row.step),
    timestamp: new Date(Number(row.timestamp)),
  };
}

/** A summary of each metric of a run, sorted by key. */
export function summarize(sql: SqlConnection, runId: string): MetricSummary[] {
  const summaries = new Map<string, MetricSummary>();
  const numbers = sql.prepare(
    `SELECT ${whole("m.key")}, m.value AS last, m.step, s.count, s.min, s.max, s.after
      FROM (SELECT key, count(*) AS count, min(value) AS min, max(value) AS max,
        max(rowid) AS after FROM metrics WHERE run_id = ? GROUP BY key) AS s
      JOIN metrics AS m ON m.rowid = s.after`,
  ).all(runId);
  const lastRow = new Map<string, number>();
  for (const row of numbers) {
    const key = text(row.key);
    lastRow.set(key, Number(row.after));
    const [count, last, step] = [Number(row.count), Number(row.last), Number(row.step)];
    summaries.set(key, { key, count, last, step, min: Number(row.min), max: Number(row.max) });
  }
  for (const row of lastNans(sql, "run_id = ?", runId)) {
    const key = text(row.key);
    const known = summaries.get(key) ?? { key, count: 0, last: NaN, step: 0, min: NaN, max: NaN };
    const isLast = Number(row.after) >= (lastRow.get(key) ?? 0);
    summaries.set(key, {
      ...known,
      count: known.count + Number(row.count),
      ...isLast && { last: NaN, step: Number(row.step) },
    });
  }
  return [...summaries.values()].sort((a, b) => a.key < b.key ? -1 : 1);
}

/** Which of a metric's values speaks for a run. */
export type MetricChoice = "last" | "min" | "max";

/** The value of a metric that speaks for each run that has it. */
export function valuesByRun(
  sql: SqlConnection,
  key: string,
  choice: MetricChoice,
): Map<string, number> {
  const aggregate = choice === "last" ? "max(rowid)" : `${choice}(value)`;
  const rows = sql.prepare(
    choice === "last"
      ? `SELECT ${whole("run_id")}, value, rowid AS after FROM metrics WHERE rowid IN
          (SELECT ${aggregate} FROM metrics WHERE key = ? GROUP BY run_id)`
      : `SELECT ${whole("run_id")}, ${aggregate} AS value, 0 AS after FROM metrics WHERE key = ?
          GROUP BY metrics.run_id`,
  ).all(key);
  const values = new Map(rows.map((row) => [text(row.run_id), Number(row.value)]));
  const lastRow = new Map(rows.map((row) => [text(row.run_id), Number(row.after)]));
  for (const row of lastNans(sql, "key = ?", key)) {
    const runId = text(row.run_id);
    const isLast = choice === "last" && Number(row.after) >= (lastRow.get(runId) ?? 0);
    if (isLast || !values.has(runId)) values.set(runId, NaN);
  }
  return values;
}

/** The last value of a metric of a run; `undefined` if it has none. */
export function lastValueOf(sql: SqlConnection, runId: string, key: string): number | undefined {
  const number = sql.prepare(
    "SELECT value, rowid AS after FROM metrics WHERE run_id = ? AND key = ? ORDER BY rowid DESC LIMIT 1",
  ).get(runId, key);
  const nan = sql.prepare(
    "SELECT after FROM metric_nans WHERE run_id = ? AND key = ? ORDER BY rowid DESC LIMIT 1",
  ).get(runId, key);
  if (nan && Number(nan.after) >= Number(number?.after ?? 0)) return NaN;
  return number && Number(number.value);
}

/** The last point that is not a number, of each run and metric, and how many there are. */
function lastNans(sql: SqlConnection, condition: string, value: string): SqlRow[] {
  return sql.prepare(
    `SELECT ${whole("n.run_id", "n.key")}, n.step, n.after, s.count FROM (SELECT max(rowid) AS own,
      count(*) AS count FROM metric_nans WHERE ${condition} GROUP BY run_id, key) AS s
      JOIN metric_nans AS n ON n.rowid = s.own`,
  ).all(value);
}
