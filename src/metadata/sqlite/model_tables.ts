/** The tables of the model registry: those of chachaml 0.7.0, column for column. */
import { hasTable } from "./schema.ts";
import type { SqlConnection } from "./sql_driver.ts";

const DEFINITIONS = [
  `CREATE TABLE IF NOT EXISTS models (name TEXT PRIMARY KEY, description TEXT,
    created_at INTEGER NOT NULL)`,
  `CREATE TABLE IF NOT EXISTS model_versions (model_name TEXT NOT NULL, version INTEGER NOT NULL,
    run_id TEXT NOT NULL, artifact_id TEXT NOT NULL, stage TEXT NOT NULL DEFAULT 'none',
    description TEXT, created_at INTEGER NOT NULL, PRIMARY KEY (model_name, version))`,
  "CREATE INDEX IF NOT EXISTS idx_versions_stage ON model_versions(model_name, stage)",
];

/** Whether anything was ever registered. */
export function hasModelTables(sql: SqlConnection): boolean {
  return hasTable(sql, "models") && hasTable(sql, "model_versions");
}

/** Creates what is missing. Runs inside a write transaction. */
export function createModelTables(sql: SqlConnection): void {
  for (const definition of DEFINITIONS) sql.prepare(definition).run();
}
