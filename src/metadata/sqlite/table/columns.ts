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
  const [params, metrics, tags] = [new Set<string>(), new Set<string>(), new Set<string>()];
  const keys = (table: string) =>
    sql.prepare(`SELECT ${whole("key")} FROM ${table} WHERE run_id = ?`);
  const [paramKeys, tagKeys] = [keys("params"), keys("tags")];
  const summaries = new MetricSummaries(sql);
  for (const row of rows.slice(0, MOST_RUNS)) {
    const id = text(row.id);
    for (const { key } of paramKeys.all(id)) params.add(text(key));
    for (const { key } of summaries.ofRun(id)) metrics.add(key);
    for (const key of Object.keys(runOf(row, []).tags)) tags.add(key);
    for (const { key } of tagKeys.all(id)) tags.add(text(key));
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
