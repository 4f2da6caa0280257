/** Names in use, for suggestions in messages. */
import { text } from "../rows/value.ts";
import type { Sql } from "./client.ts";

const SELECT = {
  metric: "SELECT DISTINCT key AS name FROM chachaml_metric_summaries",
  param: "SELECT DISTINCT key AS name FROM params",
  experiment: "SELECT experiment AS name FROM runs UNION SELECT name FROM experiments",
} as const;

/** Returns all names of a kind, sorted. */
export async function namesOf(sql: Sql, kind: keyof typeof SELECT): Promise<string[]> {
  return (await sql.all(SELECT[kind])).map(({ name }) => text(name)).sort();
}
