/** Experiments. */
import type { ViewType } from "../../metadata/mlflow_query.ts";
import type { MlflowExperiment } from "../../metadata/mlflow_store.ts";
import type { Fields } from "./fields.ts";
import { EXPERIMENTS } from "./grammars.ts";
import { assertExperimentName, assertTag, checkedTags } from "./limits.ts";
import { invalid, missing, MlflowError } from "./mlflow_error.ts";
import { type Call, type Route, route } from "./route.ts";
import { answerSearch } from "./search.ts";

/** Id of the default experiment. */
const DEFAULT_ID = "0";

/** Names of the default experiment in the protocol and in the store. */
const DEFAULT_NAME = { shown: "Default", stored: "default" } as const;

const VIEWS: readonly ViewType[] = ["ACTIVE_ONLY", "DELETED_ONLY", "ALL"];

/** Parses the requested view. */
export function viewOf(fields: Fields, name: string): ViewType {
  const view = fields.optionalText(name) ?? "ACTIVE_ONLY";
  if ((VIEWS as readonly string[]).includes(view)) return view as ViewType;
  throw invalid(`Invalid value '${view}' for parameter '${name}': it takes ${VIEWS.join(", ")}`);
}

/** Returns an experiment by id. Throws if it does not exist. */
export async function requireExperiment({ mlflow }: Call, id: string): Promise<MlflowExperiment> {
  const experiment = await mlflow.experiments.byId(id);
  if (experiment) return experiment;
  throw missing(`No Experiment with id=${id} exists`);
}

function shown({ id, name, deleted, createdAt, updatedAt, tags }: MlflowExperiment): object {
  return {
    experiment_id: id,
    name: id === DEFAULT_ID && name === DEFAULT_NAME.stored ? DEFAULT_NAME.shown : name,
    artifact_location: `mlflow-artifacts:/${id}`,
    lifecycle_stage: deleted ? "deleted" : "active",
    last_update_time: updatedAt,
    creation_time: createdAt,
    ...tags.length > 0 && { tags },
  };
}

/** Converts a name of the protocol to the store's. */
function storedName(name: string): string {
  return name === DEFAULT_NAME.shown ? DEFAULT_NAME.stored : name;
}

/** Rejects artifact locations outside this server: clients do not choose where bytes are stored. */
function assertLocation(location: string | undefined): void {
  if (location === undefined || location === "") return;
  if (/^mlflow-artifacts:(\/[\w-]+)*\/?$/.test(location)) return;
  throw invalid(
    `Invalid value '${location.slice(0, 200)}' for parameter 'artifact_location': artifacts are ` +
      "kept by this server; leave it out",
  );
}

async function create({ fields, mlflow }: Call): Promise<unknown> {
  const name = fields.text("name");
  assertExperimentName(name);
  assertLocation(fields.optionalText("artifact_location"));
  const tags = checkedTags("experiment", fields);
  const id = await mlflow.experiments.create(storedName(name), tags);
  if (id !== undefined) return { experiment_id: id };
  const there = await mlflow.experiments.byName(storedName(name));
  throw new MlflowError(
    "RESOURCE_ALREADY_EXISTS",
    there?.deleted
      ? `Experiment '${name}' already exists in deleted state. You can restore the experiment, or ` +
        "an admin can purge it (POST experiments/purge), to use its name again."
      : `Experiment '${name}' already exists.`,
  );
}

async function getByName({ fields, mlflow }: Call): Promise<unknown> {
  const name = fields.text("experiment_name");
  const experiment = await mlflow.experiments.byName(storedName(name));
  if (!experiment) throw missing(`Could not find experiment with name '${name}'`);
  return { experiment: shown(experiment) };
}

function search({ fields, mlflow }: Call): Promise<unknown> {
  return answerSearch(fields, {
    grammar: EXPERIMENTS,
    limits: [1000, 50_000],
    view: viewOf(fields, "view_type"),
    find: (search) => mlflow.experiments.search(search),
    field: "experiments",
    shown,
  });
}

async function update(call: Call): Promise<unknown> {
  const { fields, mlflow } = call;
  const id = fields.text("experiment_id");
  const { deleted } = await requireExperiment(call, id);
  const name = fields.optionalText("new_name");
  if (name === undefined) return {};
  assertExperimentName(name);
  if (deleted) throw invalid(`Cannot rename experiment ${id}: it is deleted; restore it first`);
  if (id === DEFAULT_ID) {
    throw invalid("Cannot rename the default experiment: programs that name none log to it");
  }
  if (await mlflow.experiments.rename(id, storedName(name))) return {};
  throw new MlflowError("RESOURCE_ALREADY_EXISTS", `Experiment '${name}' already exists.`);
}

async function setDeleted(call: Call, deleted: boolean): Promise<unknown> {
  const id = call.fields.text("experiment_id");
  await requireExperiment(call, id);
  if (deleted && id === DEFAULT_ID) {
    throw invalid("Cannot delete the default experiment: programs that name none log to it");
  }
  await call.mlflow.experiments.setDeleted(id, deleted);
  return {};
}

async function setTag(call: Call): Promise<unknown> {
  const { fields, mlflow } = call;
  const id = fields.text("experiment_id");
  const key = fields.text("key");
  const { value } = assertTag("experiment", { key, value: fields.optionalText("value") ?? "" });
  await requireExperiment(call, id);
  await mlflow.experiments.setTag(id, key, value);
  return {};
}

async function deleteTag(call: Call): Promise<unknown> {
  const { fields, mlflow } = call;
  const [id, key] = [fields.text("experiment_id"), fields.text("key")];
  await requireExperiment(call, id);
  if (await mlflow.experiments.setTag(id, key, null)) return {};
  throw missing(`No tag with key '${key}' on experiment ${id}`);
}

/** Endpoints for experiments. */
export const EXPERIMENT_ROUTES: readonly Route[] = [
  route("POST", "experiments/create", create),
  route("GET", "experiments/get", async (call) => ({
    experiment: shown(await requireExperiment(call, call.fields.text("experiment_id"))),
  })),
  route("GET", "experiments/get-by-name", getByName),
  route("POST", "experiments/search", search),
  route("GET", "experiments/search", search),
  route("POST", "experiments/update", update),
  route("POST", "experiments/delete", (call) => setDeleted(call, true)),
  route("POST", "experiments/restore", (call) => setDeleted(call, false)),
  route("POST", "experiments/set-experiment-tag", setTag),
  route("POST", "experiments/delete-experiment-tag", deleteTag),
];
