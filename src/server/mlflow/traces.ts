/**
 * Traces. They are kept as clients send them: their infos as documents, their spans as the file
 * `traces.json` that a client uploads where the server does not take spans by OTLP.
 */
import { ASSESSMENT_ROUTES } from "./assessments.ts";
import { requireExperiment } from "./experiments.ts";
import { invalid } from "./mlflow_error.ts";
import { toProtoJson } from "./proto_json.ts";
import { type Call, type Route, route } from "./route.ts";
import { requireRun } from "./runs.ts";
import { listed } from "./search.ts";
import { searchTraces, startOf } from "./trace_filter.ts";
import {
  changeTrace,
  locationTag,
  parseTrace,
  requireTrace,
  shownTrace,
  SPANS,
  TRACE,
  type TraceInfo,
} from "./trace_info.ts";
import { startTrace, TRACE_V2_ROUTES } from "./traces_v2.ts";

/** Ids that a call takes at most. */
const MOST_IDS = 1000;

/** Traces that are looked at, and removed, at a time. */
const AT_A_TIME = 200;

/** Characters of the id of a trace. */
const ID = /^[\w-]{1,100}$/;

/** Tag that names the prompts of a trace. */
const PROMPTS = "mlflow.linkedPrompts";

function assertTraceId(id: string): string {
  if (ID.test(id)) return id;
  throw invalid(`Invalid trace ID '${id.slice(0, 100)}'`);
}

async function create(call: Call): Promise<unknown> {
  const { fields, mlflow, now } = call;
  // Clients before 3.0 start a trace, newer ones store one that has ended.
  if (fields.raw("trace") === undefined && fields.raw("experiment_id") !== undefined) {
    return await startTrace(call);
  }
  const info = fields.message("trace").message("trace_info");
  const id = assertTraceId(info.text("trace_id"));
  const experiment = info.message("trace_location").message("mlflow_experiment")
    .text("experiment_id");
  await requireExperiment(call, experiment);
  const sent = JSON.parse(toProtoJson(fields.message("trace").raw("trace_info"))) as TraceInfo;
  const trace_info = { ...sent, tags: { ...sent.tags, ...locationTag(experiment, id) } };
  const time = startOf(trace_info);
  await mlflow.documents.put({
    kind: TRACE,
    id,
    scope: experiment,
    time: Number.isNaN(time) ? now() : time,
    data: JSON.stringify(trace_info),
  });
  return { trace: { trace_info } };
}

async function get(call: Call, id: string): Promise<unknown> {
  return { trace: { trace_info: shownTrace(await requireTrace(call, id)) } };
}

async function infosOf({ fields, mlflow }: Call): Promise<TraceInfo[]> {
  const ids = fields.texts("trace_ids");
  if (ids.length > MOST_IDS) {
    throw invalid(`Invalid value for parameter 'trace_ids': it takes at most ${MOST_IDS} ids`);
  }
  const found = await Promise.all(ids.map((id) => mlflow.documents.get(TRACE, id)));
  return found.filter((data) => data !== undefined).map((data) => shownTrace(parseTrace(data)));
}

async function batchGet(call: Call): Promise<unknown> {
  return listed("traces", (await infosOf(call)).map((trace_info) => ({ trace_info })));
}

async function batchGetInfos(call: Call): Promise<unknown> {
  return listed("trace_infos", await infosOf(call));
}

async function search(call: Call): Promise<unknown> {
  const { fields } = call;
  const experiments = fields.texts("experiment_ids").concat(
    fields.messages("locations").map((location) =>
      location.message("mlflow_experiment").text("experiment_id")
    ),
  );
  const found = await searchTraces(call, experiments);
  return { ...listed("traces", found.items.map(shownTrace)), ...found.next };
}

async function setTag(call: Call, value: string | undefined): Promise<unknown> {
  const key = call.fields.text("key");
  await changeTrace(call, call.param("trace_id"), (info) => {
    const others = Object.entries(info.tags ?? {}).filter(([name]) => name !== key);
    const tags = value === undefined ? others : [...others, [key, value] as const];
    return { ...info, tags: Object.fromEntries(tags) };
  });
  return {};
}

/** Links traces to a run, so that they are found by its id. */
async function linkToRun(call: Call): Promise<unknown> {
  const run = call.fields.text("run_id");
  await requireRun(call, run);
  for (const id of call.fields.texts("trace_ids")) {
    await changeTrace(call, id, (info) => ({
      ...info,
      linked_runs: [...new Set([...info.linked_runs ?? [], run])],
    }));
  }
  return {};
}

/** Notes the prompts of a trace in a tag of it, as MLflow does. */
async function linkPrompts(call: Call): Promise<unknown> {
  const prompts = call.fields.messages("prompt_versions").map((prompt) => ({
    name: prompt.text("name"),
    version: prompt.text("version"),
  }));
  await changeTrace(call, call.fields.text("trace_id"), (info) => {
    const before = linked(info.tags?.[PROMPTS]);
    const isNew = (prompt: object) =>
      !before.some((other) => JSON.stringify(other) === JSON.stringify(prompt));
    const all = [...before, ...prompts.filter(isNew)];
    return { ...info, tags: { ...info.tags, [PROMPTS]: JSON.stringify(all) } };
  });
  return {};
}

function linked(tag: string | undefined): readonly object[] {
  try {
    const value: unknown = JSON.parse(tag ?? "[]");
    if (Array.isArray(value)) return value;
  } catch {
    // A client set the tag to something else.
  }
  return [];
}

/** Removes the traces of the given ids, or the oldest up to a time. */
async function remove({ fields, mlflow: { documents } }: Call): Promise<unknown> {
  const experiment = fields.text("experiment_id");
  const asked = fields.texts("request_ids");
  const before = fields.optionalInteger("max_timestamp_millis");
  const most = fields.optionalInteger("max_traces") ?? Infinity;
  if (asked.length > 0) {
    await documents.remove(SPANS, asked, experiment);
    return { traces_deleted: await documents.remove(TRACE, asked, experiment) };
  }
  if (before === undefined) {
    throw invalid("Missing value: give request_ids, or max_timestamp_millis");
  }
  let removed = 0;
  while (removed < most) {
    const page = await documents.list(TRACE, [experiment], { limit: AT_A_TIME, oldestFirst: true });
    const old = page.items.filter(({ time }) => time <= before).slice(0, most - removed);
    if (old.length === 0) break;
    const ids = old.map(({ id }) => id);
    await documents.remove(SPANS, ids);
    removed += await documents.remove(TRACE, ids);
  }
  return { traces_deleted: removed };
}

/** The endpoints of traces. */
export const TRACE_ROUTES: readonly Route[] = [
  route("POST", "traces", create),
  route("GET", "traces/get", (call) => get(call, call.fields.text("trace_id"))),
  route("GET", "traces/batchGet", batchGet),
  route("POST", "traces/batchGetInfos", batchGetInfos),
  route("POST", "traces/search", search),
  route("POST", "traces/delete-traces", remove),
  route("POST", "traces/link-to-run", linkToRun),
  route("POST", "traces/link-prompts", linkPrompts),
  route("GET", "traces/:trace_id", (call) => get(call, call.param("trace_id"))),
  ...TRACE_V2_ROUTES,
  route(
    "PATCH",
    "traces/:trace_id/tags",
    (call) => setTag(call, call.fields.optionalText("value") ?? ""),
  ),
  route("DELETE", "traces/:trace_id/tags", (call) => setTag(call, undefined)),
  ...ASSESSMENT_ROUTES,
];
