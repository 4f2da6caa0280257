/** Datasets used by runs. */
import type { MlflowDatasetInput } from "../../mlflow_store.ts";
import { contextOf, sharedDataset } from "../../rows/mlflow_row.ts";
import { insertDataset } from "../dataset_rows.ts";
import type { SqlConnection } from "../sql_driver.ts";
import { textOrNull } from "./pairs.ts";

/** Adds datasets to a run; existing ones are unchanged. */
export function addDatasets(
  sql: SqlConnection,
  runId: string,
  datasets: readonly MlflowDatasetInput[],
  now: number,
): void {
  for (const dataset of datasets) {
    const { name, digest, sourceType, source, schema, profile, tags } = dataset;
    const added = sql.prepare(
      `INSERT OR IGNORE INTO mlflow_dataset_inputs (run_id, name, digest, source_type, source,
        schema, profile, tags, context) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    ).run(
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
    if (added === 0) continue;
    insertDataset(sql, runId, sharedDataset(dataset, now));
  }
}

/** Returns the datasets used by runs of some experiments, without duplicates. */
export function datasetsOf(
  sql: SqlConnection,
  experimentIds: readonly string[],
): { experimentId: string; name: string; digest: string; context: string | null }[] {
  const ids = experimentIds.filter((id) => /^\d{1,15}$/.test(id)).map(Number);
  if (ids.length === 0) return [];
  return sql.prepare(
    `SELECT DISTINCT e.id, d.name, d.digest, d.context FROM mlflow_experiments e
      JOIN runs r ON r.experiment = e.name JOIN mlflow_dataset_inputs d ON d.run_id = r.id
      WHERE e.id IN (SELECT value FROM json_each(?)) ORDER BY d.name, d.digest, d.context`,
  ).all(JSON.stringify(ids)).map((row) => ({
    experimentId: String(row.id),
    name: String(row.name),
    digest: String(row.digest),
    context: textOrNull(row.context),
  }));
}
