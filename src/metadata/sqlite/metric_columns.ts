/** The points of one metric, read in pages into columns: there may be millions of them. */
import type { SqlConnection, SqlRow } from "./sql_driver.ts";
import type { PointColumns } from "../metric.ts";

/** Rows read at a time. */
const PAGE = 10_000;

const SELECT_PAGE = `SELECT value, step, timestamp, rowid AS own FROM metrics
  WHERE run_id = ? AND key = ? AND rowid > ? ORDER BY rowid LIMIT ${PAGE}`;

const SELECT_NANS = `SELECT step, timestamp, after FROM metric_nans
  WHERE run_id = ? AND key = ? ORDER BY rowid`;

/** Reads the points of a metric in the order logged. */
export function readColumns(sql: SqlConnection, runId: string, key: string): PointColumns {
  const columns = new Columns();
  const nans = sql.prepare(SELECT_NANS).all(runId, key);
  let nextNan = 0;
  const page = sql.prepare(SELECT_PAGE);
  for (let last: SqlRow | undefined, rows = page.all(runId, key, -1); rows.length > 0;) {
    for (const row of rows) {
      // A point that is not a number comes after the row that was the last when it was logged.
      while (nextNan < nans.length && Number(nans[nextNan]!.after) < Number(row.own)) {
        columns.add(NaN, nans[nextNan++]!);
      }
      columns.add(row.value as number, row);
    }
    last = rows.at(-1)!;
    rows = rows.length < PAGE ? [] : page.all(runId, key, last.own!);
  }
  while (nextNan < nans.length) columns.add(NaN, nans[nextNan++]!);
  return columns.take();
}

/** Columns that grow. */
class Columns {
  #values = new Float64Array(1024);
  #steps = new Float64Array(1024);
  #times = new Float64Array(1024);
  #length = 0;

  add(value: number, { step, timestamp }: SqlRow): void {
    if (this.#length === this.#values.length) {
      this.#values = doubled(this.#values);
      this.#steps = doubled(this.#steps);
      this.#times = doubled(this.#times);
    }
    this.#values[this.#length] = value;
    this.#steps[this.#length] = Number(step);
    this.#times[this.#length] = Number(timestamp);
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
