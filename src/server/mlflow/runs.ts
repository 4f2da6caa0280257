/** Runs: create, read, update, search. */
import type { MlflowRun } from "../../metadata/mlflow_store.ts";
import { assertNotReordered } from "../../names/deceptive.ts";
import { requireExperiment, viewOf } from "./experiments.ts";
import { RUNS } from "./grammars.ts";
import { assertKey, tagOf, tagsOf } from "./limits.ts";
import { invalid, missing, type MlflowError } from "./mlflow_error.ts";
import { randomName } from "./random_name.ts";
import { type Call, type Route, route } from "./route.ts";
import { runInfo, runJson } from "./run_json.ts";
import { answerSearch } from "./search.ts";

const STATUSES = ["RUNNING", "SCHEDULED", "FINISHED", "FAILED", "KILLED"];

/** Returns a run by id. Throws if it does not exist. */
export async function requireRun({ mlflow }: Call, id: string): Promise<MlflowRun> {
  const run = await mlflow.runs.get(id);
  if (run) return run;
  throw noRun(id);
}

/** Creates an error for a missing run. */
export function noRun(id: string): MlflowError {
  return missing(`Run with id=${id} not found`);
}

/**
 * Returns the id of the run that a request changes, after checking that it exists and is not
 * deleted.
 */
export async function activeRunId(call: Call): Promise<string> {
  const id = runIdOf(call);
  const state = await call.mlflow.runs.stateOf(id);
  if (state === undefined) throw noRun(id);
  assertActive({ id, deleted: state === "deleted" });
  return id;
}

/** Returns the id of the run in a request. */
export function runIdOf({ fields }: Call): string {
  return fields.text("run_id", { or: "run_uuid" });
}

/** Checks that a run is not deleted. */
export function assertActive({ id, deleted }: Pick<MlflowRun, "id" | "deleted">): void {
  if (!deleted) return;
  throw invalid(
    `The run ${id} must be in the 'active' state. Current state is deleted; restore it first.`,
  );
}

async function create(call: Call): Promise<unknown> {
  const { fields, mlflow, now, user } = call;
  const experimentId = fields.optionalText("experiment_id") ?? "0";
  const { deleted } = await requireExperiment(call, experimentId);
  if (deleted) {
    throw invalid(
      `The experiment ${experimentId} must be in the 'active' state. Current state is deleted.`,
    );
  }
  const tags = tagsOf(fields);
  const tagged = tags.find(({ key }) => key === "mlflow.runName")?.value;
  const name = fields.optionalText("run_name") || tagged || randomName();
  const named = fields.optionalText("run_name");
  if (named && tagged && named !== tagged) {
    throw invalid(
      "Both 'run_name' argument and 'mlflow.runName' tag are specified, but with different " +
        `values (run_name='${named}', mlflow.runName='${tagged}').`,
    );
  }
  assertNotReordered("the name of a run", name);
  const id = crypto.randomUUID().replaceAll("-", "");
  const run = await mlflow.runs.create({
    id,
    experimentId,
    name,
    userId: user ?? fields.optionalText("user_id") ?? null,
    startTime: fields.optionalInteger("start_time") ?? now(),
    tags: tags.filter(({ key }) => key !== "mlflow.runName" && (key !== "mlflow.user" || !user)),
  });
  return { run: runJson(run) };
}

async function update(call: Call): Promise<unknown> {
  const { fields, mlflow } = call;
  const run = await requireRun(call, runIdOf(call));
  assertActive(run);
  const status = fields.optionalText("status");
  if (status !== undefined && !STATUSES.includes(status)) {
    throw invalid(`Invalid value '${status}' for parameter 'status': it takes ${STATUSES}`);
  }
  const endTime = fields.optionalInteger("end_time");
  const name = fields.optionalText("run_name");
  assertNotReordered("the name of a run", name);
  await mlflow.runs.update(run.id, {
    ...status !== undefined && { status },
    ...endTime !== undefined && { endTime },
    ...name !== undefined && name !== "" && { name },
  });
  return { run_info: runInfo(await requireRun(call, run.id)) };
}

async function setDeleted(call: Call, deleted: boolean): Promise<unknown> {
  const { id } = await requireRun(call, runIdOf(call));
  await call.mlflow.runs.setDeleted(id, deleted);
  return {};
}

async function setTag(call: Call): Promise<unknown> {
  const { fields, mlflow } = call;
  const { key, value } = tagOf({
    key: fields.text("key"),
    value: fields.optionalText("value") ?? "",
  });
  const runId = await activeRunId(call);
  const metrics = { runId, keys: [], values: [], steps: [], times: [] };
  await mlflow.runs.log(runId, { metrics, params: [], tags: [{ key, value }] });
  return {};
}

async function deleteTag(call: Call): Promise<unknown> {
  const { fields, mlflow } = call;
  const key = fields.text("key");
  assertKey("key", key);
  const runId = await activeRunId(call);
  if (await mlflow.runs.deleteTag(runId, key)) return {};
  throw missing(`No tag with name: ${key} in run with id ${runId}`);
}

function search({ fields, mlflow }: Call): Promise<unknown> {
  const experimentIds = fields.texts("experiment_ids");
  return answerSearch(fields, {
    grammar: RUNS,
    limits: [1000, 50_000],
    view: viewOf(fields, "run_view_type"),
    find: (search) => mlflow.runs.search(experimentIds, search),
    field: "runs",
    shown: runJson,
  });
}

/** Endpoints for runs. */
export const RUN_ROUTES: readonly Route[] = [
  route("POST", "runs/create", create),
  route(
    "GET",
    "runs/get",
    async (call) => ({ run: runJson(await requireRun(call, runIdOf(call))) }),
  ),
  route("POST", "runs/update", update),
  route("POST", "runs/delete", (call) => setDeleted(call, true)),
  route("POST", "runs/restore", (call) => setDeleted(call, false)),
  route("POST", "runs/set-tag", setTag),
  route("POST", "runs/delete-tag", deleteTag),
  route("POST", "runs/search", search),
];
