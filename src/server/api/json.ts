/** Values in chachaml's JSON: kebab-case keys, epoch milliseconds, members with `null` omitted. */
import type { Artifact } from "../../artifacts/artifact.ts";
import { numberToJson as number, toJson as valueJson } from "../../edn/to_json.ts";
import type { Dataset } from "../../metadata/dataset.ts";
import type { Metric, MetricSummary } from "../../metadata/metric.ts";
import type { Model, ModelVersion } from "../../metadata/model.ts";
import type { Run } from "../../metadata/run.ts";

export { number, valueJson };

/** A JSON object. */
export type Json = Record<string, unknown>;

/** Removes members that are `null` or `undefined`. */
export function present(members: Json): Json {
  return Object.fromEntries(
    Object.entries(members).filter(([, value]) => value !== null && value !== undefined),
  );
}

/** Converts a run to JSON. */
export function runJson(run: Run): Json {
  const { id, experiment, name, status, startTime, endTime, error, tags, environment } = run;
  return present({
    "id": id,
    "experiment": experiment,
    "name": name,
    "status": status,
    "start-time": startTime.getTime(),
    "end-time": endTime?.getTime(),
    "error": error,
    "tags": Object.keys(tags).length > 0 ? tags : null,
    "env": environment && valueJson(environment),
    "parent-run-id": run.parentId,
    "created-by": run.createdBy,
  });
}

/** Converts an artifact to JSON. */
export function artifactJson(artifact: Artifact): Json {
  const { id, runId, name, path, contentType, size, hash, createdAt } = artifact;
  return present({
    "id": id,
    "run-id": runId,
    "name": name,
    "path": path,
    "content-type": contentType,
    "size": Number.isNaN(size) ? null : size,
    "hash": hash === "" ? null : hash,
    "created-at": number(createdAt.getTime()),
  });
}

/** Converts a point of a metric to JSON. */
export function metricJson({ key, value, step, timestamp }: Metric): Json {
  return { key, value: number(value), step, timestamp: timestamp.getTime() };
}

/** Converts summaries to JSON, by metric. */
export function summariesJson(summaries: readonly MetricSummary[]): Json {
  return Object.fromEntries(summaries.map(({ key, last, min, max, count, step }) => [
    key,
    { last: number(last), min: number(min), max: number(max), count, step },
  ]));
}

/** Converts a dataset of a run to JSON. */
export function datasetJson(runId: string, dataset: Dataset): Json {
  return present({
    "id": dataset.id,
    "run-id": runId,
    "role": dataset.role,
    "n-rows": dataset.rows,
    "n-cols": dataset.columns,
    "features": dataset.features,
    "hash": dataset.hash,
    "source": dataset.source,
    "created-at": dataset.createdAt.getTime(),
  });
}

/** Converts a model to JSON. */
export function modelJson({ name, description, createdAt, versions, production }: Model): Json {
  return {
    "name": name,
    "description": description,
    "created-at": createdAt.getTime(),
    versions,
    production,
  };
}

/** Converts a version of a model to JSON. */
export function versionJson(version: ModelVersion): Json {
  return present({
    "model-name": version.model,
    "version": version.version,
    "run-id": version.runId,
    "artifact-id": version.artifactId,
    "stage": version.stage,
    "description": version.description,
    "created-at": version.createdAt.getTime(),
  });
}
