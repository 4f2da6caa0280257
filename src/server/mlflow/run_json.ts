/** JSON of runs. */
import type { MlflowMetric, MlflowRun } from "../../metadata/mlflow_store.ts";
import { listed } from "./search.ts";

/** Returns the URI of a run's artifacts. */
export function artifactUri({ id, experimentId }: Pick<MlflowRun, "id" | "experimentId">): string {
  return `mlflow-artifacts:/${experimentId}/${id}/artifacts`;
}

/** Converts a run without its logged data to JSON. */
export function runInfo(run: MlflowRun): object {
  const { id, experimentId, name, userId, status, startTime, endTime, deleted } = run;
  return {
    run_uuid: id,
    experiment_id: experimentId,
    run_name: name ?? "",
    user_id: userId ?? "",
    status,
    start_time: startTime,
    ...endTime !== null && { end_time: endTime },
    artifact_uri: artifactUri(run),
    lifecycle_stage: deleted ? "deleted" : "active",
    run_id: id,
  };
}

/** Converts a run with its logged data to JSON. */
export function runJson(run: MlflowRun): object {
  const { metrics, params, tags, datasets, modelInputs, modelOutputs } = run;
  return {
    info: runInfo(run),
    data: {
      ...listed("metrics", metrics.map(metricJson)),
      ...listed("params", params),
      ...listed("tags", tags),
    },
    inputs: {
      ...listed(
        "dataset_inputs",
        datasets.map(({ name, digest, sourceType, source, schema, profile, tags }) => ({
          ...listed("tags", tags),
          dataset: {
            name,
            digest,
            source_type: sourceType,
            source,
            ...schema !== null && { schema },
            ...profile !== null && { profile },
          },
        })),
      ),
      ...listed("model_inputs", modelInputs.map((model_id) => ({ model_id }))),
    },
    outputs: listed(
      "model_outputs",
      modelOutputs.map(({ modelId, step }) => ({ model_id: modelId, step })),
    ),
  };
}

/** Converts a point to JSON. */
export function metricJson({ key, value, timestamp, step }: MlflowMetric): object {
  return { key, value, timestamp, step };
}
