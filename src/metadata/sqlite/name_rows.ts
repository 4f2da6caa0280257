/** Names in use, for suggestions in messages. */
import type { SqlConnection } from "./sql_driver.ts";

const SELECT = {
  metric: `SELECT DISTINCT key AS name FROM metrics
    UNION SELECT DISTINCT key FROM metric_nans ORDER BY 1`,
  param: "SELECT DISTINCT key AS name FROM params ORDER BY 1",
  experiment: `SELECT DISTINCT experiment AS name FROM runs
    UNION SELECT name FROM experiments ORDER BY 1`,
} as const;

/** Returns all names of a kind, sorted. */
export function namesOf(sql: SqlConnection, kind: keyof typeof SELECT): string[] {
  return sql.prepare(SELECT[kind]).all().map(({ name }) => String(name));
}
