/** Datasets and experiments in PostgreSQL. */
import type { Experiment } from "../dataset.ts";
import { datasetDocumentOf, experimentsOf } from "../rows/dataset_row.ts";
import type { DatasetDocument } from "../run_document.ts";
import type { Sql } from "./client.ts";

/** Inserts a dataset. */
export async function insertDataset(
  sql: Sql,
  runId: string,
  dataset: DatasetDocument,
): Promise<void> {
  const { id, role, rows, columns, features, hash, source, createdAt } = dataset;
  await sql.run(
    `INSERT INTO datasets (id, run_id, role, n_rows, n_cols, features, hash, source, created_at)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    id,
    runId,
    role,
    rows,
    columns,
    features,
    hash,
    source,
    createdAt,
  );
}

/** Reads the datasets of a run, in the order they were recorded. */
export async function selectDatasets(sql: Sql, runId: string): Promise<DatasetDocument[]> {
  const rows = await sql.all(
    `SELECT id, role, n_rows, n_cols, features, hash, source, created_at FROM datasets
      WHERE run_id = ? ORDER BY created_at, ctid`,
    runId,
  );
  return rows.map(datasetDocumentOf);
}

/** Reads all experiments, by name. */
export async function selectExperiments(sql: Sql): Promise<Experiment[]> {
  const [described, counted] = await Promise.all([
    sql.all("SELECT name, description, owner FROM experiments"),
    sql.all(
      `SELECT experiment, count(*) AS runs, max(start_time) AS last FROM runs GROUP BY experiment`,
    ),
  ]);
  return experimentsOf(described, counted);
}

/** Updates the given members of an experiment's description. */
export async function upsertExperiment(
  sql: Sql,
  name: string,
  about: { readonly description?: string | null; readonly owner?: string | null },
  now: number,
): Promise<void> {
  await sql.run(
    "INSERT INTO experiments (name, created_at) VALUES (?, ?) ON CONFLICT (name) DO NOTHING",
    name,
    now,
  );
  for (const column of ["description", "owner"] as const) {
    const value = about[column];
    if (value === undefined) continue;
    await sql.run(`UPDATE experiments SET ${column} = ? WHERE name = ?`, value, name);
  }
}
