/** Ids of experiments in a database that is opened only for reading. */
import { assignIds, needsIds } from "../../sql/mlflow/experiment_ids.ts";
import { runScript, SQLITE } from "../script.ts";
import type { SqlConnection } from "../sql_driver.ts";
import { MLFLOW_TABLES } from "./tables.ts";

/** First id assigned on a connection that only reads; the ids of the database stay below. */
const FIRST_SHADOW = 1_000_000_000;

/**
 * Assigns ids on a connection that only reads, in a temporary table in memory that hides the table
 * of the database. They last as long as the connection.
 */
export function shadowIds(sql: SqlConnection, now: number): void {
  if (!runScript(sql, needsIds())) return;
  // The database itself stays read-only.
  sql.prepare("PRAGMA query_only = OFF").run();
  try {
    addShadow(sql);
    runScript(sql, assignIds(SQLITE, now, FIRST_SHADOW));
  } finally {
    sql.prepare("PRAGMA query_only = ON").run();
  }
}

function addShadow(sql: SqlConnection): void {
  const table = "mlflow_experiments";
  if (sql.prepare("SELECT 1 FROM temp.sqlite_master WHERE name = ?").get(table)) return;
  sql.prepare("PRAGMA temp_store = MEMORY").run();
  sql.prepare(`CREATE TEMP TABLE ${table} (${MLFLOW_TABLES[table]!.definition})`).run();
  sql.prepare(
    `INSERT INTO temp.${table} (id, name, deleted, created_at, updated_at)
      SELECT id, name, deleted, created_at, updated_at FROM main.${table}`,
  ).run();
}
