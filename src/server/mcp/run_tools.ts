/** Tools for runs and experiments. */
import { type Run, RUN_STATUSES, type RunStatus } from "../../metadata/run.ts";
import type { Condition, RunQuery } from "../../metadata/run_query.ts";
import type { Store } from "../../store/store.ts";
import { bad } from "../api/api_error.ts";
import type { Body } from "../api/body.ts";
import { comparisonJson } from "../api/compare.ts";
import {
  artifactJson,
  datasetJson,
  type Json,
  number,
  runJson,
  summariesJson,
  valueJson,
} from "../api/json.ts";
import { integer, list, oneOf, type Schema, text } from "../api/schema.ts";
import type { Tool, ToolCall } from "./tool.ts";

const RUN_ID: Schema = { ...text, description: "Id of the run" };
const EXPERIMENT: Schema = { ...text, description: "Only runs of this experiment" };
const LIMIT: Schema = {
  ...integer,
  minimum: 1,
  maximum: 1000,
  description: "The largest number of runs (default: 20)",
};

/** Returns a run with its params and the last values of its metrics. */
async function rowOf(store: Store, run: Run): Promise<Json> {
  const summaries = await store.metrics.summary(run.id);
  const { env: _, ...rest } = runJson(run);
  return {
    ...rest,
    params: valueJson(await store.runs.params(run.id)),
    metrics: Object.fromEntries(summaries.map(({ key, last }) => [key, number(last)])),
  };
}

async function listed(store: Store, query: RunQuery): Promise<Json> {
  const runs = await store.runs.list(query);
  return { runs: await Promise.all(runs.map((run) => rowOf(store, run))) };
}

function limitOf(args: Body): number {
  const limit = args.integer("limit") ?? 20;
  if (limit >= 1 && limit <= 1000) return limit;
  throw bad(`"limit" takes a number from 1 to 1000, not ${limit}`);
}

function queryOf(args: Body): RunQuery {
  const experiment = args.text("experiment");
  const status = args.text("status");
  return {
    ...experiment !== undefined && { experiment },
    ...status !== undefined && { status: status as RunStatus },
    limit: limitOf(args),
  };
}

async function getRun({ store, args }: ToolCall): Promise<Json> {
  const id = args.requiredText("run_id");
  const run = await store.runs.get(id);
  const dead = run.status === "running" &&
    (await store.runs.dead()).some(({ runId }) => runId === id);
  return {
    ...runJson(run),
    ...dead && { dead: "its process has ended without ending the run" },
    params: valueJson(await store.runs.params(id)),
    metrics: summariesJson(await store.metrics.summary(id)),
    artifacts: (await store.artifacts.list(id)).map(artifactJson),
    datasets: (await store.runs.datasets(id)).map((dataset) => datasetJson(id, dataset)),
  };
}

async function compareRuns({ store, args }: ToolCall): Promise<Json> {
  const ids = [...new Set(args.texts("run_ids"))];
  if (ids.length < 2) throw bad("run_ids takes two ids or more");
  return comparisonJson(await store.runs.compare(ids));
}

const OPERATORS = { ">": "gt", "<": "lt", ">=": "gte", "<=": "lte", "=": "eq" } as const;

function searchRuns({ store, args }: ToolCall): Promise<Json> {
  const key = args.text("metric_key");
  const op = args.text("op") ?? "=";
  if (key === undefined) return listed(store, queryOf(args));
  const operator = OPERATORS[op as keyof typeof OPERATORS];
  if (!operator) throw bad(`"op" takes ${Object.keys(OPERATORS).join(", ")}, not ${op}`);
  const condition: Condition = { [operator]: args.number("metric_value") };
  return listed(store, { ...queryOf(args), metrics: { [key]: condition } });
}

async function bestRun({ store, args }: ToolCall): Promise<Json> {
  const metric = args.requiredText("metric");
  const direction = args.text("direction") ?? "max";
  if (!["max", "min"].includes(direction)) throw bad('"direction" takes max or min');
  const experiment = args.text("experiment");
  const best = await store.runs.best(
    { metric, order: direction === "max" ? "desc" : "asc" },
    experiment === undefined ? {} : { experiment },
  );
  if (!best) throw bad(`No run has a value of the metric ${JSON.stringify(metric)}`);
  return await rowOf(store, best);
}

async function addTag({ store, args }: ToolCall): Promise<string> {
  const [id, key] = [args.requiredText("run_id"), args.requiredText("key")];
  await store.runs.setTags(id, { [key]: args.text("value") ?? "" });
  return `Tag ${JSON.stringify(key)} of run ${id} is set`;
}

async function setNote({ store, args }: ToolCall): Promise<string> {
  const id = args.requiredText("run_id");
  await store.runs.setNote(id, args.text("note") ?? "");
  return `The note of run ${id} is set`;
}

async function getDatasets({ store, args }: ToolCall): Promise<Json> {
  const id = args.requiredText("run_id");
  const datasets = await store.runs.datasets(id);
  return { datasets: datasets.map((dataset) => datasetJson(id, dataset)) };
}

async function listExperiments({ store }: ToolCall): Promise<Json> {
  const all = await store.experiments.list();
  return {
    experiments: all.map(({ name, description, owner, runs, lastRun }) => ({
      name,
      description,
      owner,
      runs,
      "last-run": lastRun?.getTime() ?? null,
    })),
  };
}

async function createExperiment({ store, args }: ToolCall): Promise<string> {
  const name = args.requiredText("name");
  const [description, owner] = [args.text("description"), args.text("owner")];
  await store.experiments.describe(name, {
    ...description !== undefined && { description },
    ...owner !== undefined && { owner },
  });
  return `Experiment ${JSON.stringify(name)} is described`;
}

async function exportRuns({ store, args }: ToolCall): Promise<Json> {
  const runs = await store.runs.list({ ...queryOf(args) });
  const rows: Json[] = [];
  for (const run of runs) {
    rows.push({
      ...await rowOf(store, run),
      metrics: summariesJson(await store.metrics.summary(run.id)),
      artifacts: (await store.artifacts.list(run.id)).map(artifactJson),
    });
  }
  return { runs: rows };
}

/** Tools for runs and experiments. */
export const RUN_TOOLS: readonly Tool[] = [
  {
    name: "list_runs",
    description: "Lists runs with params and last values of metrics, the newest first.",
    args: {
      "experiment?": EXPERIMENT,
      "status?": oneOf(...RUN_STATUSES),
      "limit?": LIMIT,
    },
    run: ({ store, args }) => listed(store, queryOf(args)),
  },
  {
    name: "get_run",
    description:
      "Everything recorded for a run: params, summaries of metrics, tags, environment, " +
      "artifacts, datasets.",
    args: { run_id: RUN_ID },
    run: getRun,
  },
  {
    name: "compare_runs",
    description:
      "Params and last values of metrics that are the same in all runs, differ, or that " +
      "some of them lack.",
    args: { run_ids: { ...list(text), minItems: 2, description: "Ids of the runs" } },
    run: compareRuns,
  },
  {
    name: "search_runs",
    description: "Finds runs by the last value of a metric, the newest first.",
    args: {
      "experiment?": EXPERIMENT,
      "metric_key?": { ...text, description: "The metric; all runs if left out" },
      "op?": { ...oneOf(...Object.keys(OPERATORS)), description: "The comparison (default: =)" },
      "metric_value?": { type: "number", description: "The number that it is compared with" },
      "limit?": LIMIT,
    },
    run: searchRuns,
  },
  {
    name: "best_run",
    description: "The run with the largest or smallest last value of a metric. Runs without the " +
      "metric do not count.",
    args: {
      "metric": text,
      "direction?": { ...oneOf("max", "min"), description: "Which value is best (default: max)" },
      "experiment?": EXPERIMENT,
    },
    run: bestRun,
  },
  {
    name: "get_tags",
    description: "The tags of a run; its note is the tag note.",
    args: { run_id: RUN_ID },
    run: async ({ store, args }) => (await store.runs.get(args.requiredText("run_id"))).tags,
  },
  {
    name: "get_datasets",
    description: "The datasets that a run uses.",
    args: { run_id: RUN_ID },
    run: getDatasets,
  },
  {
    name: "list_experiments",
    description: "Experiments with descriptions, owners and numbers of runs.",
    args: {},
    run: listExperiments,
  },
  {
    name: "export_runs",
    description: "Runs with params, summaries of metrics, tags and artifacts, for analysis.",
    args: { "experiment?": EXPERIMENT, "limit?": LIMIT },
    run: exportRuns,
  },
  {
    name: "add_tag",
    description: "Sets a tag of a run.",
    args: { run_id: RUN_ID, key: text, value: text },
    writes: true,
    run: addTag,
  },
  {
    name: "set_note",
    description: "Sets the note of a run, in Markdown. It replaces the note that is there.",
    args: { run_id: RUN_ID, note: text },
    writes: true,
    run: setNote,
  },
  {
    name: "create_experiment",
    description: "Describes an experiment, which is made if it is new.",
    args: { "name": text, "description?": text, "owner?": text },
    writes: true,
    run: createExperiment,
  },
];
