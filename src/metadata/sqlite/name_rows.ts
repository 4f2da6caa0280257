/** Names in use, for suggestions in messages. */
import { hasIndex } from "./create_schema.ts";
import { MetricSummaries } from "./metric_summaries.ts";
import { PARAM_INDEX } from "./short_text.ts";
import type { SqlConnection } from "./sql_driver.ts";

/** Kinds of names. */
type Kind = "metric" | "param" | "experiment";

/** Selects the different values of a column that starts an index, each by one lookup. */
const eachOf = (column: string, table: string): string =>
  `WITH RECURSIVE each_name(name) AS (
    SELECT min(${column}) FROM ${table}
    UNION ALL
    SELECT (SELECT min(${column}) FROM ${table} WHERE ${column} > each_name.name)
      FROM each_name WHERE each_name.name IS NOT NULL
  ) SELECT each_name.name FROM each_name WHERE each_name.name IS NOT NULL`;

const BY_INDEX: Readonly<Record<Kind, string>> = {
  metric: eachOf("key", "chachaml_metric_summaries"),
  param: eachOf("key", "params"),
  experiment: `${eachOf("experiment", "runs")} UNION SELECT name FROM experiments ORDER BY 1`,
};

/** For read-only databases without our index and summaries. */
const BY_SCAN: Readonly<Record<Kind, string>> = {
  metric: `SELECT DISTINCT key AS name FROM metrics
    UNION SELECT DISTINCT key FROM metric_nans ORDER BY 1`,
  param: "SELECT DISTINCT key AS name FROM params ORDER BY 1",
  experiment: `SELECT DISTINCT experiment AS name FROM runs
    UNION SELECT name FROM experiments ORDER BY 1`,
};

/** Returns all names of a kind, sorted. */
export function namesOf(sql: SqlConnection, kind: Kind): string[] {
  const select = isIndexed(sql, kind) ? BY_INDEX : BY_SCAN;
  return sql.prepare(select[kind]).all().map(({ name }) => String(name));
}

function isIndexed(sql: SqlConnection, kind: Kind): boolean {
  switch (kind) {
    case "metric":
      return new MetricSummaries(sql).isCurrent && hasIndex(sql, "chachaml_summaries_last");
    case "param":
      return hasIndex(sql, PARAM_INDEX);
    case "experiment":
      return hasIndex(sql, "idx_runs_experiment");
  }
}
