/** Table of runs. */
import { type Grammar, parseFilter } from "../../metadata/filter.ts";
import { UnknownNameError } from "../../base/errors.ts";
import { nearNames } from "../../base/near_names.ts";
import type { TableOrder, TableQuery, TableRow } from "../../metadata/run_table.ts";
import { lifecycleOf } from "../../store/internals.ts";
import { bad } from "./api_error.ts";
import type { Query } from "./query.ts";
import { decodeCursor, encodeCursor } from "./cursor.ts";
import { type Json, present, summariesJson } from "./json.ts";
import type { ApiCall, ApiRoute } from "./route.ts";
import { EXPERIMENT } from "./runs.ts";
import { oneOf, ref, text } from "./schema.ts";

/** Grammar of the table's filters. */
const GRAMMAR: Grammar = {
  noun: "runs",
  texts: {
    id: ["run_id"],
    name: ["run_name"],
    status: [],
    experiment: [],
    user: ["user_id", "created_by"],
    error: [],
    parent: ["parent_run_id"],
  },
  numbers: { start_time: ["start"], end_time: ["end"], duration: [] },
  lists: ["id", "name", "status", "experiment", "user", "parent"],
  entities: ["metric", "param", "tag"],
  numericParams: true,
};

const ATTRIBUTES = ["start", "end", "duration", "name", "status", "user"] as const;

const KINDS: Readonly<Record<string, "param" | "metric" | "tag">> = {
  params: "param",
  metrics: "metric",
  tags: "tag",
};

const ARCHIVED: Readonly<Record<string, TableQuery["archived"]>> = {
  false: "exclude",
  true: "include",
  only: "only",
};

async function getTable(call: ApiCall): Promise<Json> {
  const { store, query } = call;
  const table = await call.table();
  const filter = selectionOf(query);
  const cursor = decodeCursor(query.text("cursor"));
  const skip = query.integer("offset", 0);
  if (cursor && skip > 0) throw bad("cursor and offset exclude each other");
  const search: TableQuery = {
    ...filter,
    ...orderOf(query),
    limit: query.integer("limit", 100),
    after: cursor?.after,
    skip,
  };
  // Includes points logged by this process that are not written yet.
  return await lifecycleOf(store).read(async () => {
    if (filter.experiment !== undefined && !cursor) await assertExperiment(call, filter.experiment);
    const total = cursor?.total ?? await table.count(filter);
    const { rows, next } = await table.page(search);
    const isRunning = rows.some(({ run }) => run.status === "running");
    const dead = new Set(isRunning ? (await store.runs.dead()).map(({ runId }) => runId) : []);
    const select = query.list("select");
    return {
      runs: rows.map((row) => rowJson(row, dead.has(row.run.id), select)),
      total,
      ...next && { next: encodeCursor({ after: next, total }) },
    };
  });
}

/** Returns the runs that a query selects. */
export function selectionOf(
  query: Query,
): Pick<TableQuery, "experiment" | "archived" | "clauses"> {
  return {
    experiment: query.text("experiment"),
    archived: ARCHIVED[query.text("archived") ?? "false"]!,
    clauses: parseFilter(query.text("filter"), GRAMMAR),
  };
}

/** Checks that an experiment exists, so that a misspelled name does not look empty. */
async function assertExperiment({ store }: ApiCall, experiment: string): Promise<void> {
  const [any] = await store.runs.list({ archived: "include", limit: 1 });
  if (!any) return;
  const all = (await store.experiments.list()).map(({ name }) => name);
  if (all.includes(experiment)) return;
  throw new UnknownNameError("list runs", "experiment", experiment, nearNames(experiment, all));
}

/** Returns the order that a query asks for. */
export function orderOf(query: Query): Pick<TableQuery, "order" | "descending"> {
  return {
    order: tableOrder(query.text("sort") ?? "start"),
    descending: query.text("direction") !== "asc",
  };
}

function tableOrder(sort: string): TableOrder {
  const attribute = ATTRIBUTES.find((name) => name === sort);
  if (attribute) return { by: attribute };
  const dot = sort.indexOf(".");
  const by = dot < 0 ? undefined : KINDS[sort.slice(0, dot)];
  const key = sort.slice(dot + 1);
  if (by === undefined || key === "") {
    throw bad(
      `Cannot sort by ${JSON.stringify(sort.slice(0, 100))}: sort takes ${
        ATTRIBUTES.join(", ")
      }, params.NAME, metrics.NAME, metrics.NAME.min, metrics.NAME.max or tags.NAME`,
    );
  }
  if (by !== "metric") return { by, key };
  const [, name = key, of = "last"] = /^(.+)\.(last|min|max)$/.exec(key) ?? [];
  return { by, key: name, of: of as "last" | "min" | "max" };
}

/** Converts a row to JSON, with only the selected params, metrics and tags, if any are selected. */
export function rowJson(
  { run, params, metrics }: TableRow,
  dead: boolean,
  select: readonly string[],
): Json {
  const { id, experiment, name, status, startTime, endTime, error, tags } = run;
  const started = startTime.getTime();
  const ended = endTime?.getTime() ?? (status === "running" && !dead ? Date.now() : undefined);
  const chosen = (kind: string, members: Json) =>
    select.length === 0 ? members : Object.fromEntries(
      Object.entries(members).filter(([key]) => select.includes(`${kind}.${key}`)),
    );
  return {
    ...present({
      "id": id,
      "experiment": experiment,
      "status": status,
      "dead": dead,
      "start-time": started,
      "end-time": endTime?.getTime(),
      "created-by": run.createdBy,
      "parent-run-id": run.parentId,
      "error": error,
    }),
    "name": name,
    "duration": ended === undefined ? null : ended - started,
    "params": chosen("params", Object.fromEntries(params)),
    "metrics": chosen("metrics", summariesJson(metrics)),
    "tags": chosen("tags", tags),
  };
}

function columns({ store, query, table }: ApiCall): Promise<Json> {
  return lifecycleOf(store).read(async () => ({
    ...await (await table()).columns(query.text("experiment")),
  }));
}

/** Parameters that select and sort runs. */
export const SELECTION = {
  experiment: EXPERIMENT,
  archived: {
    description: "Whether archived runs are there too, or alone (default: false)",
    schema: oneOf("false", "true", "only"),
  },
  filter: {
    description: "Conditions such as metrics.loss < 0.5 and params.lr = 0.1 and " +
      "tags.owner LIKE 'a%' and status = 'completed'",
    schema: text,
  },
  sort: {
    description: "start (default), end, duration, name, status, user, params.NAME, " +
      "metrics.NAME, metrics.NAME.min, metrics.NAME.max or tags.NAME",
    schema: text,
  },
  direction: {
    description: "The largest value first (desc, the default) or last; runs without it are last",
    schema: oneOf("asc", "desc"),
  },
} as const satisfies ApiRoute["query"];

/** Endpoints for the table. */
export const TABLE_ROUTES: readonly ApiRoute[] = [
  {
    method: "GET",
    path: "/api/table",
    summary: "Runs as a table: filtered, in any order, a page at a time",
    query: {
      ...SELECTION,
      limit: {
        description: "The largest number of rows (default: 100)",
        schema: { type: "integer", minimum: 1, maximum: 1000 },
      },
      cursor: { description: "The place that the page before gave as next", schema: text },
      offset: {
        description: "Rows to skip, to jump to any place; going on by cursor is faster",
        schema: { type: "integer", minimum: 0, maximum: 10_000_000 },
      },
      select: {
        description: "Only these columns, as params.NAME, metrics.NAME or tags.NAME",
        schema: { type: "array", items: text },
        repeats: true,
      },
    },
    answer: ref("Table"),
    problems: { 404: "No run is of this experiment" },
    handle: getTable,
  },
  {
    method: "GET",
    path: "/api/columns",
    summary: "Names of params, metrics and tags of the newest 1,000 runs",
    query: { experiment: EXPERIMENT },
    answer: ref("Columns"),
    handle: columns,
  },
];
