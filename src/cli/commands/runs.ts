import { type Run, RUN_STATUSES, type RunStatus } from "../../metadata/run.ts";
import type { Store } from "../../store/store.ts";
import type { Bounds } from "../../metadata/run_query.ts";
import { parseCount, parseJson, parseMetric, splitPair, splitTest } from "../values.ts";
import { delimited, ROW_OPTIONS, separatorOf } from "../delimited.ts";
import {
  bareRow,
  columnsOf,
  DEFAULT_COLUMNS,
  FIELD_NAMES,
  readRows,
  type RunRow,
} from "../run_columns.ts";
import { listSorted } from "../run_order.ts";
import { shortIds } from "../short_ids.ts";
import { printTable } from "../table.ts";
import { type CommandSpec, UsageError } from "../command.ts";

/** Default number of runs in a table. */
const LIMIT = 50;

export const runs: CommandSpec = {
  args: "",
  options: [
    {
      name: "experiment",
      short: "e",
      value: "name",
      complete: "experiment",
      summary: "Only runs of this experiment",
    },
    {
      name: "status",
      value: "status",
      choices: RUN_STATUSES,
      summary: "Only runs with this status",
    },
    { name: "tag", value: "pair", repeats: true, summary: "Only runs with this tag, as key=value" },
    {
      name: "param",
      value: "test",
      complete: "param",
      repeats: true,
      summary: "Only runs with such a param: key=value, or with != < <= > >=",
    },
    {
      name: "metric",
      value: "test",
      complete: "metric",
      repeats: true,
      summary: "Only runs with such a last value of a metric: key>0.9, or with = != < <= >=",
    },
    {
      name: "sort",
      value: "name",
      complete: "column",
      summary:
        "Sort by a metric, a param, started, ended or duration, largest first; -name: smallest first",
    },
    { name: "archived", summary: "Only archived runs, which are otherwise hidden" },
    {
      name: "limit",
      short: "n",
      value: "n",
      summary: `Maximum number of runs (default: ${LIMIT})`,
    },
    { name: "all", short: "a", summary: "Without a limit, as with --json, --csv and --tsv" },
    {
      name: "columns",
      value: "names",
      complete: "column",
      summary: `Columns after the id, separated by commas: ${FIELD_NAMES.join(", ")}, ` +
        "the name of a param or a metric, tag:NAME",
    },
    ...ROW_OPTIONS,
  ],
  examples: [
    ["The ten latest that failed", "chachaml runs --status failed -n 10"],
    ["The best of a sweep", "chachaml runs --metric 'accuracy>0.9' --sort=-loss -n 3"],
    ["As a spreadsheet", "chachaml runs --columns lr,val/loss,duration --csv > runs.csv"],
  ],
  paged: true,
  run: async (call) => {
    const { options, jsonItems, io, open, say } = call;
    const separator = separatorOf(call);
    const [experiment, status, sort, limit] = ["experiment", "status", "sort", "limit"]
      .map(options.get);
    if (limit !== undefined && options.has("all")) {
      throw new UsageError("--limit and --all exclude each other");
    }
    const asked = limit === undefined ? undefined : parseCount("limit", limit);
    const most = asked ?? (jsonItems || separator || options.has("all") ? undefined : LIMIT);
    const query = {
      ...(experiment !== undefined && { experiment }),
      ...(status !== undefined && { status: status as RunStatus }),
      // One more row shows whether there are more.
      ...(most !== undefined && { limit: most + 1 }),
      ...(options.has("archived") && { archived: "only" as const }),
      tags: Object.fromEntries(options.all("tag").map((tag) => splitPair("--tag", tag))),
      params: conditionsOf(options.all("param"), parseJson),
      metrics: conditionsOf(options.all("metric"), (text, key) => parseMetric(key, text)),
    };
    const store = await open("read");
    const named = namedIn(options.get("columns"));
    // Named columns are checked against all rows.
    if (jsonItems && sort === undefined && !named) {
      const shown = shownOf(named, query);
      const { limit: _, ...rest } = query;
      const each = store.runs.each({ ...rest, ...(most !== undefined && { limit: most }) });
      return await jsonItems(documentsOf(store, each, shown));
    }
    const { found, column } = sort === undefined
      ? { found: await store.runs.list(query), column: undefined }
      : await listSorted(store, query, sort);
    const runs = found.slice(0, most);
    const shown = shownOf(named, query, column);
    const rows = shown.every((name) => FIELD_NAMES.includes(name))
      ? runs.map(bareRow)
      : await readRows(store, runs);
    const names = [...named ? ["run"] : DEFAULT_COLUMNS, ...shown];
    const columns = columnsOf([...new Set(names)], rows);
    const now = Date.now();
    if (jsonItems) return await jsonItems(rows.map((row) => documentOf(row, shown)));
    const reader = io.columns === undefined || separator ? "program" : "person";
    const cells = rows.map((row) => columns.map(({ cell }) => cell(row, reader, now)));
    if (separator) {
      return await io.stdout(await delimited(columns.map(({ name }) => name), cells, separator));
    }
    if (reader === "person") {
      shortIds(runs.map(({ id }) => id)).forEach((id, at) => cells[at]![0] = id);
    }
    const head = columns.map(({ name }) => FIELD_NAMES.includes(name) ? name.toUpperCase() : name);
    await printTable(io, head, cells, head.filter((_, at) => columns[at]!.right));
    if (asked === undefined && found.length > runs.length) {
      await say(`only the first ${runs.length} runs are shown; see --all and --limit\n`);
    }
  },
};

/** Number of runs whose params and metrics are read at once. */
const CHUNK = 200;

/** Yields runs as JSON, in pages. */
async function* documentsOf(
  store: Store,
  runs: AsyncIterable<Run>,
  shown: readonly string[],
): AsyncGenerator<unknown> {
  const isBare = shown.every((name) => FIELD_NAMES.includes(name));
  let chunk: Run[] = [];
  const documents = async () => {
    const rows = isBare ? chunk.map(bareRow) : await readRows(store, chunk);
    chunk = [];
    return rows.map((row) => documentOf(row, shown));
  };
  for await (const run of runs) if (chunk.push(run) === CHUNK) yield* await documents();
  yield* await documents();
}

/** Returns the columns besides the usual ones: those named, else what the query asks about. */
function shownOf(
  named: readonly string[] | undefined,
  { metrics, params }: { metrics: object; params: object },
  sorted?: string,
): readonly string[] {
  if (named) return named;
  const first = sorted === undefined ? [] : [sorted];
  return [...first, ...Object.keys(metrics), ...Object.keys(params)];
}

/** Returns a run as JSON, with the params and metrics in the list. */
function documentOf({ run, params, metrics }: RunRow, shown: readonly string[]): unknown {
  const keys = shown.map((name) => name.replace(/^(param|metric):/, ""));
  const only = <T>(values: Readonly<Record<string, T>>) =>
    Object.fromEntries(Object.entries(values).filter(([key]) => keys.includes(key)));
  return keys.every((key) => FIELD_NAMES.includes(key))
    ? run
    : { ...run, params: only(params), metrics: only(metrics) };
}

function namedIn(columns: string | undefined): string[] | undefined {
  if (columns === undefined) return undefined;
  const names = columns.split(",").map((name) => name.trim()).filter((name) => name !== "");
  if (names.length === 0) throw new UsageError("--columns names no column");
  return names;
}

/** Groups conditions by key; several conditions of one key must all hold. */
function conditionsOf<T>(
  tests: readonly string[],
  parse: (text: string, key: string) => T,
): Record<string, Bounds<T>> {
  const conditions = new Map<string, Bounds<T>>();
  for (const test of tests) {
    const { key, operator, text } = splitTest(test);
    const others = conditions.get(key);
    if (others && operator in others) {
      throw new UsageError(`${JSON.stringify(test)} repeats a condition on the same key`);
    }
    conditions.set(key, { ...others, [operator]: parse(text, key) });
  }
  return Object.fromEntries(conditions);
}
