/** Computing of summaries from points in one pass. */
import type { SqlConnection, SqlValue } from "./sql_driver.ts";

/** Number of rows read at once. */
const PAGE = 10_000;

const COLUMNS = "run_id, key, value, step, timestamp, rowid";

/** Condition for text that a driver would truncate at U+0000. */
const IS_CUT = "(instr(run_id, char(0)) OR instr(key, char(0)))";

/** Statement parts for points of all runs, by row. */
const BY_ROW = {
  page: `SELECT ${COLUMNS} FROM metrics WHERE rowid > ?1 AND rowid <= ?2
    ORDER BY rowid LIMIT ${PAGE}`,
  cut: `SELECT 1 FROM metrics WHERE rowid > ?1 AND rowid <= ?2 AND ${IS_CUT} LIMIT 1`,
} as const;

/** Statement parts for points of one run. */
const BY_RUN = {
  page: `SELECT ${COLUMNS} FROM metrics WHERE run_id = ?3 AND rowid > ?1 AND rowid <= ?2
    ORDER BY rowid LIMIT ${PAGE}`,
  cut:
    `SELECT 1 FROM metrics WHERE run_id = ?3 AND rowid > ?1 AND rowid <= ?2 AND ${IS_CUT} LIMIT 1`,
} as const;

/** Summary of the numbers of one metric of one run. */
export interface PointSummary {
  /** Id of the run. */
  readonly runId: string;
  /** Name of the metric. */
  readonly key: string;
  /** Number of points. */
  points: number;
  /** Smallest value. */
  smallest: number;
  /** Largest value. */
  largest: number;
  /** Value with the largest step, then the latest time, then the last row. */
  last: number;
  /** Step of the last value. */
  step: number;
  /** Time of the last value, in epoch milliseconds. */
  time: number;
  /** Row of the last value. */
  row: number;
}

/**
 * Summarizes the numbers in the rows after one row, up to and including another.
 *
 * @param runId Id of a run; by default all runs.
 * @returns `undefined` if only SQLite can compare some rows: another program's text instead of a
 * number, or a truncated name.
 */
export function summarizePoints(
  sql: SqlConnection,
  after: number,
  upTo: number,
  runId?: string,
): PointSummary[] | undefined {
  const { page, cut } = runId === undefined ? BY_ROW : BY_RUN;
  const more: SqlValue[] = runId === undefined ? [] : [runId];
  if (sql.prepare(cut).get(after, upTo, ...more)) return undefined;
  const runs = new Map<string, Map<string, PointSummary>>();
  const read = sql.prepare(page);
  let current: PointSummary | undefined;
  for (let at = after, isFull = true; isFull;) {
    const rows = read.tuples(at, upTo, ...more);
    for (const row of rows) {
      if (!isOrdinary(row)) return undefined;
      const [run, key] = row;
      if (current?.runId !== run || current.key !== key) current = summaryOf(runs, row);
      add(current, row);
    }
    isFull = rows.length === PAGE;
    if (isFull) at = rows.at(-1)![5] as number;
  }
  return runs.values().flatMap((keys) => keys.values()).toArray();
}

type OrdinaryRow = [string, string, number, number, number, number];

function isOrdinary(row: SqlValue[]): row is OrdinaryRow {
  return typeof row[0] === "string" && typeof row[1] === "string" &&
    typeof row[2] === "number" && typeof row[3] === "number" && typeof row[4] === "number" &&
    typeof row[5] === "number";
}

function summaryOf(
  runs: Map<string, Map<string, PointSummary>>,
  [runId, key, value, step, time, row]: OrdinaryRow,
): PointSummary {
  let keys = runs.get(runId);
  if (!keys) runs.set(runId, keys = new Map());
  let summary = keys.get(key);
  if (!summary) {
    summary = {
      runId,
      key,
      points: 0,
      smallest: value,
      largest: value,
      last: value,
      step,
      time,
      row,
    };
    keys.set(key, summary);
  }
  return summary;
}

/**
 * Adds a row. Rows are in order, so of two points with equal step and time the second is the later
 * one.
 */
function add(summary: PointSummary, [, , value, step, time, row]: OrdinaryRow): void {
  summary.points++;
  if (value < summary.smallest) summary.smallest = value;
  if (value > summary.largest) summary.largest = value;
  if (step < summary.step || step === summary.step && time < summary.time) return;
  summary.last = value;
  summary.step = step;
  summary.time = time;
  summary.row = row;
}
