/** Logged models, created by every `log_model` of MLflow 3 clients. */
import type { LoggedModel } from "../../metadata/mlflow_store.ts";
import { requireExperiment } from "./experiments.ts";
import type { Fields } from "./fields.ts";
import { LOGGED_MODELS } from "./grammars.ts";
import { parseOrder } from "../../metadata/filter.ts";
import { checkedTags, paramOf } from "./limits.ts";
import { invalid, missing } from "./mlflow_error.ts";
import { randomName } from "./random_name.ts";
import { type Call, type Route, route } from "./route.ts";
import { metricJson } from "./run_json.ts";
import { requireRun } from "./runs.ts";
import { answerSearch, listed } from "./search.ts";

const STATUSES = [
  "LOGGED_MODEL_PENDING",
  "LOGGED_MODEL_READY",
  "LOGGED_MODEL_UPLOAD_FAILED",
];

/** Statuses by number, as sent by some clients. */
const STATUS_NUMBERS: ReadonlyMap<string, string> = new Map(
  STATUSES.map((status, at) => [String(at + 1), status]),
);

/** Returns the URI of a logged model's files. */
export function modelUri({ id, experimentId }: Pick<LoggedModel, "id" | "experimentId">): string {
  return `mlflow-artifacts:/${experimentId}/models/${id}/artifacts`;
}

function shown(model: LoggedModel): object {
  const { id, experimentId, name, createdAt, updatedAt, status, type, sourceRunId } = model;
  return {
    info: {
      model_id: id,
      experiment_id: experimentId,
      name,
      creation_timestamp_ms: createdAt,
      last_updated_timestamp_ms: updatedAt,
      artifact_uri: modelUri(model),
      status,
      model_type: type,
      source_run_id: sourceRunId ?? "",
      ...listed("tags", model.tags),
    },
    data: {
      ...listed("params", model.params),
      ...listed(
        "metrics",
        model.metrics.map(({ runId, datasetName, datasetDigest, ...metric }) => ({
          ...metricJson(metric),
          ...datasetName !== null && { dataset_name: datasetName },
          ...datasetDigest !== null && { dataset_digest: datasetDigest },
          model_id: id,
          run_id: runId,
        })),
      ),
    },
  };
}

/** Returns a logged model by id. Throws if it does not exist. */
export async function requireModel({ mlflow }: Call, id: string): Promise<LoggedModel> {
  const model = await mlflow.loggedModels.get(id);
  if (model) return model;
  throw missing(`Logged model with ID '${id}' not found.`);
}

async function create(call: Call): Promise<unknown> {
  const { fields, mlflow, now } = call;
  const experimentId = fields.text("experiment_id");
  await requireExperiment(call, experimentId);
  const sourceRunId = fields.optionalText("source_run_id") || null;
  if (sourceRunId !== null) await requireRun(call, sourceRunId);
  const name = fields.optionalText("name") || randomName();
  if (/[/:.%"']/.test(name)) {
    throw invalid(
      `Invalid model name (${name}) provided. Model name must be a non-empty string and cannot ` +
        "contain the following characters: ('/', ':', '.', '%', '\"', \"'\")",
    );
  }
  const id = `m-${crypto.randomUUID().replaceAll("-", "")}`;
  if (sourceRunId === null) {
    // Its files need a run of their own.
    const run = { id, experimentId, name, userId: call.user, startTime: now(), tags: [] };
    await mlflow.runs.create(run);
    await mlflow.runs.update(id, { status: "FINISHED", endTime: now() });
  }
  await mlflow.loggedModels.create({
    id,
    experimentId,
    name,
    status: STATUSES[0]!,
    type: fields.optionalText("model_type") ?? "",
    sourceRunId,
    createdAt: now(),
    params: fields.pairs("params").map(paramOf),
    tags: checkedTags("model", fields),
  });
  return { model: shown(await requireModel(call, id)) };
}

async function finish(call: Call): Promise<unknown> {
  const { id } = await requireModel(call, call.param("model_id"));
  const asked = call.fields.text("status");
  const status = STATUS_NUMBERS.get(asked) ?? asked;
  if (!STATUSES.includes(status)) {
    throw invalid(`Invalid model status: ${asked}. It takes ${STATUSES.join(", ")}`);
  }
  await call.mlflow.loggedModels.setStatus(id, status);
  return { model: shown(await requireModel(call, id)) };
}

async function remove(call: Call): Promise<unknown> {
  const { id } = await requireModel(call, call.param("model_id"));
  await call.mlflow.loggedModels.delete(id);
  return {};
}

function search({ fields, mlflow }: Call): Promise<unknown> {
  const experimentIds = fields.texts("experiment_ids");
  return answerSearch(fields, {
    grammar: LOGGED_MODELS,
    limits: [100, 1000],
    order: parseOrder(fields.messages("order_by").map(orderText), LOGGED_MODELS),
    find: (search) => mlflow.loggedModels.search(experimentIds, search),
    field: "models",
    shown,
  });
}

/** Converts the message of an order to text; its name may have blanks. */
function orderText(order: Fields): string {
  const [, entity, key] = /^(\w+)\.(.*)$/s.exec(order.text("field_name")) ??
    [, undefined, order.text("field_name")];
  const name = entity === undefined ? key! : `${entity}.\`${key}\``;
  return `${name} ${order.raw("ascending") === false ? "DESC" : "ASC"}`;
}

/** Endpoints for logged models. */
export const LOGGED_MODEL_ROUTES: readonly Route[] = [
  route("POST", "logged-models", create),
  route("POST", "logged-models/search", search),
  route("GET", "logged-models/:model_id", async (call) => ({
    model: shown(await requireModel(call, call.param("model_id"))),
  })),
  route("PATCH", "logged-models/:model_id", finish),
  route("DELETE", "logged-models/:model_id", remove),
  route("POST", "logged-models/:model_id/params", async (call) => {
    const { id } = await requireModel(call, call.param("model_id"));
    await call.mlflow.loggedModels.addParams(id, call.fields.pairs("params").map(paramOf));
    return {};
  }),
  route("PATCH", "logged-models/:model_id/tags", async (call) => {
    const { id } = await requireModel(call, call.param("model_id"));
    await call.mlflow.loggedModels.setTags(id, checkedTags("model", call.fields));
    return { model: shown(await requireModel(call, id)) };
  }),
  route("DELETE", "logged-models/:model_id/tags/:key", async (call) => {
    const { id } = await requireModel(call, call.param("model_id"));
    const key = call.param("key");
    if (await call.mlflow.loggedModels.deleteTag(id, key)) return {};
    throw missing(`No tag with key ${JSON.stringify(key)} found for model with ID '${id}'.`);
  }),
];
