import { formatTime } from "../../text/format.ts";
import { RUN_STATUSES, type RunStatus } from "../../metadata/run.ts";
import type { Bounds, MetricOrder } from "../../metadata/run_query.ts";
import { parseCount, parseJson, parseMetric, splitPair, splitTest } from "../values.ts";
import { printTable } from "../table.ts";
import { type CommandSpec, UsageError } from "../command.ts";

export const runs: CommandSpec = {
  args: "",
  options: [
    {
      name: "experiment",
      short: "e",
      value: "name",
      complete: "experiment",
      summary: "Only those of an experiment",
    },
    {
      name: "status",
      value: "status",
      choices: RUN_STATUSES,
      summary: "Only those of a status",
    },
    { name: "tag", value: "pair", repeats: true, summary: "Only those with a label, as key=value" },
    {
      name: "param",
      value: "test",
      complete: "param",
      repeats: true,
      summary: "Only those with such a param: key=value, or with != < <= > >=",
    },
    {
      name: "metric",
      value: "test",
      complete: "metric",
      repeats: true,
      summary: "Only those whose metric came to it: key>0.9, or with = != < <= >=",
    },
    {
      name: "sort",
      value: "metric",
      summary: "By a metric, the largest first; -metric: the smallest",
    },
    { name: "limit", short: "n", value: "n", summary: "At most so many" },
  ],
  examples: [
    ["The ten latest that failed", "chachaml runs --status failed --limit 10"],
    ["The best of a sweep", "chachaml runs --metric 'accuracy>0.9' --sort=-loss --limit 3"],
  ],
  run: async ({ options, json, io, open }) => {
    const [experiment, status, sort, limit] = ["experiment", "status", "sort", "limit"]
      .map(options.get);
    const query = {
      ...(experiment !== undefined && { experiment }),
      ...(status !== undefined && { status: status as RunStatus }),
      ...(limit !== undefined && { limit: parseCount("limit", limit) }),
      ...(sort !== undefined && { sortBy: orderOf(sort) }),
      tags: Object.fromEntries(options.all("tag").map((tag) => splitPair("--tag", tag))),
      params: conditionsOf(options.all("param"), parseJson),
      metrics: conditionsOf(options.all("metric"), (text, key) => parseMetric(key, text)),
    };
    const store = await open("read");
    const found = await store.runs.list(query);
    if (json) return await json(found);
    const rows = found.map((run) => [
      run.id,
      run.experiment,
      run.name ?? "",
      run.status,
      formatTime(run.startTime),
    ]);
    await printTable(io, ["RUN", "EXPERIMENT", "NAME", "STATUS", "STARTED"], rows);
  },
};

function orderOf(sort: string): MetricOrder {
  return sort.startsWith("-") ? { metric: sort.slice(1), order: "asc" } : { metric: sort };
}

/** Conditions by key; several of one key hold together. */
function conditionsOf<T>(
  tests: readonly string[],
  parse: (text: string, key: string) => T,
): Record<string, Bounds<T>> {
  const conditions = new Map<string, Bounds<T>>();
  for (const test of tests) {
    const { key, operator, text } = splitTest(test);
    const others = conditions.get(key);
    if (others && operator in others) {
      throw new UsageError(`${JSON.stringify(test)} is the second such test of its key`);
    }
    conditions.set(key, { ...others, [operator]: parse(text, key) });
  }
  return Object.fromEntries(conditions);
}
