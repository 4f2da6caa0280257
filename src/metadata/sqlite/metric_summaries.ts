/**
 * Summaries of metrics, in a table of our own: one row a run and metric. They are brought up to date
 * when they are read, from the points that were added since by whichever program. Triggers note runs
 * whose points were removed or changed; their summaries are made from all their points.
 */
import type { Database } from "./database.ts";
import type { SqlConnection, SqlRow, SqlValue } from "./sql_driver.ts";
import type { MetricSummary } from "../metric.ts";
import { summarizePoints } from "./summarize_points.ts";
import { text, whole } from "./whole_text.ts";

/** Points that are added in one transaction: other writers need not wait for more. */
const CHUNK = 250_000;

/** Runs in order that are read in one go. */
const PAGE = 200;

/** Runs that are made again in one transaction. */
const STALE_RUNS = 20;

/** The last point is that of the largest step, then the latest time, then the last logged. */
const WINDOW = `WINDOW w AS (PARTITION BY run_id, key ORDER BY step DESC, timestamp DESC, row DESC
  ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)`;

/** Summaries of the points that fit two conditions, one on numbers, one on those that are none. */
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

/** Adds summaries to those that there are. */
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

/** Whether the summaries are those of all points. */
function areCurrent(sql: SqlConnection): boolean {
  const { points, nans, last_point, last_nan, stale } = sql.prepare(STATE).get()!;
  return points === last_point && nans === last_nan && stale === 0;
}

/** Brings the summaries up to date, in parts. A database that is only read is left as it is. */
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
    // Rows have other numbers than they had, as after VACUUM.
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

/** Adds the numbers behind a row, up to another, in the fast way; `false` if there is something unusual. */
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

/** Which of a metric's values speaks for a run. */
export type MetricChoice = "last" | "min" | "max";

const CHOICES: Record<MetricChoice, string> = { last: "last", min: "smallest", max: "largest" };

/** Reads summaries: from the table while it is up to date, else from the points themselves. */
export class MetricSummaries {
  readonly #sql: SqlConnection;
  readonly #isCurrent: boolean;

  /** Whether the table is up to date. */
  get isCurrent(): boolean {
    return this.#isCurrent;
  }

  /** Reads with a connection, as it is now. */
  constructor(sql: SqlConnection) {
    this.#sql = sql;
    this.#isCurrent = areCurrent(sql);
  }

  /**
   * A table of all summaries for statements of other modules: its name, and what such a statement
   * begins with.
   */
  source(): { readonly table: string; readonly prefix: string } {
    if (this.#isCurrent) return { table: "chachaml_metric_summaries", prefix: "" };
    return {
      table: "all_summaries",
      prefix: `WITH all_summaries AS MATERIALIZED (${summaries("1", "1")})`,
    };
  }

  /** The summaries of a run, by metric. */
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

  /** The value of a metric that speaks for each run that has it. */
  byRun(key: string, choice: MetricChoice): Map<string, number> {
    const rows = this.#select("key = ?1", key);
    return new Map(rows.map((row) => [text(row.run_id), numberOf(row[CHOICES[choice]])]));
  }

  /** The value of a metric that speaks for a run; `undefined` if it has none. */
  value(runId: string, key: string, choice: MetricChoice): number | undefined {
    const [row] = this.#select("run_id = ?1 AND key = ?2", runId, key);
    return row && numberOf(row[CHOICES[choice]]);
  }

  /**
   * Runs in the order of the last value of a metric, in pages; those where it is no number are left
   * out. `undefined` while the summaries are not up to date.
   */
  inOrder(key: string, order: "asc" | "desc"): Generator<SqlRow[]> | undefined {
    return this.#isCurrent ? this.#pages(key, order) : undefined;
  }

  *#pages(key: string, order: "asc" | "desc"): Generator<SqlRow[]> {
    const select = "SELECT run_id, last FROM chachaml_metric_summaries WHERE key = ?";
    const by = `ORDER BY last ${order}, run_id ${order} LIMIT ${PAGE}`;
    const behind = `(last, run_id) ${order === "asc" ? ">" : "<"} (?, ?)`;
    let rows = this.#sql.prepare(`${select} AND last IS NOT NULL ${by}`).all(key);
    while (rows.length > 0) {
      yield rows;
      const { last = null, run_id = null } = rows.at(-1)!;
      rows = this.#sql.prepare(`${select} AND ${behind} ${by}`).all(key, last, run_id);
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
