/** Runs of trackio clients: a project is an experiment, a config is the params of a run. */
import { RunNotFoundError, RunStateError } from "../../base/errors.ts";
import { jsonParams } from "./values.ts";
import type { Fields } from "../mlflow/fields.ts";
import { invalid } from "../mlflow/mlflow_error.ts";
import type { TrackioCall } from "./route.ts";

/** Maximum number of runs with the same name that are examined. */
const MOST_RUNS = 1000;

/** Identification of a run by a client's entry. */
export interface RunName {
  readonly project: string;
  readonly name: string;
  readonly id: string | undefined;
}

/** Returns the run of an entry. */
export function runNameOf(entry: Fields): RunName {
  return {
    project: entry.text("project"),
    name: entry.optionalText("run", "run_name") ?? "",
    id: entry.optionalText("run_id") || undefined,
  };
}

/**
 * Returns the id of a run by its id, or, for older clients, of the newest run with its name;
 * `undefined` if there is none.
 */
export async function findRun({ store }: TrackioCall, run: RunName): Promise<string | undefined> {
  const { project, name, id } = run;
  if (id !== undefined) {
    try {
      const { experiment } = await store.runs.get(id);
      if (experiment === project) return id;
      throw invalid(`The run ${id} belongs to the project "${experiment}", not to "${project}"`);
    } catch (error) {
      if (error instanceof RunNotFoundError) return undefined;
      throw error;
    }
  }
  const [newest] = await store.runs.list({ experiment: project, name, limit: 1 });
  return newest?.id;
}

/**
 * Returns the id of a run, starting it if it does not exist. Since a client does not report the end
 * of a run, the run is completed, with the time of the last entry as its end.
 */
export async function requireRun(call: TrackioCall, run: RunName): Promise<string> {
  const found = await findRun(call, run);
  if (found !== undefined) return found;
  const { project, name, id } = run;
  if (name === "") throw invalid("Missing value for required parameter 'run'.");
  try {
    const started = await call.store.startRun({
      ...id !== undefined && { id },
      experiment: project,
      name,
      environment: false,
      attached: false,
      tags: { source: "trackio" },
      ...call.user !== null && { createdBy: call.user },
    });
    await call.store.runs.end(started.id);
    return started.id;
  } catch (error) {
    // A concurrent request may have started it.
    const other = error instanceof RunStateError ? await findRun(call, run) : undefined;
    if (other !== undefined) return other;
    throw error;
  }
}

/** Sets the params of a run. Entries added by the client itself, starting with `_`, become tags. */
export async function setConfig(call: TrackioCall, id: string, config: unknown): Promise<void> {
  if (typeof config !== "object" || config === null || Array.isArray(config)) return;
  const entries = Object.entries(config);
  const params = jsonParams(entries.filter(([key]) => !key.startsWith("_")));
  if (Object.keys(params).length > 0) {
    await call.store.runs.logParams(id, params, { force: true });
  }
  const tags = entries.filter(([key, value]) => key.startsWith("_") && value !== null)
    .map(([key, value]) => ({
      key: `trackio.${key.slice(1).toLowerCase()}`,
      value: typeof value === "string" ? value : JSON.stringify(value),
    }));
  const metrics = { runId: id, keys: [], values: [], steps: [], times: [] };
  await call.mlflow.runs.log(id, { metrics, params: [], tags });
}

/** Lists the runs of a project for a client. */
export async function runsOfProject({ store, fields }: TrackioCall): Promise<unknown> {
  const runs = await store.runs.list({ experiment: fields.text("project"), limit: MOST_RUNS });
  return runs.map(({ id, name, startTime }) => ({
    id,
    name: name ?? id,
    created_at: startTime.toISOString(),
  }));
}

/** Returns the data with which a client resumes a run. */
export async function runSummary(call: TrackioCall): Promise<unknown> {
  const { store } = call;
  const run = runNameOf(call.fields);
  const id = await findRun(call, run);
  const points = id === undefined ? [] : await store.metrics.summary(id);
  const logged = points.filter(({ key }) => !key.startsWith("system/"));
  return {
    project: run.project,
    run: run.name,
    run_id: id ?? run.id ?? null,
    num_logs: Math.max(0, ...logged.map(({ count }) => count)),
    metrics: logged.map(({ key }) => key),
    config: id === undefined ? null : await store.runs.params(id),
    last_step: logged.length === 0 ? null : Math.max(...logged.map(({ step }) => step)),
  };
}
