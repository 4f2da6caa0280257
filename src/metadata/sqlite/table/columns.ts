/** Names of params, metrics and tags in use. */
import type { TableColumns } from "../../run_table.ts";
import { MetricSummaries } from "../metric_summaries.ts";
import { runOf, SELECT_RUN } from "../run_rows.ts";
import type { SqlConnection } from "../sql_driver.ts";
import { text, whole } from "../whole_text.ts";

/** Number of newest runs that are checked. */
const MOST_RUNS = 1000;

/** Maximum number of names of each kind. */
const MOST_NAMES = 1000;

/** Reads the names of the newest runs of an experiment, or of all. */
export function readColumns(sql: SqlConnection, experiment: string | undefined): TableColumns {
  const [where, values] = experiment === undefined ? ["", []] : ["WHERE experiment = ?", [
    experiment,
  ]];
  const rows = sql.prepare(`${SELECT_RUN} ${where} ORDER BY start_time DESC LIMIT ?`)
    .all(...values, MOST_RUNS + 1);
  const newest = rows.slice(0, MOST_RUNS);
  const ids = JSON.stringify(newest.map(({ id }) => text(id)));
  const { table, prefix } = new MetricSummaries(sql).source();
  const keys = (table: string, prefix = "") =>
    new Set(
      sql.prepare(
        `${prefix} SELECT DISTINCT ${whole("key")} FROM ${table}
          WHERE run_id IN (SELECT value FROM json_each(?))`,
      ).all(ids).map(({ key }) => text(key)),
    );
  const [params, metrics, tags] = [keys("params"), keys(table, prefix), keys("tags")];
  for (const row of newest) {
    if (row.tags !== null) Object.keys(runOf(row, []).tags).forEach((key) => tags.add(key));
  }
  const first = (names: Set<string>) => [...names].sort().slice(0, MOST_NAMES);
  return {
    params: first(params),
    metrics: first(metrics),
    tags: first(tags),
    truncated: rows.length > MOST_RUNS ||
      [params, metrics, tags].some(({ size }) => size > MOST_NAMES),
  };
}
