/**
 * Points of metrics. As in chachaml, the table has no column for the order of logging: points are
 * ordered by time, then by their position in the table.
 */
import type { Metric, MetricBatch, MetricSummary, PointColumns } from "../metric.ts";
import { numberOrNull, type SqlRow, text } from "../rows/value.ts";
import type { Sql, Transaction } from "./client.ts";

/** Number of points written per statement. */
const ROWS = 10_000;

/** Number of points read at once. */
const PAGE = 10_000;

const INSERT = `INSERT INTO metrics (run_id, key, value, step, timestamp)
  SELECT ?::text, key, value, step, time
  FROM unnest(?::text[], ?::double precision[], ?::bigint[], ?::bigint[]) AS t(key, value, step, time)`;

/** Inserts the points of a batch from index `from` up to, but not including, `to`. */
export async function insertMetrics(
  sql: Sql,
  { runId, keys, values, steps, times }: MetricBatch,
  from: number = 0,
  to: number = keys.length,
): Promise<void> {
  for (let at = from; at < to; at += ROWS) {
    const end = Math.min(at + ROWS, to);
    const [ownKeys, ownSteps, ownTimes] = [keys, steps, times].map((it) => it.slice(at, end)) as [
      string[],
      number[],
      number[],
    ];
    await sql.run(INSERT, runId, ownKeys, values.slice(at, end), ownSteps, ownTimes);
  }
}

const ORDER = "ORDER BY timestamp, ctid";

/** Reads points in the order they were logged: all of a run, or those of one metric. */
export async function* selectMetrics(
  sql: Transaction,
  runId: string,
  key?: string,
): AsyncGenerator<SqlRow[]> {
  const columns = "SELECT key, value, step, timestamp FROM metrics WHERE run_id = ?";
  if (key === undefined) yield* sql.pages(PAGE, `${columns} ${ORDER}`, runId);
  else yield* sql.pages(PAGE, `${columns} AND key = ? ${ORDER}`, runId, key);
}

/** Converts a row to a metric. */
export function metricOf(row: SqlRow): Metric {
  return {
    key: text(row.key),
    value: Number(row.value),
    step: Number(row.step),
    timestamp: new Date(Number(row.timestamp)),
  };
}

/** Reads the points of a metric into columns. */
export async function readColumns(
  sql: Transaction,
  runId: string,
  key: string,
): Promise<PointColumns> {
  const counted = await sql.get(
    "SELECT points FROM chachaml_metric_summaries WHERE run_id = ? AND key = ?",
    runId,
    key,
  );
  const length = Number(counted?.points ?? 0);
  const columns = {
    values: new Float64Array(length),
    steps: new Float64Array(length),
    times: new Float64Array(length),
  };
  let at = 0;
  for await (const rows of selectMetrics(sql, runId, key)) {
    for (const row of rows) {
      columns.values[at] = Number(row.value);
      columns.steps[at] = Number(row.step);
      columns.times[at++] = Number(row.timestamp);
    }
  }
  return columns;
}

/** Values of a metric that can represent a run, with their columns. */
export const CHOICES = { last: "last", min: "smallest", max: "largest" } as const;

/** Returns the summaries of a run's metrics, sorted by key. */
export async function selectSummaries(sql: Sql, runId: string): Promise<MetricSummary[]> {
  const rows = await sql.all(
    `SELECT key, points, smallest, largest, last, step FROM chachaml_metric_summaries
      WHERE run_id = ?`,
    runId,
  );
  return rows.map((row) => ({
    key: text(row.key),
    count: Number(row.points),
    last: Number(row.last),
    step: Number(row.step),
    min: numberOrNull(row.smallest) ?? NaN,
    max: numberOrNull(row.largest) ?? NaN,
  })).sort((a, b) => a.key < b.key ? -1 : 1);
}
