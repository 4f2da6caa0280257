/** Conversion of rows to runs of the protocol. */
import type { MlflowRun } from "../../mlflow_store.ts";
import { mlflowRunOf } from "../../rows/mlflow_row.ts";
import { MetricSummaries } from "../metric_summaries.ts";
import type { SqlConnection, SqlRow } from "../sql_driver.ts";

export { metricOf, paramText } from "../../rows/mlflow_row.ts";

/** Maximum number of runs per statement. */
const CHUNK = 500;

/**
 * Reads runs from their rows, which also have `experiment_id` and `mlflow_status`, with everything
 * that belongs to them: one statement per kind of data for all runs.
 */
export function readRuns(sql: SqlConnection, rows: readonly SqlRow[]): MlflowRun[] {
  const runs: MlflowRun[] = [];
  for (let at = 0; at < rows.length; at += CHUNK) {
    runs.push(...readChunk(sql, rows.slice(at, at + CHUNK)));
  }
  return runs;
}

function readChunk(sql: SqlConnection, rows: readonly SqlRow[]): MlflowRun[] {
  const ids = JSON.stringify(rows.map(({ id }) => String(id)));
  const IN = "IN (SELECT value FROM json_each(?))";
  const select = (statement: string) => {
    const found = Map.groupBy(sql.prepare(statement).all(ids), ({ run_id }) => String(run_id));
    return (id: string) => found.get(id) ?? [];
  };
  const tags = select(`SELECT run_id, key, value FROM tags WHERE run_id ${IN} ORDER BY key`);
  const params = select(`SELECT run_id, key, value FROM params WHERE run_id ${IN} ORDER BY key`);
  const metrics = lastPoints(sql, ids);
  const datasets = select(
    `SELECT * FROM mlflow_dataset_inputs WHERE run_id ${IN} ORDER BY rowid`,
  );
  const models = select(
    `SELECT run_id, model_id, direction, step FROM mlflow_run_models WHERE run_id ${IN}
      ORDER BY rowid`,
  );
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

/** Returns the last point of each metric of some runs: from the summaries, if they are current. */
function lastPoints(sql: SqlConnection, ids: string): (id: string) => SqlRow[] {
  const IN = "IN (SELECT value FROM json_each(?1))";
  const statement = new MetricSummaries(sql).isCurrent
    ? `SELECT run_id, key, last AS value, step, time AS timestamp FROM chachaml_metric_summaries
        WHERE run_id ${IN} ORDER BY key`
    : `SELECT run_id, key, value, step, timestamp FROM (
        SELECT *, row_number() OVER (PARTITION BY run_id, key
          ORDER BY step DESC, timestamp DESC, place DESC) AS nth FROM (
            SELECT run_id, key, value, step, timestamp, rowid AS place FROM metrics
              WHERE run_id ${IN}
            UNION ALL
            SELECT run_id, key, NULL, step, timestamp, after + 0.5 FROM metric_nans
              WHERE run_id ${IN}
          )) WHERE nth = 1 ORDER BY key`;
  const found = Map.groupBy(sql.prepare(statement).all(ids), ({ run_id }) => String(run_id));
  return (id) => found.get(id) ?? [];
}
