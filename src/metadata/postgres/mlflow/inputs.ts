/** Datasets used by runs. */
import type { MlflowDatasetInput } from "../../mlflow_store.ts";
import { contextOf, sharedDataset } from "../../rows/mlflow_row.ts";
import type { Sql } from "../client.ts";
import { insertDataset } from "../dataset_rows.ts";
import { textOrNull } from "./pairs.ts";

/** Adds datasets to a run; existing ones are unchanged. */
export async function addDatasets(
  sql: Sql,
  runId: string,
  datasets: readonly MlflowDatasetInput[],
  now: number,
): Promise<void> {
  for (const dataset of datasets) {
    const { name, digest, sourceType, source, schema, profile, tags } = dataset;
    const added = await sql.run(
      `INSERT INTO mlflow_dataset_inputs (run_id, name, digest, source_type, source, schema,
        profile, tags, context) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT (run_id, name, digest) DO NOTHING`,
      runId,
      name,
      digest,
      sourceType,
      source,
      schema,
      profile,
      JSON.stringify(tags),
      contextOf(dataset),
    );
    if (added > 0) await insertDataset(sql, runId, sharedDataset(dataset, now));
  }
}

/** Returns the datasets used by runs of some experiments, without duplicates. */
export async function datasetsOf(
  sql: Sql,
  experimentIds: readonly string[],
): Promise<{ experimentId: string; name: string; digest: string; context: string | null }[]> {
  const ids = experimentIds.filter((id) => /^\d{1,15}$/.test(id)).map(Number);
  if (ids.length === 0) return [];
  const rows = await sql.all(
    `SELECT e.id, d.name, d.digest, d.context FROM mlflow_experiments e
      JOIN runs r ON r.experiment = e.name JOIN mlflow_dataset_inputs d ON d.run_id = r.id
      WHERE e.id = ANY(?::bigint[]) GROUP BY e.id, d.name, d.digest, d.context
      ORDER BY d.name COLLATE "C", d.digest COLLATE "C", d.context COLLATE "C" NULLS FIRST`,
    ids,
  );
  return rows.map((row) => ({
    experimentId: String(row.id),
    name: String(row.name),
    digest: String(row.digest),
    context: textOrNull(row.context),
  }));
}
