/**
 * Functions and triggers of our own. chachaml does not know our tables: triggers update them in the
 * same transaction as its inserts, updates and deletes. They run with the privileges of the owner
 * of the tables, so that a program needs privileges on the shared tables only.
 */
import { CHANGE_FUNCTIONS, CHANGE_TRIGGERS, noteOf, THIS_TRANSACTION } from "./change_triggers.ts";
import { OWN_TABLES_OF_RUN } from "./schema.ts";

/** Columns of a summary. */
const COLUMNS = "run_id, key, points, smallest, largest, last, step, time, changed";

/**
 * Returns a query that summarizes the points of a source. The last point is the one with the
 * largest step, then the latest time, then the last one of the source. NaN is neither smallest nor
 * largest.
 */
function summariesOf(source: string): string {
  return `SELECT run_id, key, count(*), min(nullif(value, 'NaN')), max(nullif(value, 'NaN')),
    (array_agg(value ORDER BY step DESC, timestamp DESC, place DESC))[1], max(step),
    (array_agg(timestamp ORDER BY step DESC, timestamp DESC))[1], ${THIS_TRANSACTION}
    FROM (SELECT *, row_number() OVER () AS place FROM ${source}) AS points
    GROUP BY run_id, key ORDER BY run_id, key`;
}

const TABLE = "chachaml_metric_summaries";
const LATER = "(EXCLUDED.step, EXCLUDED.time) >= (s.step, s.time)";

/** Adds points of a source to the summaries, in a fixed order of rows, which prevents deadlocks. */
const ADD = (source: string) =>
  `INSERT INTO ${TABLE} AS s (${COLUMNS}) ${summariesOf(source)}
    ON CONFLICT (run_id, key) DO UPDATE SET points = s.points + EXCLUDED.points,
      smallest = least(s.smallest, EXCLUDED.smallest),
      largest = greatest(s.largest, EXCLUDED.largest),
      last = CASE WHEN ${LATER} THEN EXCLUDED.last ELSE s.last END,
      step = CASE WHEN ${LATER} THEN EXCLUDED.step ELSE s.step END,
      time = CASE WHEN ${LATER} THEN EXCLUDED.time ELSE s.time END,
      changed = EXCLUDED.changed;`;

/** Recomputes the summaries of some metrics of some runs from all their points. */
const MAKE_AGAIN = (changed: string) =>
  `DELETE FROM ${TABLE} AS s USING (SELECT DISTINCT run_id, key FROM ${changed}) AS c
      WHERE s.run_id = c.run_id AND s.key = c.key;
    ${
    ADD(`(SELECT m.* FROM metrics m JOIN (SELECT DISTINCT run_id, key FROM ${changed}) AS c
      ON m.run_id = c.run_id AND m.key = c.key ORDER BY m.timestamp, m.ctid) AS m`)
  }`;

/** Creates the summaries of existing points. */
export const SUMMARIZE_ALL = ADD("(SELECT * FROM metrics ORDER BY timestamp, ctid) AS m");

/** Bodies of the functions, by name. */
export const FUNCTIONS: Readonly<Record<string, string>> = {
  chachaml_points_added: `${ADD("added")} ${noteOf("added", "run_id", "metrics")}`,
  chachaml_points_removed: `${MAKE_AGAIN("removed")} ${noteOf("removed", "run_id", "metrics")}`,
  chachaml_points_changed: `${
    MAKE_AGAIN("(SELECT run_id, key FROM removed UNION ALL SELECT run_id, key FROM added) AS x")
  } ${noteOf("added", "run_id", "metrics")}`,
  chachaml_runs_added: `INSERT INTO chachaml_known_runs (id)
    SELECT id FROM (SELECT id, row_number() OVER () AS place FROM added) AS a ORDER BY place
    ON CONFLICT (id) DO UPDATE SET place = DEFAULT;
    ${noteOf("added", "id", "run")}`,
  chachaml_runs_removed: [
    ...OWN_TABLES_OF_RUN.map((table) =>
      `DELETE FROM ${table} AS t USING removed AS r WHERE t.run_id = r.id;`
    ),
    noteOf("removed", "id", "removed", ["run", "metrics", "artifact"]),
  ].join("\n    "),
  ...CHANGE_FUNCTIONS,
};

/** Triggers, with the functions they call. */
export const TRIGGERS: Readonly<Record<string, { readonly on: string; readonly calls: string }>> = {
  chachaml_points_added: {
    on: "AFTER INSERT ON metrics REFERENCING NEW TABLE AS added",
    calls: "chachaml_points_added",
  },
  chachaml_points_removed: {
    on: "AFTER DELETE ON metrics REFERENCING OLD TABLE AS removed",
    calls: "chachaml_points_removed",
  },
  chachaml_points_changed: {
    on: "AFTER UPDATE ON metrics REFERENCING OLD TABLE AS removed NEW TABLE AS added",
    calls: "chachaml_points_changed",
  },
  chachaml_runs_added: {
    on: "AFTER INSERT ON runs REFERENCING NEW TABLE AS added",
    calls: "chachaml_runs_added",
  },
  chachaml_runs_removed: {
    on: "AFTER DELETE ON runs REFERENCING OLD TABLE AS removed",
    calls: "chachaml_runs_removed",
  },
  ...CHANGE_TRIGGERS,
};
