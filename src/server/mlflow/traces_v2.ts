/** Traces as clients before 3.0 write them: started first, ended later. */
import type { Fields } from "./fields.ts";
import { requireExperiment } from "./experiments.ts";
import { type Call, type Route, route } from "./route.ts";
import { listed } from "./search.ts";
import { durationOf, searchTraces, startOf } from "./trace_filter.ts";
import { changeTrace, locationTag, requireTrace, type StoredTrace, TRACE } from "./trace_info.ts";

const UNSPECIFIED = "STATE_UNSPECIFIED";
const UNSPECIFIED_STATUS = "TRACE_STATUS_UNSPECIFIED";

/** Starts a trace that the server gives an id. */
export async function startTrace(call: Call): Promise<unknown> {
  const { fields, mlflow, now } = call;
  const experiment = fields.text("experiment_id");
  await requireExperiment(call, experiment);
  const id = `tr-${crypto.randomUUID().replaceAll("-", "")}`;
  const time = fields.optionalInteger("timestamp_ms") ?? now();
  const trace: StoredTrace = {
    trace_id: id,
    trace_location: {
      type: "MLFLOW_EXPERIMENT",
      mlflow_experiment: { experiment_id: experiment },
    },
    request_time: timeText(time),
    state: "IN_PROGRESS",
    trace_metadata: textsOf(fields, "request_metadata"),
    tags: { ...textsOf(fields, "tags"), ...locationTag(experiment, id) },
  };
  const data = JSON.stringify(trace);
  await mlflow.documents.put({ kind: TRACE, id, scope: experiment, time, data });
  return { trace_info: shownV2(trace) };
}

async function endTrace(call: Call): Promise<unknown> {
  const { fields } = call;
  const end = fields.optionalInteger("timestamp_ms");
  const status = fields.optionalText("status");
  const ended = await changeTrace(call, call.param("trace_id"), (trace) => ({
    ...trace,
    ...end !== undefined && { execution_duration: `${(end - startOf(trace)) / 1000}s` },
    ...status !== undefined && { state: status === UNSPECIFIED_STATUS ? UNSPECIFIED : status },
    trace_metadata: { ...trace.trace_metadata, ...textsOf(fields, "request_metadata") },
    tags: { ...trace.tags, ...textsOf(fields, "tags") },
  }));
  return { trace_info: shownV2(ended) };
}

async function search(call: Call): Promise<unknown> {
  const found = await searchTraces(call, call.fields.texts("experiment_ids"));
  return { ...listed("traces", found.items.map(shownV2)), ...found.next };
}

function shownV2(trace: StoredTrace): object {
  const { trace_id, trace_location, state = UNSPECIFIED } = trace;
  const duration = durationOf(trace);
  return {
    request_id: trace_id,
    experiment_id: trace_location.mlflow_experiment.experiment_id,
    timestamp_ms: startOf(trace),
    ...duration !== undefined && { execution_time_ms: Math.round(duration) },
    status: state === UNSPECIFIED ? UNSPECIFIED_STATUS : state,
    request_metadata: pairsOf(trace.trace_metadata),
    tags: pairsOf(trace.tags),
  };
}

function pairsOf(texts: Readonly<Record<string, string>> = {}): object[] {
  return Object.entries(texts).map(([key, value]) => ({ key, value }));
}

function textsOf(fields: Fields, name: string): Record<string, string> {
  return Object.fromEntries(fields.pairs(name).map(({ key, value }) => [key, value]));
}

/** A time of a document; times that no date holds are the last possible one. */
function timeText(time: number): string {
  return new Date(Math.min(time, 8.64e15)).toISOString();
}

/** The endpoints of older clients. Starting shares its path with that of newer ones. */
export const TRACE_V2_ROUTES: readonly Route[] = [
  route("GET", "traces", search),
  route("PATCH", "traces/:trace_id", endTrace),
  route("GET", "traces/:trace_id/info", async (call) => ({
    trace_info: shownV2(await requireTrace(call, call.param("trace_id"))),
  })),
];
