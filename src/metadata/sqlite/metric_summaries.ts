/**
 * Summaries of metrics, in a table of our own: one row per run and metric. When they are read, they
 * are updated from the points added since by any program. Triggers mark runs whose points were
 * removed or changed; their summaries are computed from scratch.
 */
import { hasIndex } from "./create_schema.ts";
import type { Database } from "./database.ts";
import type { SqlConnection, SqlRow, SqlValue } from "./sql_driver.ts";
import type { MetricSummary } from "../metric.ts";
import { summarizePoints } from "./summarize_points.ts";
import { text, whole } from "./whole_text.ts";

/** Number of points summarized per transaction, so that other writers need not wait longer. */
const CHUNK = 250_000;

/** Number of runs read at once. */
const PAGE = 200;

/** Number of runs recomputed per transaction. */
const STALE_RUNS = 20;

/** The last point has the largest step, then the latest time, then was logged last. */
const WINDOW = `WINDOW w AS (PARTITION BY run_id, key ORDER BY step DESC, timestamp DESC, row DESC
  ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)`;

/** Returns SQL for summaries of the points that match two conditions, for numbers and for NaN. */
function summaries(numbers: string, nans: string): string {
  return `SELECT run_id, key, points, smallest, largest, last, step, time, row FROM (
    SELECT run_id, key, count(*) OVER w AS points, min(value) OVER w AS smallest,
      max(value) OVER w AS largest, value AS last, step, timestamp AS time, row,
      row_number() OVER w AS place
    FROM (
      SELECT run_id, key, value, step, timestamp, rowid AS row FROM metrics WHERE ${numbers}
      UNION ALL
      SELECT run_id, key, NULL, step, timestamp, after + 0.5 FROM metric_nans WHERE ${nans}
    ) ${WINDOW}) WHERE place = 1`;
}

const COLUMNS = "run_id, key, points, smallest, largest, last, step, time, row";

const LATER = "(excluded.step, excluded.time, excluded.row) > (step, time, row)";

/** Merges summaries into existing ones. */
const MERGE = `ON CONFLICT (run_id, key) DO UPDATE SET points = points + excluded.points,
  smallest = CASE WHEN smallest IS NULL OR excluded.smallest < smallest THEN excluded.smallest
    ELSE smallest END,
  largest = CASE WHEN largest IS NULL OR excluded.largest > largest THEN excluded.largest
    ELSE largest END,
  last = CASE WHEN ${LATER} THEN excluded.last ELSE last END,
  step = CASE WHEN ${LATER} THEN excluded.step ELSE step END,
  time = CASE WHEN ${LATER} THEN excluded.time ELSE time END,
  row = CASE WHEN ${LATER} THEN excluded.row ELSE row END`;

const INSERT = `INSERT INTO chachaml_metric_summaries (${COLUMNS})`;
const ADD_ONE = `${INSERT} VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ${MERGE}`;
const ADD = `${INSERT} ${
  summaries("rowid > ?1 AND rowid <= ?2", "rowid > ?3 AND rowid <= ?4")
} ${MERGE}`;
const MAKE = `${INSERT} ${
  summaries("run_id = ?1 AND rowid <= ?2", "run_id = ?1 AND rowid <= ?3")
} ${MERGE}`;

const STATE = `SELECT coalesce((SELECT points FROM chachaml_summarized), 0) AS points,
  coalesce((SELECT nans FROM chachaml_summarized), 0) AS nans,
  (SELECT coalesce(max(rowid), 0) FROM metrics) AS last_point,
  (SELECT coalesce(max(rowid), 0) FROM metric_nans) AS last_nan,
  EXISTS (SELECT 1 FROM chachaml_stale_runs) AS stale`;

/** Whether the summaries cover all points. */
function areCurrent(sql: SqlConnection): boolean {
  const { points, nans, last_point, last_nan, stale } = sql.prepare(STATE).get()!;
  return points === last_point && nans === last_nan && stale === 0;
}

/** Updates the summaries, in several transactions. Does nothing if the database is read-only. */
export async function updateSummaries(database: Database): Promise<void> {
  if (!database.isWritable) return;
  while (!await database.read(areCurrent)) {
    await database.write({ apply: updatePart });
  }
}

function updatePart(sql: SqlConnection): void {
  const state = sql.prepare(STATE).get()!;
  let [points, nans] = [Number(state.points), Number(state.nans)];
  const [lastPoint, lastNan] = [Number(state.last_point), Number(state.last_nan)];
  if (points > lastPoint || nans > lastNan) {
    // Row numbers have changed, e.g. by VACUUM.
    for (const table of ["chachaml_metric_summaries", "chachaml_stale_runs"]) {
      sql.prepare(`DELETE FROM ${table}`).run();
    }
    [points, nans] = [0, 0];
  }
  const stale = sql.prepare("SELECT run_id FROM chachaml_stale_runs LIMIT ?").all(STALE_RUNS);
  for (const { run_id = null } of stale) {
    sql.prepare("DELETE FROM chachaml_metric_summaries WHERE run_id = ?").run(run_id);
    if (!addPoints(sql, 0, points, run_id)) sql.prepare(MAKE).run(run_id, points, nans);
    else sql.prepare(MAKE).run(run_id, 0, nans);
    sql.prepare("DELETE FROM chachaml_stale_runs WHERE run_id = ?").run(run_id);
  }
  const [toPoint, toNan] = stale.length > 0
    ? [points, nans]
    : [Math.min(points + CHUNK, lastPoint), Math.min(nans + CHUNK, lastNan)];
  if (stale.length === 0) {
    const from = addPoints(sql, points, toPoint) ? toPoint : points;
    sql.prepare(ADD).run(from, toPoint, nans, toNan);
  }
  sql.prepare("INSERT OR REPLACE INTO chachaml_summarized (id, points, nans) VALUES (1, ?, ?)")
    .run(toPoint, toNan);
}

/**
 * Adds the numbers after one row, up to another, in the fast way; `false` if there are unusual
 * rows.
 */
function addPoints(sql: SqlConnection, after: number, upTo: number, runId?: SqlValue): boolean {
  if (runId !== undefined && typeof runId !== "string") return false;
  const found = summarizePoints(sql, after, upTo, runId);
  if (!found) return false;
  const add = sql.prepare(ADD_ONE);
  for (const { runId, key, points, smallest, largest, last, step, time, row } of found) {
    add.run(runId, key, points, smallest, largest, last, step, time, row);
  }
  return true;
}

/** Value of a summary. */
export type MetricChoice = "last" | "min" | "max";

const CHOICES: Record<MetricChoice, string> = { last: "last", min: "smallest", max: "largest" };

/** Indexes on the values of summaries. May be missing in a read-only database. */
const SUMMARY_INDEXES: Record<MetricChoice, string> = {
  last: "chachaml_summaries_last",
  min: "chachaml_summaries_smallest",
  max: "chachaml_summaries_largest",
};

/** Reads summaries: from the table if it is current, otherwise computed from the points. */
export class MetricSummaries {
  readonly #sql: SqlConnection;
  readonly #isCurrent: boolean;

  /** Whether the table is current. */
  get isCurrent(): boolean {
    return this.#isCurrent;
  }

  /** Creates a reader for a connection. */
  constructor(sql: SqlConnection) {
    this.#sql = sql;
    this.#isCurrent = areCurrent(sql);
  }

  /**
   * Returns a table of all summaries for other statements: its name, and the prefix for such a
   * statement.
   */
  source(): { readonly table: string; readonly prefix: string } {
    if (this.#isCurrent) return { table: "chachaml_metric_summaries", prefix: "" };
    return {
      table: "all_summaries",
      prefix: `WITH all_summaries AS MATERIALIZED (${summaries("1", "1")})`,
    };
  }

  /** Returns the summaries of a run, by metric. */
  ofRun(runId: string): MetricSummary[] {
    return this.#select("run_id = ?1", runId).map((row) => ({
      key: text(row.key),
      count: Number(row.points),
      last: numberOf(row.last),
      step: Number(row.step),
      min: numberOf(row.smallest),
      max: numberOf(row.largest),
    })).sort((a, b) => a.key < b.key ? -1 : 1);
  }

  /** Returns a value of a metric for each run that has it. */
  byRun(key: string, choice: MetricChoice): Map<string, number> {
    const rows = this.#select("key = ?1", key);
    return new Map(rows.map((row) => [text(row.run_id), numberOf(row[CHOICES[choice]])]));
  }

  /** Returns a value of a metric for one run; `undefined` if it has none. */
  value(runId: string, key: string, choice: MetricChoice): number | undefined {
    const [row] = this.#select("run_id = ?1 AND key = ?2", runId, key);
    return row && numberOf(row[CHOICES[choice]]);
  }

  /**
   * Yields runs in the order of a value of a metric, in pages, without those whose value is NaN.
   * Returns `undefined` if the summaries are not current, or lack an index.
   */
  inOrder(
    key: string,
    choice: MetricChoice,
    order: "asc" | "desc",
  ): Generator<SqlRow[]> | undefined {
    if (!this.#isCurrent || !hasIndex(this.#sql, SUMMARY_INDEXES[choice])) return undefined;
    return this.#pages(key, CHOICES[choice], order);
  }

  *#pages(key: string, column: string, order: "asc" | "desc"): Generator<SqlRow[]> {
    const select =
      `SELECT run_id, ${column} AS ranked FROM chachaml_metric_summaries WHERE key = ?`;
    const by = `ORDER BY ${column} ${order}, run_id ${order} LIMIT ${PAGE}`;
    const behind = `(${column}, run_id) ${order === "asc" ? ">" : "<"} (?, ?)`;
    let rows = this.#sql.prepare(`${select} AND ${column} IS NOT NULL ${by}`).all(key);
    while (rows.length > 0) {
      yield rows;
      const { ranked = null, run_id = null } = rows.at(-1)!;
      rows = this.#sql.prepare(`${select} AND ${behind} ${by}`).all(key, ranked, run_id);
    }
  }

  #select(condition: string, ...values: string[]): SqlRow[] {
    const from = this.#isCurrent
      ? `chachaml_metric_summaries WHERE ${condition}`
      : `(${summaries(condition, condition)})`;
    return this.#sql.prepare(
      `SELECT ${whole("run_id", "key")}, points, smallest, largest, last, step FROM ${from}`,
    ).all(...values);
  }
}

function numberOf(value: SqlRow[string] | undefined): number {
  return value === null || value === undefined ? NaN : Number(value);
}
