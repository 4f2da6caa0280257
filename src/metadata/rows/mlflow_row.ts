/** Rows of runs as the MLflow protocol shows them. */
import { EdnValue, fromEdn, type ParamValue, toEdn } from "../../edn/mod.ts";
import type { DatasetDocument } from "../run_document.ts";
import type { MlflowDatasetInput, MlflowMetric, MlflowRun, Pairs } from "../mlflow_store.ts";
import { runOf } from "./run_row.ts";
import { type SqlRow, textOrNull } from "./value.ts";

/** Tags of the protocol that the shared tables have columns for. */
export const COLUMN_TAGS: ReadonlyMap<string, string> = new Map([
  ["mlflow.runName", "name"],
  ["mlflow.parentRunId", "parent_run_id"],
  ["mlflow.user", "created_by"],
]);

/** Tags of the protocol that the store has another name for. */
export const RENAMED_TAGS: ReadonlyMap<string, string> = new Map([["mlflow.note.content", "note"]]);

/** The store's names of tags that the protocol has another name for. */
const SHOWN_AS: ReadonlyMap<string, string> = new Map(
  Array.from(RENAMED_TAGS, ([shown, name]) => [name, shown]),
);

/** Rows of the parts of a run. */
export interface RunParts {
  /** Its tags. */
  readonly tags: SqlRow[];
  /** Its params. */
  readonly params: readonly SqlRow[];
  /** The last point of each metric. */
  readonly metrics: readonly SqlRow[];
  /** Datasets that it used. */
  readonly datasets: readonly SqlRow[];
  /** Logged models that it used and made. */
  readonly models: readonly SqlRow[];
}

/** A run from its row, which also has `experiment_id` and `mlflow_status`. */
export function mlflowRunOf(row: SqlRow, parts: RunParts): MlflowRun {
  const run = runOf(row, parts.tags);
  const modelsOf = (wanted: string) =>
    parts.models.filter(({ direction }) => direction === wanted)
      .map((row) => ({ modelId: String(row.model_id), step: Number(row.step) }));
  return {
    id: run.id,
    experimentId: String(row.experiment_id),
    name: run.name,
    userId: run.createdBy,
    status: String(row.mlflow_status),
    startTime: run.startTime.getTime(),
    endTime: run.endTime === null ? null : run.endTime.getTime(),
    deleted: run.status as string === "archived",
    metrics: parts.metrics.map(metricOf),
    params: parts.params.map(({ key, value }) => ({
      key: String(key),
      value: paramText(String(value)),
    })),
    tags: tagsOf(run),
    datasets: parts.datasets.map(datasetOf),
    modelInputs: modelsOf("input").map(({ modelId }) => modelId),
    modelOutputs: modelsOf("output"),
  };
}

/** A param's EDN text as the protocol shows it. */
export function paramText(edn: string): string {
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

/** Tag with the use of a dataset. */
const CONTEXT = "mlflow.data.context";

/** Use of a dataset; `null` if unknown. */
export function contextOf({ tags }: MlflowDatasetInput): string | null {
  return tags.find(({ key }) => key === CONTEXT)?.value ?? null;
}

/** A dataset as the shared tables have it, for those who read these. */
export function sharedDataset(input: MlflowDatasetInput, now: number): DatasetDocument {
  const { digest, sourceType, source, schema, profile } = input;
  const features = featuresOf(schema);
  return {
    id: crypto.randomUUID(),
    role: contextOf(input) ?? "train",
    rows: rowsOf(profile),
    columns: features?.length ?? null,
    features: features === null ? null : toEdn(features),
    hash: digest,
    source: `${sourceType}: ${source}`.slice(0, 1000),
    createdAt: now,
  };
}

/** Names of columns, where a schema has them. */
function featuresOf(schema: string | null): string[] | null {
  const { mlflow_colspec: columns } = parse(schema) as { mlflow_colspec?: unknown };
  if (!Array.isArray(columns)) return null;
  const names = columns.map((column) => (column as { name?: unknown } | null)?.name);
  return names.every((name) => typeof name === "string") ? names : null;
}

function rowsOf(profile: string | null): number | null {
  const { num_rows: rows } = parse(profile) as { num_rows?: unknown };
  return Number.isSafeInteger(rows) ? rows as number : null;
}

function parse(json: string | null): object {
  try {
    const value = json === null ? null : JSON.parse(json);
    return typeof value === "object" && value !== null ? value : {};
  } catch {
    return {}; // The client's own text: it is kept as it is.
  }
}
