/** Runs of the protocol from rows. */
import { EdnValue, fromEdn, type ParamValue, toEdn } from "../../../edn/mod.ts";
import type { MlflowDatasetInput, MlflowMetric, MlflowRun, Pairs } from "../../mlflow_store.ts";
import { runOf } from "../run_rows.ts";
import { MetricSummaries } from "../metric_summaries.ts";
import type { SqlConnection, SqlRow } from "../sql_driver.ts";
import { textOrNull } from "./pairs.ts";
import { RENAMED_TAGS } from "./run_values.ts";

/** The store's names of tags that the protocol has another name for. */
const SHOWN_AS: ReadonlyMap<string, string> = new Map(
  Array.from(RENAMED_TAGS, ([shown, name]) => [name, shown]),
);

/** Runs that are read with one statement for each kind of thing that belongs to them. */
const CHUNK = 500;

/**
 * Reads runs from their rows, which also have `experiment_id` and `mlflow_status`, with all that belongs
 * to them: a statement for each kind of it, whatever the number of runs.
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
    const run = runOf(row, tags(id));
    const modelsOf = (wanted: string) =>
      models(id).filter(({ direction }) => direction === wanted)
        .map((row) => ({ modelId: String(row.model_id), step: Number(row.step) }));
    return {
      id,
      experimentId: String(row.experiment_id),
      name: run.name,
      userId: run.createdBy,
      status: String(row.mlflow_status),
      startTime: run.startTime.getTime(),
      endTime: run.endTime === null ? null : run.endTime.getTime(),
      deleted: run.status as string === "archived",
      metrics: metrics(id),
      params: params(id).map(({ key, value }) => ({
        key: String(key),
        value: shownParam(String(value)),
      })),
      tags: tagsOf(run),
      datasets: datasets(id).map(datasetOf),
      modelInputs: modelsOf("input").map(({ modelId }) => modelId),
      modelOutputs: modelsOf("output"),
    };
  });
}

/** The last point of each metric of some runs: from the summaries, if they are up to date. */
function lastPoints(sql: SqlConnection, ids: string): (id: string) => MlflowMetric[] {
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
  return (id) => (found.get(id) ?? []).map(metricOf);
}

/** A param's EDN text as the protocol shows it. */
export function shownParam(edn: string): string {
  const value = fromEdn(edn);
  if (typeof value === "string") return value;
  if (value instanceof EdnValue) return value.text;
  return toEdn(value as ParamValue);
}

/** A metric from its row. */
export function metricOf({ key, value, step, timestamp }: SqlRow): MlflowMetric {
  return {
    key: String(key),
    value: value === null ? NaN : Number(value),
    step: Number(step),
    timestamp: Number(timestamp),
  };
}

function tagsOf(
  { name, createdBy, parentId, tags, environment }: ReturnType<typeof runOf>,
): Pairs {
  const all = new Map<string, string>();
  const git = environment?.git as { sha?: unknown } | undefined;
  if (typeof git?.sha === "string") all.set("mlflow.source.git.commit", git.sha);
  for (const [key, value] of Object.entries(tags)) all.set(SHOWN_AS.get(key) ?? key, value);
  if (name !== null) all.set("mlflow.runName", name);
  if (createdBy !== null) all.set("mlflow.user", createdBy);
  if (parentId !== null) all.set("mlflow.parentRunId", parentId);
  return [...all].map(([key, value]) => ({ key, value }));
}

function datasetOf(row: SqlRow): MlflowDatasetInput {
  return {
    name: String(row.name),
    digest: String(row.digest),
    sourceType: String(row.source_type),
    source: String(row.source),
    schema: textOrNull(row.schema),
    profile: textOrNull(row.profile),
    tags: JSON.parse(String(row.tags)) as Pairs,
  };
}
