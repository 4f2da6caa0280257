/** Runs of the protocol from rows. */
import { EdnValue, fromEdn, type ParamValue, toEdn } from "../../../edn/mod.ts";
import type { MlflowDatasetInput, MlflowMetric, MlflowRun, Pairs } from "../../mlflow_store.ts";
import { runOf } from "../run_rows.ts";
import type { SqlConnection, SqlRow } from "../sql_driver.ts";
import { textOrNull } from "./pairs.ts";
import { RENAMED_TAGS } from "./run_values.ts";

/** The store's names of tags that the protocol has another name for. */
const SHOWN_AS: ReadonlyMap<string, string> = new Map(
  Object.entries(RENAMED_TAGS).map(([shown, name]) => [name, shown]),
);

/** Statements that read what belongs to a run, prepared once for a page of runs. */
export class RunReader {
  readonly #sql: SqlConnection;

  /** Reads from a connection. */
  constructor(sql: SqlConnection) {
    this.#sql = sql;
  }

  /** A run from its row, which also has `experiment_id`, `mlflow_status` and `deleted`. */
  read(row: SqlRow): MlflowRun {
    const sql = this.#sql;
    const id = String(row.id);
    const own = sql.prepare("SELECT key, value FROM tags WHERE run_id = ? ORDER BY key").all(id);
    const run = runOf(row, own);
    return {
      id,
      experimentId: String(row.experiment_id),
      name: run.name,
      userId: run.createdBy,
      status: String(row.mlflow_status),
      startTime: run.startTime.getTime(),
      endTime: run.endTime === null ? null : run.endTime.getTime(),
      deleted: run.status as string === "archived",
      metrics: this.#latest(id),
      params: this.#params(id),
      tags: tagsOf(run),
      datasets: sql.prepare("SELECT * FROM mlflow_dataset_inputs WHERE run_id = ? ORDER BY rowid")
        .all(id).map(datasetOf),
      modelInputs: this.#models(id, "input").map(({ modelId }) => modelId),
      modelOutputs: this.#models(id, "output"),
    };
  }

  #latest(id: string): MlflowMetric[] {
    return this.#sql.prepare(
      `SELECT key, value, step, timestamp FROM (
        SELECT *, row_number() OVER (PARTITION BY key
          ORDER BY step DESC, timestamp DESC, place DESC) AS nth FROM (
            SELECT key, value, step, timestamp, rowid AS place FROM metrics WHERE run_id = ?
            UNION ALL
            SELECT key, NULL, step, timestamp, after + 0.5 FROM metric_nans WHERE run_id = ?
          )) WHERE nth = 1 ORDER BY key`,
    ).all(id, id).map(metricOf);
  }

  #params(id: string): Pairs {
    return this.#sql.prepare("SELECT key, value FROM params WHERE run_id = ? ORDER BY key").all(id)
      .map(({ key, value }) => ({ key: String(key), value: shownParam(String(value)) }));
  }

  #models(id: string, direction: string): { modelId: string; step: number }[] {
    return this.#sql.prepare(
      `SELECT model_id, step FROM mlflow_run_models WHERE run_id = ? AND direction = ?
        ORDER BY rowid`,
    ).all(id, direction).map((row) => ({ modelId: String(row.model_id), step: Number(row.step) }));
  }
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
