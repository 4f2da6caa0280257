/** Datasets and experiments in SQLite. */
import type { Experiment } from "../dataset.ts";
import { datasetDocumentOf, experimentsOf } from "../rows/dataset_row.ts";
import type { DatasetDocument } from "../run_document.ts";
import type { SqlConnection } from "./sql_driver.ts";
import { whole } from "./whole_text.ts";

export { assertDescription, datasetOf, newDataset } from "../rows/dataset_row.ts";

const DATASET = whole("id", "role", "features", "hash", "source");
const EXPERIMENT = whole("name", "description", "owner");

/** Inserts a dataset. */
export function insertDataset(sql: SqlConnection, runId: string, dataset: DatasetDocument): void {
  const { id, role, rows, columns, features, hash, source, createdAt } = dataset;
  sql.prepare(
    `INSERT INTO datasets (id, run_id, role, n_rows, n_cols, features, hash, source, created_at)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  ).run(id, runId, role, rows, columns, features, hash, source, createdAt);
}

/** Reads the datasets of a run, in the order they were recorded. */
export function selectDatasets(sql: SqlConnection, runId: string): DatasetDocument[] {
  return sql.prepare(`SELECT ${DATASET}, n_rows, n_cols, created_at FROM datasets
      WHERE run_id = ? ORDER BY created_at, rowid`)
    .all(runId).map(datasetDocumentOf);
}

/** Reads all experiments, by name. */
export function selectExperiments(sql: SqlConnection): Experiment[] {
  const described = sql.prepare(`SELECT ${EXPERIMENT} FROM experiments`).all();
  const counted = sql.prepare(
    `SELECT ${whole("experiment")}, count(*) AS runs, max(start_time) AS last FROM runs
      GROUP BY runs.experiment`,
  ).all();
  return experimentsOf(described, counted);
}

/** Updates the given members of an experiment's description. */
export function upsertExperiment(
  sql: SqlConnection,
  name: string,
  about: { readonly description?: string | null; readonly owner?: string | null },
  now: number,
): void {
  sql.prepare("INSERT OR IGNORE INTO experiments (name, created_at) VALUES (?, ?)").run(name, now);
  for (const column of ["description", "owner"] as const) {
    const value = about[column];
    if (value === undefined) continue;
    sql.prepare(`UPDATE experiments SET ${column} = ? WHERE name = ?`).run(value, name);
  }
}
