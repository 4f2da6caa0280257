/** Names that are in use, for messages that name near ones. */
import { text } from "../rows/value.ts";
import type { Sql } from "./client.ts";

const SELECT = {
  metric: "SELECT DISTINCT key AS name FROM chachaml_metric_summaries",
  param: "SELECT DISTINCT key AS name FROM params",
  experiment: "SELECT experiment AS name FROM runs UNION SELECT name FROM experiments",
} as const;

/** All names of a kind, sorted. */
export async function namesOf(sql: Sql, kind: keyof typeof SELECT): Promise<string[]> {
  return (await sql.all(SELECT[kind])).map(({ name }) => text(name)).sort();
}
