/** Responses of a server, computed from the data of a report. */
import { columnOf, FIELD_NAMES, numberOf, textOf } from "../runs/columns.ts";
import type { ColumnNames, FileEntry, RunDetail, StoreInfo, TablePage } from "../types.ts";
import { fileBytes, hasFile, report, reportCurve, reportRun, reportRuns } from "./data.ts";

/** Answers a request of the page. */
export function answerFromReport(url: string, { headers }: RequestInit): Response {
  const { pathname, searchParams } = new URL(url, "http://report");
  const parts = pathname.split("/").filter((part) => part !== "").map(decodeURIComponent);
  const [, noun, id = "", what] = parts;
  switch (noun) {
    case "store":
      return json(storeInfo());
    case "columns":
      return json(columnNames(searchParams.get("experiment")));
    case "table":
      return json(table(searchParams));
    case "curves":
      return json(curves(searchParams));
    case "artifacts":
      return bytes(id, new Headers(headers).get("range"));
    case "runs": {
      const run = reportRun(id);
      if (!run) return refuse(`The run ${JSON.stringify(id)} is not in this report`);
      if (what === "files") return json({ entries: entries(run.detail, searchParams) });
      return what === "log" ? log(id, searchParams) : json(run.detail);
    }
  }
  return refuse("This is not in the report");
}

function json(value: unknown): Response {
  return new Response(JSON.stringify(value));
}

function refuse(error: string): Response {
  return new Response(JSON.stringify({ error }), { status: 404 });
}

function storeInfo(): StoreInfo {
  const rows = reportRuns().map(({ row }) => row);
  const files = reportRuns().flatMap(({ detail }) => detail.artifacts ?? []);
  const runs: Record<string, number> = {};
  for (const { status } of rows) runs[status] = (runs[status] ?? 0) + 1;
  const names = [...new Set(rows.map(({ experiment }) => experiment))].sort();
  return {
    "name": report!.name,
    "version": report!.version,
    "read-only": true,
    "role": "reader",
    "experiments": names.map((name) => ({
      name,
      runs: rows.filter(({ experiment }) => experiment === name).length,
    })),
    runs,
    "artifacts": files.length,
    "bytes": files.reduce((sum, { size }) => sum + (size ?? 0), 0),
  };
}

function columnNames(experiment: string | null): ColumnNames {
  const rows = reportRuns().map(({ row }) => row)
    .filter((row) => experiment === null || row.experiment === experiment);
  const names = (kind: "params" | "metrics" | "tags") =>
    [...new Set(rows.flatMap((row) => Object.keys(row[kind])))].sort();
  return { params: names("params"), metrics: names("metrics"), tags: names("tags") };
}

function table(query: URLSearchParams): TablePage {
  const filter = query.get("filter") ?? "";
  // The views themselves ask for runs by their ids, or by their parent.
  const named = [...filter.matchAll(/'((?:[^']|'')*)'/g)].map(([, text]) =>
    text!.replaceAll("''", "'")
  );
  const experiment = query.get("experiment");
  const rows = reportRuns().map(({ row }) => row).filter((row) =>
    (experiment === null || row.experiment === experiment) &&
    (!filter.startsWith("id IN") || named.includes(row.id)) &&
    (!filter.startsWith("parent =") || named.includes(row["parent-run-id"] ?? ""))
  );
  const sort = query.get("sort") ?? "start";
  const column = columnOf(FIELD_NAMES.find((name) => columnOf(name).sort === sort) ?? sort);
  const falls = query.get("direction") !== "asc" ? -1 : 1;
  const keys = new Map(rows.map((row) => [row, numberOf(row, column) ?? textOf(row, column)]));
  const runs = rows.toSorted((a, b) => {
    const [first, second] = [keys.get(a)!, keys.get(b)!];
    // Runs without a value are last in both directions.
    if (first === "" || second === "") return Number(first === "") - Number(second === "");
    return first === second ? 0 : (first < second ? -1 : 1) * falls;
  });
  const offset = Number(query.get("offset") ?? 0);
  const limit = Number(query.get("limit") ?? runs.length);
  return { runs: runs.slice(offset, offset + limit), total: runs.length };
}

function curves(query: URLSearchParams): unknown {
  const texts = query.getAll("keys");
  // As the server reads it: one value is a list, several are one name each.
  const keys = new Set(texts.length === 1 ? texts[0]!.split(",") : texts);
  return (query.get("runs") ?? "").split(",").flatMap((id) =>
    [...keys].flatMap((key) => reportCurve(id, key) ?? [])
  );
}

function entries({ artifacts = [] }: RunDetail, query: URLSearchParams): FileEntry[] {
  const asked = query.get("prefix") ?? "";
  const prefix = asked === "" || asked.endsWith("/") ? asked : `${asked}/`;
  const found = new Map<string, FileEntry>();
  for (const artifact of artifacts) {
    const { id, name, size = 0 } = artifact;
    if (!name.startsWith(prefix)) continue;
    const slash = name.indexOf("/", prefix.length);
    if (slash < 0) {
      found.set(name, {
        name,
        "directory": false,
        "artifact-id": id,
        size,
        "content-type": artifact["content-type"] ?? null,
        "hash": artifact.hash ?? null,
      });
      continue;
    }
    const directory = name.slice(0, slash);
    const before = found.get(directory)?.size ?? 0;
    found.set(directory, { name: directory, directory: true, size: before + (size ?? 0) });
  }
  return [...found.values()].sort((a, b) =>
    Number(b.directory) - Number(a.directory) || (a.name < b.name ? -1 : 1)
  );
}

function bytes(id: string, range: string | null): Response {
  if (!hasFile(id)) return refuse("The bytes of this file are not in the report");
  const all = fileBytes(id);
  const [, start, end] = /^bytes=(\d+)-(\d+)$/.exec(range ?? "") ?? [];
  return new Response(start === undefined ? all : all.slice(Number(start), Number(end) + 1));
}

function log(runId: string, query: URLSearchParams): Response {
  const name = `${query.get("stream") ?? "stdout"}.log`;
  const artifact = reportRun(runId)!.detail.artifacts?.find((one) => one.name === name);
  const all = artifact && hasFile(artifact.id) ? fileBytes(artifact.id) : new Uint8Array(0);
  const headers = { "x-next": String(all.length), "x-growing": "false" };
  return new Response(all.slice(Number(query.get("from") ?? 0)), { headers });
}
