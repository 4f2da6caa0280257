/** Summaries of numbers, made from the points themselves in one pass. */
import type { SqlConnection, SqlValue } from "./sql_driver.ts";

/** Rows read at a time. */
const PAGE = 10_000;

const COLUMNS = "run_id, key, value, step, timestamp, rowid";

/** Text that a binding would cut at its first U+0000. */
const IS_CUT = "(instr(run_id, char(0)) OR instr(key, char(0)))";

/** Points of any runs, by the rows that they are in. */
const BY_ROW = {
  page: `SELECT ${COLUMNS} FROM metrics WHERE rowid > ?1 AND rowid <= ?2
    ORDER BY rowid LIMIT ${PAGE}`,
  cut: `SELECT 1 FROM metrics WHERE rowid > ?1 AND rowid <= ?2 AND ${IS_CUT} LIMIT 1`,
} as const;

/** Points of one run. */
const BY_RUN = {
  page: `SELECT ${COLUMNS} FROM metrics WHERE run_id = ?3 AND rowid > ?1 AND rowid <= ?2
    ORDER BY rowid LIMIT ${PAGE}`,
  cut:
    `SELECT 1 FROM metrics WHERE run_id = ?3 AND rowid > ?1 AND rowid <= ?2 AND ${IS_CUT} LIMIT 1`,
} as const;

/** Summary of the numbers of one metric of one run. */
export interface PointSummary {
  /** The run. */
  readonly runId: string;
  /** The metric. */
  readonly key: string;
  /** Number of points. */
  points: number;
  /** The smallest value. */
  smallest: number;
  /** The largest value. */
  largest: number;
  /** The value of the largest step, of these the latest time, of these the last row. */
  last: number;
  /** Its step. */
  step: number;
  /** Its time, in epoch milliseconds. */
  time: number;
  /** Its row. */
  row: number;
}

/**
 * Summarizes the numbers in rows behind one row, up to and including another.
 *
 * @param runId The run; all runs if left out.
 * @returns `undefined` if there is something that SQLite alone can compare: a row of another program with
 * a text for a number, or a name that is not read whole.
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

/** Rows come in their order, so that of two points of one step and time the second is the later. */
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
