/** Comparisons of runs and of model versions. */
import type { Comparison } from "../../runs/comparison.ts";
import { bad } from "./api_error.ts";
import { type Json, number, valueJson } from "./json.ts";
import type { ApiCall, ApiRoute } from "./route.ts";
import { ref, text } from "./schema.ts";

/** Maximum number of runs in a comparison. */
const MOST_RUNS = 1000;

async function compareRuns({ store, query }: ApiCall): Promise<Json> {
  const ids = [...new Set(query.list("ids"))];
  if (ids.length < 2) throw bad("A comparison takes two runs or more: ids=RUN,RUN");
  if (ids.length > MOST_RUNS) {
    throw bad(`A comparison takes at most ${MOST_RUNS} runs, not ${ids.length}`);
  }
  return comparisonJson(await store.runs.compare(ids));
}

/** Splits params and metrics into common, differing and partial ones. */
export function comparisonJson({ runs, params, metrics }: Comparison): Json {
  return {
    runs: runs.map(({ id }) => id),
    params: differences(params.map(({ key, values, differs }) => ({
      key,
      differs,
      values: values.map((value) => value === undefined ? null : valueJson(value)),
      partial: values.includes(undefined),
    }))),
    metrics: differences(metrics.map(({ key, values, differs }) => ({
      key,
      differs,
      values: values.map((summary) => summary ? number(summary.last) : null),
      partial: values.includes(undefined),
    }))),
  };
}

function differences(
  items: readonly { key: string; differs: boolean; partial: boolean; values: unknown[] }[],
): Json {
  const partial = items.filter((item) => item.partial);
  const whole = items.filter((item) => !item.partial);
  return {
    same: Object.fromEntries(
      whole.filter(({ differs }) => !differs).map(({ key, values }) => [key, values[0]]),
    ),
    differ: Object.fromEntries(
      whole.filter(({ differs }) => differs).map(({ key, values }) => [key, values]),
    ),
    partial: Object.fromEntries(partial.map(({ key, values }) => [key, values])),
  };
}

async function compareVersions({ store, param }: ApiCall): Promise<Json> {
  const name = param("name");
  const [first, second] = await Promise.all(
    [param("v1"), param("v2")].map((text) => store.models.find(name, { version: versionOf(text) })),
  );
  const ids = [first!.runId, second!.runId];
  if (ids[0] !== ids[1]) return comparisonJson(await store.runs.compare(ids));
  // Versions of one run do not differ in the run's data.
  return { ...comparisonJson(await store.runs.compare([ids[0]!])), runs: ids };
}

/** Parses the number of a version in a path. */
export function versionOf(text: string): number {
  const number = /^\d{1,15}$/.test(text) ? Number(text) : 0;
  if (number >= 1) return number;
  throw bad(`A version is a number from 1, not ${JSON.stringify(text.slice(0, 100))}`);
}

/** Endpoints for comparisons. */
export const COMPARE_ROUTES: readonly ApiRoute[] = [
  {
    method: "GET",
    path: "/api/compare",
    summary: "Compares runs: params and last values of metrics that are the same, differ, or lack",
    query: {
      ids: {
        description: "Two runs or more, separated by commas",
        schema: { type: "array", items: text },
        repeats: true,
        required: true,
      },
    },
    answer: ref("Comparison"),
    problems: { 404: "A run is not in the store" },
    handle: compareRuns,
  },
  {
    method: "GET",
    path: "/api/diff/:name/:v1/:v2",
    summary: "Compares the runs of two versions of a model",
    answer: ref("Comparison"),
    problems: { 404: "No such version" },
    handle: compareVersions,
  },
];
