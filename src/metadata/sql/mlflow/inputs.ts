/** Datasets and logged models used by runs. */
import type { MlflowDatasetInput } from "../../mlflow_store.ts";
import { contextOf, sharedDataset } from "../../rows/mlflow_row.ts";
import { textOrNull } from "../../rows/value.ts";
import type { SqlDialect } from "../dialect.ts";
import { all, run, type Script } from "../script.ts";
import { idsOf } from "./ids.ts";
import type { MlflowDatabase } from "./mlflow_database.ts";

/** Adds datasets to a run; existing ones are unchanged. */
export function* addDatasets(
  database: MlflowDatabase,
  runId: string,
  datasets: readonly MlflowDatasetInput[],
  now: number,
): Script<void> {
  for (const dataset of datasets) {
    const { name, digest, sourceType, source, schema, profile, tags } = dataset;
    const added = yield* run(
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
    if (added > 0) yield* database.insertDataset(runId, sharedDataset(dataset, now));
  }
}

/** Adds a logged model to a run; an existing one is unchanged. */
export function* addModel(
  runId: string,
  modelId: string,
  direction: "input" | "output",
  step: number,
): Script<void> {
  yield* run(
    `INSERT INTO mlflow_run_models (run_id, model_id, direction, step) VALUES (?, ?, ?, ?)
      ON CONFLICT (run_id, model_id, direction) DO NOTHING`,
    runId,
    modelId,
    direction,
    step,
  );
}

/** Returns the datasets used by runs of some experiments, without duplicates. */
export function* datasetsOf(
  dialect: SqlDialect,
  experimentIds: readonly string[],
): Script<{ experimentId: string; name: string; digest: string; context: string | null }[]> {
  const ids = idsOf(experimentIds);
  if (ids.length === 0) return [];
  const by = ["d.name", "d.digest", "d.context"].map((column) => dialect.text(column)).join(", ");
  const rows = yield* all(
    `SELECT e.id, d.name, d.digest, d.context FROM mlflow_experiments e
      JOIN runs r ON r.experiment = e.name JOIN mlflow_dataset_inputs d ON d.run_id = r.id
      WHERE ${dialect.oneOf("e.id", "bigint")} GROUP BY e.id, d.name, d.digest, d.context
      ORDER BY ${by} NULLS FIRST`,
    dialect.list(ids),
  );
  return rows.map((row) => ({
    experimentId: String(row.id),
    name: String(row.name),
    digest: String(row.digest),
    context: textOrNull(row.context),
  }));
}
