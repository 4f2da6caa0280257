/**
 * Traces. They are kept as clients send them: their infos as documents, their spans as the file
 * `traces.json` that a client uploads where the server does not take spans by OTLP.
 */
import { requireExperiment } from "./experiments.ts";
import { Fields } from "./fields.ts";
import { invalid, missing } from "./mlflow_error.ts";
import { nextPage, placeOf } from "./page_token.ts";
import { parseProtoJson, toProtoJson } from "./proto_json.ts";
import { type Call, type Route, route } from "./route.ts";
import { listed } from "./search.ts";
import { traceFits } from "./trace_filter.ts";
import type { Assessment, TraceInfo } from "./trace_info.ts";

/** The kinds of documents. */
export const TRACE = "trace";
export const SPANS = "spans";

/** Traces that a search looks at. */
const MOST_SEARCHED = 10_000;

/** Characters of the id of a trace. */
const ID = /^[\w-]{1,100}$/;

function infoOf(data: string): TraceInfo {
  return JSON.parse(data) as TraceInfo;
}

function assertTraceId(id: string): string {
  if (ID.test(id)) return id;
  throw invalid(`Invalid trace ID '${id.slice(0, 100)}'`);
}

/** An error for a trace that is not there. */
export function noTrace(id: string): Error {
  return missing(`Trace with ID '${id}' not found.`);
}

async function create(call: Call): Promise<unknown> {
  const { fields, mlflow, now } = call;
  const info = fields.message("trace").message("trace_info");
  const id = assertTraceId(info.text("trace_id"));
  const experiment = info.message("trace_location").message("mlflow_experiment")
    .text("experiment_id");
  await requireExperiment(call, experiment);
  const sent = JSON.parse(toProtoJson(fields.message("trace").raw("trace_info"))) as TraceInfo;
  const trace_info = {
    ...sent,
    tags: {
      ...sent.tags,
      "mlflow.artifactLocation": `mlflow-artifacts:/${experiment}/traces/${id}/artifacts`,
    },
  };
  const time = Date.parse(info.optionalText("request_time") ?? "");
  await mlflow.documents.put({
    kind: TRACE,
    id,
    scope: experiment,
    time: Number.isNaN(time) ? now() : time,
    data: JSON.stringify(trace_info),
  });
  return { trace: { trace_info } };
}

async function requireTrace({ mlflow }: Call, id: string): Promise<TraceInfo> {
  const data = await mlflow.documents.get(TRACE, id);
  if (data === undefined) throw noTrace(id);
  return infoOf(data);
}

async function get(call: Call, id: string): Promise<unknown> {
  return { trace: { trace_info: await requireTrace(call, id) } };
}

async function batchGet({ fields, mlflow }: Call): Promise<unknown> {
  const found = await Promise.all(
    fields.texts("trace_ids").slice(0, 1000).map((id) => mlflow.documents.get(TRACE, id)),
  );
  return listed(
    "traces",
    found.filter((data) => data !== undefined).map((data) => ({ trace_info: infoOf(data) })),
  );
}

async function search({ fields, mlflow }: Call): Promise<unknown> {
  const experiments = fields.texts("experiment_ids").concat(
    fields.messages("locations").map((location) =>
      location.message("mlflow_experiment").text("experiment_id")
    ),
  );
  const fits = traceFits(fields.optionalText("filter"));
  const limit = fields.limit("max_results", 100, 500);
  const place = placeOf(fields.optionalText("page_token"));
  const all = { limit: MOST_SEARCHED, offset: 0 };
  const { items } = await mlflow.documents.list(TRACE, experiments, all);
  const found = items.map(infoOf).filter(fits);
  const page = found.slice(place.offset, place.offset + limit);
  const more = found.length > place.offset + page.length;
  return { ...listed("traces", page), ...nextPage(place, { items: page, more }) };
}

/** Changes a trace's info; an error if it is not there. */
async function change(
  { mlflow }: Call,
  id: string,
  apply: (info: TraceInfo) => TraceInfo,
): Promise<void> {
  const isThere = await mlflow.documents.change(
    TRACE,
    id,
    (data) => JSON.stringify(apply(infoOf(data))),
  );
  if (!isThere) throw noTrace(id);
}

async function setTag(call: Call, value: string | undefined): Promise<unknown> {
  const key = call.fields.text("key");
  await change(call, call.param("trace_id"), (info) => {
    const others = Object.entries(info.tags ?? {}).filter(([name]) => name !== key);
    const tags = value === undefined ? others : [...others, [key, value] as const];
    return { ...info, tags: Object.fromEntries(tags) };
  });
  return {};
}

async function addAssessment(call: Call): Promise<unknown> {
  const sent = call.fields.raw("assessment");
  new Fields(sent).text("assessment_name");
  const id = `a-${crypto.randomUUID().replaceAll("-", "")}`;
  const trace_id = call.param("trace_id");
  const assessment = { ...plain(sent), assessment_id: id, trace_id };
  await change(call, trace_id, (info) => ({
    ...info,
    assessments: [...info.assessments ?? [], assessment],
  }));
  return { assessment };
}

async function changeAssessment(call: Call): Promise<unknown> {
  const id = call.param("assessment_id");
  let assessment: object | undefined;
  await change(call, call.param("trace_id"), (info) => ({
    ...info,
    assessments: (info.assessments ?? []).map((item) =>
      item.assessment_id === id
        ? assessment = { ...item, ...plain(call.fields.raw("assessment")), assessment_id: id }
        : item
    ) as Assessment[],
  }));
  if (assessment) return { assessment };
  throw missing(`Assessment with ID '${id}' not found.`);
}

async function removeAssessment(call: Call): Promise<unknown> {
  const id = call.param("assessment_id");
  await change(call, call.param("trace_id"), (info) => ({
    ...info,
    assessments: (info.assessments ?? []).filter(({ assessment_id }) => assessment_id !== id),
  }));
  return {};
}

/** An object of a request as plain JSON; whole numbers of any length keep their digits as text. */
function plain(value: unknown): Record<string, unknown> {
  const exact = (_: string, item: unknown) => typeof item === "bigint" ? String(item) : item;
  return parseProtoJson(JSON.stringify(value ?? {}, exact)) as Record<string, unknown>;
}

async function remove({ fields, mlflow }: Call): Promise<unknown> {
  const experiment = fields.text("experiment_id");
  const asked = fields.texts("request_ids");
  const before = fields.optionalInteger("max_timestamp_millis");
  const all = { limit: MOST_SEARCHED, offset: 0 };
  const { items } = await mlflow.documents.list(TRACE, [experiment], all);
  const ids = items.map(infoOf).filter(({ trace_id, request_time }) =>
    asked.includes(trace_id) ||
    before !== undefined && Date.parse(request_time ?? "") <= before
  ).map(({ trace_id }) => trace_id).slice(0, fields.optionalInteger("max_traces") ?? Infinity);
  await mlflow.documents.remove(SPANS, ids);
  return { traces_deleted: await mlflow.documents.remove(TRACE, ids) };
}

/** The endpoints of traces. */
export const TRACE_ROUTES: readonly Route[] = [
  route("POST", "traces", create),
  route("GET", "traces/get", (call) => get(call, call.fields.text("trace_id"))),
  route("GET", "traces/batchGet", batchGet),
  route("POST", "traces/search", search),
  route("POST", "traces/delete-traces", remove),
  route("GET", "traces/:trace_id", (call) => get(call, call.param("trace_id"))),
  route(
    "PATCH",
    "traces/:trace_id/tags",
    (call) => setTag(call, call.fields.optionalText("value") ?? ""),
  ),
  route("DELETE", "traces/:trace_id/tags", (call) => setTag(call, undefined)),
  route("POST", "traces/:trace_id/assessments", addAssessment),
  route("PATCH", "traces/:trace_id/assessments/:assessment_id", changeAssessment),
  route("DELETE", "traces/:trace_id/assessments/:assessment_id", removeAssessment),
];
