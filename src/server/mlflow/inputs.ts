/** Inputs and outputs of runs: datasets and logged models. */
import type { MlflowDatasetInput } from "../../metadata/mlflow_store.ts";
import { listed } from "./search.ts";
import type { Fields } from "./fields.ts";
import { invalid } from "./mlflow_error.ts";
import { type Call, type Route, route } from "./route.ts";
import { activeRunId } from "./runs.ts";

/** Maximum length of a schema and a profile, in characters. */
const [MOST_SCHEMA, MOST_PROFILE] = [1_048_575, 16_777_215];

function inputOf(input: Fields): MlflowDatasetInput {
  const dataset = input.message("dataset");
  const schema = dataset.optionalText("schema") ?? null;
  const profile = dataset.optionalText("profile") ?? null;
  if ((schema?.length ?? 0) > MOST_SCHEMA) throw invalid("The schema of a dataset is too long");
  if ((profile?.length ?? 0) > MOST_PROFILE) throw invalid("The profile of a dataset is too long");
  return {
    name: dataset.text("name"),
    digest: dataset.text("digest"),
    sourceType: dataset.text("source_type"),
    source: dataset.text("source", { empty: true }),
    schema,
    profile,
    tags: input.pairs("tags"),
  };
}

async function logInputs(call: Call): Promise<unknown> {
  const { fields, mlflow } = call;
  const datasets = fields.messages("datasets").map(inputOf);
  const models = fields.messages("models").map((model) => model.text("model_id"));
  const runId = await activeRunId(call);
  await mlflow.runs.addInputs(runId, datasets, models);
  return {};
}

async function logOutputs(call: Call): Promise<unknown> {
  const { fields, mlflow } = call;
  const models = fields.messages("models").map((model) => ({
    modelId: model.text("model_id"),
    step: model.optionalInteger("step") ?? 0,
  }));
  const runId = await activeRunId(call);
  await mlflow.runs.addOutputs(runId, models);
  return {};
}

/** Tag in which clients before 3.0, and R clients, look for the models of a run. */
const MODEL_HISTORY = "mlflow.log-model.history";

/** Records a model logged by a client before 3.0: its files are artifacts of the run. */
async function logModel(call: Call): Promise<unknown> {
  const { fields, mlflow } = call;
  const text = fields.text("model_json");
  const model = parseObject(text);
  if (!model || typeof model.artifact_path !== "string" || typeof model.run_id !== "string") {
    throw invalid(
      "Invalid value for parameter 'model_json': it must be the JSON of a model, with " +
        "artifact_path and run_id",
    );
  }
  const runId = await activeRunId(call);
  await mlflow.runs.changeTag(runId, MODEL_HISTORY, (before) => {
    const models = parseList(before);
    return JSON.stringify([...models, model]);
  });
  return {};
}

function parseObject(text: string): Record<string, unknown> | undefined {
  const value = parse(text);
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? value as Record<string, unknown>
    : undefined;
}

function parseList(text: string | undefined): unknown[] {
  const value = text === undefined ? [] : parse(text);
  return Array.isArray(value) ? value : [];
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

async function searchDatasets({ fields, mlflow }: Call): Promise<unknown> {
  const found = await mlflow.runs.datasets(fields.texts("experiment_ids"));
  return listed(
    "dataset_summaries",
    found.map(({ experimentId, name, digest, context }) => ({
      experiment_id: experimentId,
      name,
      digest,
      ...context !== null && { context },
    })),
  );
}

/** Endpoints for inputs and outputs. */
export const INPUT_ROUTES: readonly Route[] = [
  route("POST", "runs/log-inputs", logInputs),
  route("POST", "runs/outputs", logOutputs),
  route("POST", "runs/log-model", logModel),
  route("POST", "experiments/search-datasets", searchDatasets),
];
