/** Reading of one metric's points into columns, in pages: there may be millions. */
import type { SqlConnection, SqlRow, SqlValue } from "./sql_driver.ts";
import type { PointColumns } from "../metric.ts";

/** Number of rows per page: small enough that a page is freed before the garbage collector moves it. */
const PAGE = 2000;

/** Number of points per page below which the index is used instead of scanning the table. */
const DENSE = PAGE / 4;

/** As REAL, integers need no conversion from 64 bits, which is slow in the drivers. */
const COLUMNS = "value, CAST(step AS REAL), CAST(timestamp AS REAL)";

/**
 * Returns a statement that reads rows in table order, which is faster than the index if the run was
 * logged alone.
 */
const selectRange = (columns: string): string =>
  `SELECT ${columns} FROM metrics
  WHERE rowid > ?3 AND rowid <= ?4 AND +run_id = ?1 AND key = ?2 ORDER BY rowid`;

/** Every column costs as much as reading the row, so row numbers are read only if they are used. */
const SELECT_RANGE = selectRange(COLUMNS);
const SELECT_NUMBERED_RANGE = selectRange(`${COLUMNS}, rowid`);

const SELECT_PAGE = `SELECT ${COLUMNS}, rowid FROM metrics
  WHERE run_id = ?1 AND key = ?2 AND rowid > ?3 ORDER BY rowid LIMIT ${PAGE}`;

const BOUNDS = `SELECT (SELECT min(rowid) FROM metrics WHERE run_id = ?1) AS first,
  (SELECT max(rowid) FROM metrics WHERE run_id = ?1) AS last`;

const SELECT_NANS = `SELECT step, timestamp, after FROM metric_nans
  WHERE run_id = ? AND key = ? ORDER BY rowid`;

/** Reads the points of a metric in the order they were logged. */
export function readColumns(sql: SqlConnection, runId: string, key: string): PointColumns {
  const columns = new Columns();
  const nans = sql.prepare(SELECT_NANS).all(runId, key);
  let nextNan = 0;
  for (const rows of pagesOf(sql, runId, key, nans.length > 0)) {
    for (const row of rows) {
      // A NaN point follows the row that was last when it was logged.
      while (nextNan < nans.length && Number(nans[nextNan]!.after) < Number(row[3])) {
        columns.addNan(nans[nextNan++]!);
      }
      columns.add(row as number[]);
    }
  }
  while (nextNan < nans.length) columns.addNan(nans[nextNan++]!);
  return columns.take();
}

/** Yields rows in pages; `isNumbered` asks for the row number in each. */
function* pagesOf(
  sql: SqlConnection,
  runId: string,
  key: string,
  isNumbered: boolean,
): Generator<SqlValue[][]> {
  const { first = null, last = null } = sql.prepare(BOUNDS).get(runId)!;
  if (first === null || last === null) return;
  const byRange = sql.prepare(isNumbered ? SELECT_NUMBERED_RANGE : SELECT_RANGE);
  const byIndex = sql.prepare(SELECT_PAGE);
  let isDense = true;
  for (let at = Number(first) - 1; at < Number(last);) {
    if (isDense) {
      const rows = byRange.tuples(runId, key, at, at + PAGE);
      yield rows;
      at += PAGE;
      isDense = rows.length >= DENSE;
    } else {
      const rows = byIndex.tuples(runId, key, at);
      yield rows;
      if (rows.length < PAGE) return;
      const end = Number(rows.at(-1)![3]);
      isDense = end - at <= PAGE * PAGE / DENSE;
      at = end;
    }
  }
}

/** Growing columns. */
class Columns {
  #values = new Float64Array(1024);
  #steps = new Float64Array(1024);
  #times = new Float64Array(1024);
  #length = 0;

  addNan({ step, timestamp }: SqlRow): void {
    this.add([NaN, Number(step), Number(timestamp)]);
  }

  /** Adds a point; the array holds its value, step and time. */
  add(row: readonly number[]): void {
    if (this.#length === this.#values.length) {
      this.#values = doubled(this.#values);
      this.#steps = doubled(this.#steps);
      this.#times = doubled(this.#times);
    }
    this.#values[this.#length] = row[0]!;
    this.#steps[this.#length] = row[1]!;
    this.#times[this.#length] = row[2]!;
    this.#length++;
  }

  take(): PointColumns {
    return {
      values: this.#values.subarray(0, this.#length),
      steps: this.#steps.subarray(0, this.#length),
      times: this.#times.subarray(0, this.#length),
    };
  }
}

function doubled(array: Float64Array<ArrayBuffer>): Float64Array<ArrayBuffer> {
  const larger = new Float64Array(array.length * 2);
  larger.set(array);
  return larger;
}
