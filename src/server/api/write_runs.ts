/** Logging to runs in chachaml's write API. */
import type { StorableObject } from "../../edn/mod.ts";
import type { MetricPoint } from "../../metadata/metric.ts";
import type { Environment, StartOptions } from "../../metadata/run.ts";
import { assertStartOptions } from "../../runs/assert_run.ts";
import { lifecycleOf } from "../../store/internals.ts";
import { Body } from "./body.ts";
import { type Json, runJson } from "./json.ts";
import type { ApiCall, ApiRoute } from "./route.ts";
import {
  any,
  count,
  double,
  input,
  integer,
  list,
  name,
  nullable,
  oneOf,
  record,
  ref,
  type Schema,
  text,
  time,
} from "./schema.ts";

const DONE = { ok: true };

async function start({ store, json, user }: ApiCall): Promise<Json> {
  const body = new Body(await json(), Object.keys(START.properties as object));
  const tags = body.object("tags");
  const parentId = body.text("parent_run_id");
  const given = {
    id: body.text("id"),
    experiment: body.text("experiment"),
    name: body.text("name"),
    createdBy: user ?? body.text("created_by"),
    parentId,
    tags,
  };
  const options = Object.fromEntries(
    Object.entries(given).filter(([, value]) => value !== undefined),
  ) as StartOptions;
  // The client describes its environment: the server's own is not that of the run.
  const env = body.object("env") as Environment | undefined ?? null;
  const run = await lifecycleOf(store).write(async ({ metadata: { runs } }) => {
    assertStartOptions(options);
    const parent = parentId === undefined ? undefined : await runs.get(parentId);
    const { experiment = parent?.experiment ?? "default" } = options;
    return await runs.start({ ...options, experiment }, env);
  });
  return runJson(run);
}

async function logParams({ store, json, param }: ApiCall): Promise<Json> {
  const { members } = new Body(await json());
  await store.runs.logParams(param("id"), members as StorableObject<Record<string, never>>);
  return DONE;
}

async function logMetrics({ store, json, param, context }: ApiCall): Promise<Json> {
  const id = param("id");
  const body = new Body(await json());
  const points = body.raw("points");
  const isList = Array.isArray(points);
  // Nothing beside them would be looked at.
  if (isList) new Body(body.members, ["points"]);
  await store.metrics.logPoints(
    id,
    isList ? points.map(pointOf) : valuesOf(body, context().now()),
  );
  return DONE;
}

function pointOf(item: unknown): MetricPoint {
  const point = new Body(item, ["key", "value", "step", "timestamp"], "A point");
  return {
    key: point.requiredText("key"),
    value: point.number("value"),
    ...atOf(point),
  };
}

function atOf(body: Body): { step?: number; timestamp?: Date } {
  const step = body.integer("step");
  const timestamp = body.integer("timestamp");
  return {
    ...step !== undefined && { step },
    ...timestamp !== undefined && { timestamp: new Date(timestamp) },
  };
}

/** Parses `{metrics: {…}, step}`, or metrics beside `step`. */
function valuesOf(body: Body, now: number): MetricPoint[] {
  const nested = typeof body.raw("metrics") === "object" ? body.object("metrics") : undefined;
  if (nested) {
    const { members } = new Body(body.members, ["metrics", "step", "timestamp"]);
    const values = new Body(nested, undefined, "metrics");
    const at = { timestamp: new Date(now), ...atOf(new Body(members)) };
    return Object.keys(nested).map((key) => ({ key, value: values.number(key), ...at }));
  }
  const step = body.integer("step") ?? 0;
  return Object.keys(body.members).filter((key) => key !== "step")
    .map((key) => ({ key, value: body.number(key), step, timestamp: new Date(now) }));
}

async function end({ store, json, param }: ApiCall): Promise<Json> {
  const body = new Body(await json(), ["status", "error"]);
  const status = body.text("status");
  const error = body.text("error");
  const run = await store.runs.end(param("id"), {
    ...status !== undefined && { status: status as "completed" | "failed" },
    ...error !== undefined && { error },
  });
  return { ...DONE, ...runJson(run) };
}

async function setTag({ store, json, param }: ApiCall): Promise<Json> {
  const body = new Body(await json(), ["key", "value"]);
  await store.runs.setTags(param("id"), { [body.requiredText("key")]: body.textOrNull("value") });
  return DONE;
}

async function setNote({ store, json, param }: ApiCall): Promise<Json> {
  const note = new Body(await json(), ["note"]).textOrNull("note");
  await store.runs.setTags(param("id"), { note });
  return DONE;
}

async function logDataset({ store, json, param }: ApiCall): Promise<Json> {
  const names = ["role", "n-rows", "n-cols", "features", "hash", "source"];
  const body = new Body(await json(), names);
  const members = {
    role: body.text("role"),
    rows: body.integer("n-rows"),
    columns: body.integer("n-cols"),
    features: body.raw("features") === undefined ? undefined : body.texts("features"),
    hash: body.text("hash"),
    source: body.text("source"),
  };
  await store.runs.logDataset(
    param("id"),
    Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)),
  );
  return DONE;
}

const START: Schema = input({
  "id?": { ...text, description: "A UUID if left out" },
  "experiment?": text,
  "name?": text,
  "tags?": record(text),
  "created_by?": text,
  "parent_run_id?": text,
  "env?": record(any),
});

const POINT = input({ "key": name, "value": double, "step?": integer, "timestamp?": time });

const METRICS: Schema = {
  anyOf: [
    input({ "metrics": record(double), "step?": integer, "timestamp?": time }),
    input({ points: list(POINT) }),
    record(double),
  ],
};

/** Problem of a missing run. */
export const RUN_PROBLEMS = { 404: "No such run" };

/** Endpoints that log to runs. */
export const WRITE_RUN_ROUTES: readonly ApiRoute[] = [
  {
    method: "POST",
    path: "/api/w/runs",
    summary: "Starts a run",
    body: START,
    answer: ref("Run"),
    problems: { 404: "The parent is not in the store", 409: "The id is taken" },
    handle: start,
  },
  {
    method: "POST",
    path: "/api/w/runs/:id/params",
    summary: "Sets params, all or none; one that is set never changes",
    body: record(any),
    answer: ref("Done"),
    problems: { ...RUN_PROBLEMS, 409: "A param has another value" },
    handle: logParams,
  },
  {
    method: "POST",
    path: "/api/w/runs/:id/metrics",
    summary: "Logs values of metrics at a step, or points, all or none",
    body: METRICS,
    answer: ref("Done"),
    problems: RUN_PROBLEMS,
    handle: logMetrics,
  },
  {
    method: "POST",
    path: "/api/w/runs/:id/datasets",
    summary: "Records a dataset that a run uses",
    body: input({
      "role?": text,
      "n-rows?": count,
      "n-cols?": count,
      "features?": list(text),
      "hash?": text,
      "source?": text,
    }),
    answer: ref("Done"),
    problems: RUN_PROBLEMS,
    handle: logDataset,
  },
  {
    method: "POST",
    path: "/api/w/runs/:id/end",
    summary: "Ends a run: completed, or failed if an error is given",
    body: input({ "status?": oneOf("completed", "failed"), "error?": text }),
    answer: ref("EndedRun"),
    problems: { ...RUN_PROBLEMS, 409: "It has ended already" },
    handle: end,
  },
  {
    method: "POST",
    path: "/api/tags/:id",
    summary: "Sets a tag of a run; null removes it",
    body: input({ key: name, value: nullable(text) }),
    answer: ref("Done"),
    problems: RUN_PROBLEMS,
    handle: setTag,
  },
  {
    method: "POST",
    path: "/api/note/:id",
    summary: "Sets the note of a run, in Markdown; null removes it",
    body: input({ note: nullable(text) }),
    answer: ref("Done"),
    problems: RUN_PROBLEMS,
    handle: setNote,
  },
];
