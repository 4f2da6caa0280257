/** Runs: lists, details, search. */
import type { MetricSummary } from "../../metadata/metric.ts";
import { type Run, RUN_STATUSES, type RunStatus } from "../../metadata/run.ts";
import type { Store } from "../../store/store.ts";
import { bad } from "./api_error.ts";
import {
  artifactJson,
  datasetJson,
  type Json,
  number,
  runJson,
  summariesJson,
  valueJson,
} from "./json.ts";
import type { Parameter } from "./query.ts";
import type { ApiCall, ApiRoute } from "./route.ts";
import { list, record, ref, text } from "./schema.ts";

/** Parameter for the maximum number of runs. */
export const LIMIT: Parameter = {
  description: "The largest number of runs (default: 100)",
  schema: { type: "integer", minimum: 1, maximum: 10_000 },
};

/** Parameter for an experiment. */
export const EXPERIMENT: Parameter = { description: "Only runs of this experiment", schema: text };

async function listRuns({ store, query }: ApiCall): Promise<Json[]> {
  const experiment = query.text("experiment");
  const status = query.text("status");
  const runs = await store.runs.list({
    ...experiment !== undefined && { experiment },
    ...status !== undefined && { status: status as RunStatus },
    limit: query.integer("limit", 100),
  });
  return runs.map(runJson);
}

async function getRun(call: ApiCall): Promise<Response> {
  const { store, query } = call;
  const table = await call.table();
  const id = call.param("id");
  const run = await store.runs.get(id);
  const summaries = await store.metrics.summary(id);
  const dead = run.status === "running" && await isDead(call, id);
  const detail = {
    ...await detailJson(store, run, summaries),
    "children": await table.children(id, 1000),
    "dead": dead,
    "models": (await table.versions(id)).map(({ model, version, stage }) => ({
      name: model,
      version,
      stage,
    })),
  };
  const keys = query.text("points") === "none" ? undefined : summaries.map(({ key }) => key);
  return jsonStream(detail, keys && pointsOf(call, id, keys));
}

/** Converts a run to JSON with what is recorded for it, except its points. */
export async function detailJson(
  store: Store,
  run: Run,
  summaries: readonly MetricSummary[],
): Promise<Json> {
  const { id } = run;
  return {
    ...runJson(run),
    "tags": run.tags,
    "params": valueJson(await store.runs.params(id)),
    "metric-summary": summariesJson(summaries),
    "artifacts": (await store.artifacts.list(id)).map(artifactJson),
    "datasets": (await store.runs.datasets(id)).map((dataset) => datasetJson(id, dataset)),
  };
}

/** Whether the process of a running run is dead. */
export async function isDead({ store }: ApiCall, id: string): Promise<boolean> {
  return (await store.runs.dead()).some(({ runId }) => runId === id);
}

/** Yields points by metric, step and time, as JSON. Holds one metric in memory at a time. */
async function* pointsOf(
  { context }: ApiCall,
  id: string,
  keys: readonly string[],
): AsyncGenerator<string> {
  const { runs } = context().metadata;
  for (const key of keys) {
    const { steps, values, times } = await runs.columns(id, key);
    const order = Uint32Array.from(steps, (_, at) => at)
      .sort((a, b) => steps[a]! - steps[b]! || times[a]! - times[b]! || a - b);
    for (let from = 0; from < order.length; from += 1000) {
      const part = Array.from(
        order.subarray(from, from + 1000),
        (at) => ({ key, value: number(values[at]!), step: steps[at], timestamp: times[at] }),
      );
      yield JSON.stringify(part).slice(1, -1);
    }
  }
}

/** Streams an object as JSON, followed by its points. */
function jsonStream(detail: object, points: AsyncGenerator<string> | undefined): Response {
  const head = JSON.stringify(detail);
  const parts = async function* (): AsyncGenerator<string> {
    if (!points) {
      yield head;
      return;
    }
    yield `${head.slice(0, -1)},"metrics":[`;
    let isFirst = true;
    for await (const part of points) {
      yield isFirst ? part : `,${part}`;
      isFirst = false;
    }
    yield "]}";
  };
  return new Response(
    ReadableStream.from(parts()).pipeThrough(new TextEncoderStream()),
    { headers: { "content-type": "application/json", "x-content-type-options": "nosniff" } },
  );
}

const OPERATORS = { ">": "gt", "<": "lt", ">=": "gte", "<=": "lte", "=": "eq" } as const;

async function search({ store, query }: ApiCall): Promise<Json[]> {
  const key = query.text("metric_key");
  const op = query.text("op");
  const value = query.text("metric_value");
  const experiment = query.text("experiment");
  if (key === undefined && (op !== undefined || value !== undefined)) {
    throw bad("op and metric_value go with metric_key, the metric that they are about");
  }
  const given = key === undefined ? {} : { metrics: { [key]: condition(op ?? "=", value) } };
  const runs = await store.runs.list({
    ...experiment !== undefined && { experiment },
    ...given,
    limit: query.integer("limit", 100),
  });
  return runs.map(runJson);
}

function condition(op: string, value: string | undefined): Record<string, number> {
  const operator = OPERATORS[op as keyof typeof OPERATORS];
  const bound = value === undefined || value.trim() === "" ? NaN : Number(value);
  if (Number.isNaN(bound)) {
    throw bad("metric_key needs metric_value, a number, such as op=<&metric_value=0.5");
  }
  return { [operator]: bound };
}

async function tags({ store, param }: ApiCall): Promise<object> {
  const { tags } = await store.runs.get(param("id"));
  return tags;
}

async function datasets({ store, param }: ApiCall): Promise<Json[]> {
  const id = param("id");
  return (await store.runs.datasets(id)).map((dataset) => datasetJson(id, dataset));
}

async function experiments({ store }: ApiCall): Promise<string[]> {
  const all = await store.experiments.list();
  return all.map(({ name }) => name).sort();
}

/** Problem of a missing run. */
const NO_RUN = { 404: "No such run" };

/** Endpoints for runs. */
export const RUN_ROUTES: readonly ApiRoute[] = [
  {
    method: "GET",
    path: "/api/runs",
    summary: "Lists runs, the newest first; archived ones only if the status asks for them",
    query: {
      experiment: EXPERIMENT,
      status: {
        description: "Only runs of this status",
        schema: { enum: RUN_STATUSES },
      },
      limit: LIMIT,
    },
    answer: list(ref("Run")),
    problems: { 404: "No run is of this experiment" },
    handle: listRuns,
  },
  {
    method: "GET",
    path: "/api/runs/:id",
    summary: "A run with everything recorded for it",
    query: {
      points: {
        description: "Whether the points of metrics are answered too (default: all)",
        schema: { enum: ["all", "none"] },
      },
    },
    answer: ref("RunDetail"),
    problems: NO_RUN,
    handle: getRun,
  },
  {
    method: "GET",
    path: "/api/search",
    summary: "Runs by the last value of a metric",
    query: {
      experiment: EXPERIMENT,
      metric_key: { description: "The metric", schema: text },
      op: {
        description: "How it is compared (default: =)",
        schema: { enum: Object.keys(OPERATORS) },
      },
      metric_value: { description: "The number that it is compared with", schema: text },
      limit: LIMIT,
    },
    answer: list(ref("Run")),
    problems: { 404: "No run has this metric, or is of this experiment" },
    handle: search,
  },
  {
    method: "GET",
    path: "/api/tags/:id",
    summary: "The tags of a run",
    answer: record(text),
    problems: NO_RUN,
    handle: tags,
  },
  {
    method: "GET",
    path: "/api/datasets/:id",
    summary: "The datasets of a run, in the order recorded",
    answer: list(ref("Dataset")),
    problems: NO_RUN,
    handle: datasets,
  },
  {
    method: "GET",
    path: "/api/experiments",
    summary: "Names of experiments, sorted",
    answer: list(text),
    handle: experiments,
  },
];
