/** Logging of metrics, system metrics and alerts by trackio clients. */
import { assertNotReordered } from "../../names/deceptive.ts";
import type { Fields } from "../mlflow/fields.ts";
import { invalid } from "../mlflow/mlflow_error.ts";
import type { TrackioCall } from "./route.ts";
import { requireRun, type RunName, runNameOf, setConfig } from "./runs.ts";
import { splitValues } from "./values.ts";

/** Maximum number of entries per call. */
const MOST_ENTRIES = 10_000;

/** Directory of non-numeric values and alerts among the artifacts of a run. */
const DIRECTORY = "trackio";

/** Logs metrics. Repeated entries are stored once. */
export async function logAll(call: TrackioCall): Promise<null> {
  for (const [run, entries] of byRun(call.fields.messages("logs"))) {
    const id = await requireRun(call, run);
    const config = entries.map((entry) => entry.raw("config"))
      .find((config) => config !== undefined && Object.keys(config as object).length > 0);
    if (config !== undefined) await setConfig(call, id, config);
    const time = call.now();
    let next: number | undefined;
    for (const entry of entries) {
      next = entry.optionalInteger("step") ?? (next ?? await lastStep(call, id)) + 1;
      await logEntry(call, id, entry, { step: next, time, prefix: "" });
    }
    await touch(call, id, time);
  }
  return null;
}

/** Logs system metrics, with the seconds since the start of the run as steps. */
export async function logSystem(call: TrackioCall): Promise<null> {
  for (const [run, entries] of byRun(call.fields.messages("logs"))) {
    const id = await requireRun(call, run);
    const start = (await call.store.runs.get(id)).startTime.getTime();
    let last = start;
    for (const entry of entries) {
      const time = timeOf(entry) ?? call.now();
      const step = Math.max(0, Math.round((time - start) / 1000));
      await logEntry(call, id, entry, { step, time, prefix: "system/" });
      last = Math.max(last, time);
    }
    await touch(call, id, last);
  }
  return null;
}

/** Stores alerts as artifacts of their runs. */
export async function alert(call: TrackioCall): Promise<null> {
  for (const [run, entries] of byRun(call.fields.messages("alerts"))) {
    const id = await requireRun(call, run);
    for (const entry of entries) {
      const name = `${DIRECTORY}/alerts/${idOf(entry, "alert_id")}.json`;
      await call.store.artifacts.put(id, name, {
        title: entry.text("title"),
        text: entry.optionalText("text") ?? null,
        level: entry.optionalText("level") ?? "info",
        step: entry.optionalInteger("step") ?? null,
        timestamp: entry.optionalText("timestamp") ?? null,
      }, { ifExists: "replace" });
    }
  }
  return null;
}

async function logEntry(
  { store, mlflow }: TrackioCall,
  id: string,
  entry: Fields,
  { step, time, prefix }: { readonly step: number; readonly time: number; readonly prefix: string },
): Promise<void> {
  const values = entry.raw("metrics") ?? {};
  if (typeof values !== "object" || Array.isArray(values)) {
    throw invalid("Invalid value for parameter 'metrics': it must be an object");
  }
  const { numbers, others } = splitValues(values as Record<string, unknown>);
  for (const [key] of numbers) assertMetric(key);
  const logId = entry.optionalText("log_id");
  if (Object.keys(others).length > 0) {
    const name = `${DIRECTORY}/values/${idOf(entry, "log_id")}.json`;
    await store.artifacts.put(id, name, toJson({ step, values: others }), {
      ifExists: "replace",
      contentType: "application/json",
    });
  }
  await mlflow.runs.log(id, {
    metrics: {
      runId: id,
      keys: numbers.map(([key]) => prefix + key),
      values: numbers.map(([, value]) => value),
      steps: numbers.map(() => step),
      times: numbers.map(() => time),
    },
    params: [],
    tags: [],
    ...logId !== undefined && { logId },
  });
}

function toJson(value: unknown): string {
  return JSON.stringify(value, (_, item) => typeof item === "bigint" ? String(item) : item);
}

function assertMetric(key: string): void {
  assertNotReordered("the name of a metric", key);
  if (key !== "" && key.length <= 1000 && key.isWellFormed() && !key.includes("\0")) return;
  throw invalid(`Invalid name of a metric: ${JSON.stringify(key.slice(0, 100))}`);
}

/** Returns an id that is valid in the name of an artifact; a new one if the client sends none. */
function idOf(entry: Fields, name: string): string {
  const id = entry.optionalText(name) ?? crypto.randomUUID();
  if (/^[\w-]{1,100}$/.test(id)) return id;
  throw invalid(`Invalid value for parameter '${name}': it takes letters, digits, "_" and "-"`);
}

function timeOf(entry: Fields): number | undefined {
  const text = entry.optionalText("timestamp");
  if (text === undefined) return undefined;
  const time = Date.parse(text);
  if (!Number.isNaN(time)) return time;
  throw invalid("Invalid value for parameter 'timestamp': it must be a time in ISO 8601");
}

async function lastStep({ store }: TrackioCall, id: string): Promise<number> {
  const steps = (await store.metrics.summary(id)).filter(({ key }) => !key.startsWith("system/"))
    .map(({ step }) => step);
  return Math.max(-1, ...steps);
}

/** Sets the end of a run to the time of the last entry. */
async function touch({ mlflow }: TrackioCall, id: string, time: number): Promise<void> {
  await mlflow.runs.update(id, { endTime: time });
}

/** Groups entries by run, in order. */
function byRun(entries: readonly Fields[]): Iterable<[RunName, Fields[]]> {
  if (entries.length > MOST_ENTRIES) {
    throw invalid(`A call takes at most ${MOST_ENTRIES} entries; got ${entries.length}`);
  }
  const runs = new Map<string, [RunName, Fields[]]>();
  for (const entry of entries) {
    const run = runNameOf(entry);
    const key = JSON.stringify([run.project, run.name, run.id]);
    const known = runs.get(key);
    if (known) known[1].push(entry);
    else runs.set(key, [run, [entry]]);
  }
  return runs.values();
}
