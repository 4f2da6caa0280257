/** Logging of metrics, params and batches, and reading of histories. */
import type { MetricBatch } from "../../metadata/metric.ts";
import type { MlflowBatch, ParamConflict } from "../../metadata/mlflow_store.ts";
import { listed } from "./search.ts";
import type { Fields, KeyValue } from "./fields.ts";
import { assertKey, BATCH, paramOf, tagsOf } from "./limits.ts";
import { invalid } from "./mlflow_error.ts";
import { nextPage, placeOf } from "./page_token.ts";
import { type Call, type Route, route } from "./route.ts";
import { metricJson } from "./run_json.ts";
import { activeRunId, noRun, runIdOf } from "./runs.ts";

/** Maximum number of points of a history per response. */
const MOST_POINTS = 25_000;

/** Maximum number of runs per request for histories. */
const MOST_RUNS = 100;

async function logMetric(call: Call): Promise<unknown> {
  const { fields, mlflow } = call;
  const runId = await activeRunId(call);
  const metrics = batchOf(runId, [fields], call.now());
  const about = {
    modelId: fields.optionalText("model_id") ?? null,
    datasetName: fields.optionalText("dataset_name") ?? null,
    datasetDigest: fields.optionalText("dataset_digest") ?? null,
  };
  const isAbout = Object.values(about).some((value) => value !== null);
  await mlflow.runs.log(runId, { metrics, params: [], tags: [], ...isAbout && { about } });
  return {};
}

async function logParameter(call: Call): Promise<unknown> {
  const { fields } = call;
  const param = paramOf({
    key: fields.text("key"),
    value: fields.text("value", { empty: true }),
  });
  await logParams(
    call,
    [param],
    ({ key, old, value }, id) =>
      `Changing param values is not allowed. Param with key='${key}' was already logged with ` +
      `value='${old}' for run ID='${id}'. Attempted logging new value '${value}'.`,
  );
  return {};
}

async function logParams(
  call: Call,
  params: readonly KeyValue[],
  explain: (conflict: ParamConflict, runId: string) => string,
): Promise<void> {
  const runId = await activeRunId(call);
  const metrics = batchOf(runId, [], 0);
  const [conflict] = await call.mlflow.runs.log(runId, { metrics, params, tags: [] });
  if (conflict) throw invalid(explain(conflict, runId));
}

async function logBatch(call: Call): Promise<unknown> {
  const { fields, mlflow } = call;
  const metrics = fields.messages("metrics");
  const params = fields.pairs("params").map(paramOf);
  const tags = tagsOf(fields);
  assertSize("metrics", metrics.length, BATCH.metrics);
  assertSize("params", params.length, BATCH.params);
  assertSize("tags", tags.length, BATCH.tags);
  assertSize("entities", metrics.length + params.length + tags.length, BATCH.all);
  const runId = await activeRunId(call);
  const batch: MlflowBatch = { metrics: batchOf(runId, metrics, call.now()), params, tags };
  const conflicts = await mlflow.runs.log(runId, batch);
  if (conflicts.length > 0) {
    const list = conflicts.map(({ key, old, value }) =>
      `{'key': '${key}', 'old_value': '${old}', 'new_value': '${value}'}`
    );
    throw invalid(
      "Changing param values is not allowed. Params were already logged=" +
        `'[${list.join(", ")}]' for run ID='${runId}'.`,
    );
  }
  return {};
}

function assertSize(what: string, count: number, most: number): void {
  if (count <= most) return;
  throw invalid(
    `A batch logging request can contain at most ${most} ${what}. Got ${count} ${what}. Please ` +
      "split up the request.",
  );
}

/** Converts the points of a request, after checking all of them. */
function batchOf(runId: string, points: readonly Fields[], now: number): MetricBatch {
  const batch: MetricBatch = { runId, keys: [], values: [], steps: [], times: [] };
  for (const point of points) {
    const key = point.text("key");
    assertKey("key", key);
    batch.keys.push(key);
    batch.values.push(point.double("value"));
    batch.steps.push(point.optionalInteger("step") ?? 0);
    batch.times.push(point.optionalInteger("timestamp") ?? now);
  }
  return batch;
}

async function history(call: Call): Promise<unknown> {
  const { fields, mlflow } = call;
  const key = fields.text("metric_key");
  const id = runIdOf(call);
  if (!await mlflow.runs.stateOf(id)) throw noRun(id);
  const place = placeOf(fields.optionalText("page_token"));
  const limit = fields.limit("max_results", MOST_POINTS, 1_000_000);
  const page = await mlflow.runs.history(id, key, { limit, ...place });
  return { ...listed("metrics", page.items.map(metricJson)), ...nextPage(place, page) };
}

/** Returns the histories of several runs, reduced evenly if there are too many points. */
async function histories(call: Call, ids: readonly string[], thin: boolean): Promise<unknown> {
  const { fields, mlflow } = call;
  if (ids.length === 0) throw invalid("Missing value for required parameter 'run_ids'.");
  if (ids.length > MOST_RUNS) {
    throw invalid(`At most ${MOST_RUNS} runs can be asked for at once; got ${ids.length}`);
  }
  const key = fields.text("metric_key");
  const most = fields.limit("max_results", thin ? 320 : MOST_POINTS, MOST_POINTS);
  const start = fields.optionalInteger("start_step") ?? -Infinity;
  const end = fields.optionalInteger("end_step") ?? Infinity;
  const metrics: object[] = [];
  for (const id of ids) {
    const { items } = await mlflow.runs.history(id, key, { limit: 1_000_000, offset: 0 });
    const points = items.filter(({ step }) => step >= start && step <= end)
      .toSorted((a, b) => a.step - b.step || a.timestamp - b.timestamp);
    for (const point of thin ? evenly(points, most) : points) {
      if (!thin && metrics.length >= most) break;
      metrics.push({ ...metricJson(point), run_id: id });
    }
  }
  return listed("metrics", metrics);
}

/** Selects evenly spaced items, including the first and the last. */
function evenly<T>(items: readonly T[], most: number): readonly T[] {
  if (items.length <= most) return items;
  if (most === 1) return items.slice(-1);
  return Array.from(
    { length: most },
    (_, at) => items[Math.round(at * (items.length - 1) / (most - 1))]!,
  );
}

/** Endpoints for metrics, params and batches. */
export const METRIC_ROUTES: readonly Route[] = [
  route("POST", "runs/log-metric", logMetric),
  route("POST", "runs/log-parameter", logParameter),
  route("POST", "runs/log-batch", logBatch),
  route("GET", "metrics/get-history", history),
  route(
    "GET",
    "metrics/get-history-bulk-interval",
    (call) => histories(call, call.fields.texts("run_ids", "run_id"), true),
  ),
  route(
    "GET",
    "metrics/get-history-bulk",
    (call) => histories(call, call.fields.texts("run_id", "run_ids"), false),
  ),
];
