/** Conversion of rows to runs of the protocol. */
import type { MlflowRun } from "../../mlflow_store.ts";
import { mlflowRunOf } from "../../rows/mlflow_row.ts";
import type { SqlRow } from "../../rows/value.ts";
import type { Sql } from "../client.ts";

export { metricOf, paramText } from "../../rows/mlflow_row.ts";

/** Parts of runs: one statement per part, regardless of the number of runs. */
const PARTS = {
  tags: `SELECT run_id, key, value FROM tags WHERE run_id = ANY(?::text[])
    ORDER BY key COLLATE "C"`,
  params: `SELECT run_id, key, value FROM params WHERE run_id = ANY(?::text[])
    ORDER BY key COLLATE "C"`,
  metrics: `SELECT run_id, key, last AS value, step, time AS timestamp
    FROM chachaml_metric_summaries WHERE run_id = ANY(?::text[]) ORDER BY key COLLATE "C"`,
  datasets: "SELECT * FROM mlflow_dataset_inputs WHERE run_id = ANY(?::text[]) ORDER BY ctid",
  models: `SELECT run_id, model_id, direction, step FROM mlflow_run_models
    WHERE run_id = ANY(?::text[]) ORDER BY ctid`,
} as const;

/**
 * Reads runs from their rows, which also have `experiment_id` and `mlflow_status`, with all their
 * parts.
 */
export async function readRuns(sql: Sql, rows: readonly SqlRow[]): Promise<MlflowRun[]> {
  if (rows.length === 0) return [];
  const ids = rows.map(({ id }) => String(id));
  const select = async (statement: string) => {
    const found = Map.groupBy(await sql.all(statement, ids), ({ run_id }) => String(run_id));
    return (id: string) => found.get(id) ?? [];
  };
  const [tags, params, metrics, datasets, models] = await Promise.all([
    select(PARTS.tags),
    select(PARTS.params),
    select(PARTS.metrics),
    select(PARTS.datasets),
    select(PARTS.models),
  ]);
  return rows.map((row) => {
    const id = String(row.id);
    return mlflowRunOf(row, {
      tags: tags(id),
      params: params(id),
      metrics: metrics(id),
      datasets: datasets(id),
      models: models(id),
    });
  });
}
