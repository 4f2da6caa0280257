/** Exports: runs as CSV, JSON or tar, and the files of a run as tar. All of them stream. */
import { tarArtifacts } from "../../archive/tar_artifacts.ts";
import type { Artifact } from "../../artifacts/artifact.ts";
import type { TableQuery, TableRow } from "../../metadata/run_table.ts";
import { lifecycleOf } from "../../store/internals.ts";
import { absent, bad } from "./api_error.ts";
import { disposition } from "../artifact_response.ts";
import type { ApiCall, ApiRoute } from "./route.ts";
import { orderOf, rowJson, SELECTION, selectionOf } from "./table.ts";
import { oneOf, text } from "./schema.ts";

/** The runs that a query selects, and their order. */
type Search = Omit<TableQuery, "limit" | "after">;

/** Number of rows read at once. */
const PAGE = 500;

async function exportRuns(call: ApiCall): Promise<Response> {
  const { store, query } = call;
  const format = query.text("format") ?? "csv";
  const ids = [...new Set(query.list("ids"))];
  const selecting = Object.keys(SELECTION).filter((name) => query.text(name) !== undefined);
  if (ids.length > 0 && selecting.length > 0) {
    throw bad(`ids and ${selecting[0]} exclude each other`);
  }
  // An invalid filter is answered before anything is sent.
  const search: Search = {
    ...selectionOf(query),
    ...ids.length > 0 && { archived: "include" },
    ...orderOf(query),
  };
  for (const id of ids) await store.runs.get(id);
  if (format === "tar") {
    const all = ids.length > 0 ? ids : await idsOf(call, search);
    if (all.length === 0) throw absent("There is no run to export");
    return attachment(store.export(all), "application/x-tar", "runs.tar");
  }
  await lifecycleOf(store).read(() => Promise.resolve());
  const lines = format === "csv" ? csvLines(call, search, ids) : jsonLines(call, search, ids);
  const body = ReadableStream.from(lines).pipeThrough(new TextEncoderStream());
  return format === "csv"
    ? attachment(body, "text/csv; charset=utf-8", "runs.csv")
    : attachment(body, "application/json", "runs.json");
}

function attachment(body: ReadableStream, type: string, fileName: string): Response {
  return new Response(body, {
    headers: {
      "content-type": type,
      "content-disposition": disposition(fileName, false),
      "x-content-type-options": "nosniff",
    },
  });
}

/** Returns the ids of the runs that a query selects. */
async function idsOf(call: ApiCall, search: Search): Promise<string[]> {
  const ids: string[] = [];
  for await (const { run } of rowsOf(call, search, [])) ids.push(run.id);
  return ids;
}

/** Yields the selected rows, page by page. */
async function* rowsOf(
  { table, query }: ApiCall,
  search: Search,
  ids: readonly string[],
): AsyncGenerator<TableRow> {
  // The ids are split, so that statements do not grow with their number.
  for (let at = 0; at < Math.max(1, ids.length); at += PAGE) {
    const part = ids.slice(at, at + PAGE);
    const clauses = part.length === 0
      ? search.clauses
      : [{ entity: "attribute", key: "id", comparison: "IN", value: part } as const];
    let left = ids.length > 0 ? part.length : query.integer("limit", 100);
    let after: TableQuery["after"];
    do {
      const { rows, next } = await (await table()).page({
        ...search,
        clauses,
        limit: Math.min(PAGE, left),
        after,
      });
      yield* rows;
      left -= rows.length;
      after = next;
    } while (after && left > 0);
  }
}

async function* jsonLines(
  call: ApiCall,
  search: Search,
  ids: readonly string[],
): AsyncGenerator<string> {
  let before = "[\n";
  for await (const row of rowsOf(call, search, ids)) {
    yield before + JSON.stringify(rowJson(row, false, []));
    before = ",\n";
  }
  yield before === "[\n" ? "[]\n" : "\n]\n";
}

const FIELDS = ["id", "experiment", "name", "status", "start-time", "end-time", "duration"];

/** Yields a header with the sorted union of all columns, then one line per run. */
async function* csvLines(
  call: ApiCall,
  search: Search,
  ids: readonly string[],
): AsyncGenerator<string> {
  const [params, metrics] = [new Set<string>(), new Set<string>()];
  for await (const row of rowsOf(call, search, ids)) {
    for (const key of row.params.keys()) params.add(key);
    for (const { key } of row.metrics) metrics.add(key);
  }
  const isTaken = (key: string, others: ReadonlySet<string>) =>
    FIELDS.includes(key) || others.has(key);
  const columns: { name: string; cell: (row: TableRow) => string }[] = [
    ...FIELDS.map((name) => ({ name, cell: (row: TableRow) => fieldOf(row, name) })),
    ...[...params].map((key) => ({
      name: isTaken(key, metrics) ? `params.${key}` : key,
      cell: ({ params }: TableRow) => params.get(key) ?? "",
    })),
    ...[...metrics].map((key) => ({
      name: isTaken(key, params) ? `metrics.${key}` : key,
      cell: ({ metrics }: TableRow) => lastOf(metrics, key),
    })),
  ].sort((a, b) => a.name < b.name ? -1 : 1);
  yield lineOf(columns.map(({ name }) => name));
  for await (const row of rowsOf(call, search, ids)) {
    yield lineOf(columns.map(({ cell }) => cell(row)));
  }
}

function fieldOf(row: TableRow, name: string): string {
  const value = rowJson(row, false, [])[name];
  return value === null || value === undefined ? "" : String(value);
}

function lastOf(metrics: TableRow["metrics"], key: string): string {
  const last = metrics.find((summary) => summary.key === key)?.last;
  return last === undefined ? "" : String(last);
}

/** Formats a line with every cell quoted. */
function lineOf(cells: readonly string[]): string {
  return `${cells.map((cell) => `"${cell.replaceAll('"', '""')}"`).join(",")}\n`;
}

async function filesAsTar({ store, query, param }: ApiCall): Promise<Response> {
  const id = param("id");
  const prefix = query.text("prefix") ?? "";
  const below = prefix === "" || prefix.endsWith("/") ? prefix : `${prefix}/`;
  await store.runs.get(id);
  const chosen = artifactsBelow(store, id, below);
  // The answer is a 404 only as long as it has not begun.
  const first = await chosen.next();
  if (first.done) {
    throw absent(`The run has no artifact below ${JSON.stringify(prefix.slice(0, 200))}`);
  }
  const directory = below.split("/").at(-2);
  return attachment(
    ReadableStream.from(tarArtifacts(followedBy(first.value, chosen))),
    "application/x-tar",
    `${directory === undefined ? id : `${id}-${directory}`}.tar`,
  );
}

async function* artifactsBelow(
  store: ApiCall["store"],
  runId: string,
  prefix: string,
): AsyncGenerator<Artifact> {
  for await (const artifact of store.artifacts.each({ runId })) {
    if (artifact.name.startsWith(prefix)) yield artifact;
  }
}

async function* followedBy<T>(first: T, rest: AsyncIterable<T>): AsyncGenerator<T> {
  yield first;
  yield* rest;
}

/** Endpoints for exports. */
export const EXPORT_ROUTES: readonly ApiRoute[] = [
  {
    method: "GET",
    path: "/api/export",
    summary: "Runs as CSV, as JSON, or with their artifacts as a tar that chachaml import reads",
    query: {
      format: { description: "What to export (default: csv)", schema: oneOf("csv", "json", "tar") },
      ids: {
        description: "These runs, separated by commas",
        schema: { type: "array", items: text },
        repeats: true,
      },
      ...SELECTION,
      limit: {
        description: "The largest number of runs, where ids are not given (default: 100)",
        schema: { type: "integer", minimum: 1, maximum: 1_000_000 },
      },
    },
    answer: { type: "*/*", description: "The runs" },
    problems: { 404: "A run is not in the store" },
    handle: exportRuns,
  },
  {
    method: "GET",
    path: "/api/runs/:id/files.tar",
    summary: "The artifacts of a run, or those of a directory, as a plain tar",
    query: { prefix: { description: "The directory (default: all)", schema: text } },
    answer: { type: "application/x-tar", description: "The files" },
    problems: { 404: "No such run, or nothing below the prefix" },
    handle: filesAsTar,
  },
];
