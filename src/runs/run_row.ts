import { fromEdn } from "../edn.ts";
import type { SqlRow, SqlValue } from "../sql/sql_driver.ts";
import type { Run, RunStatus } from "./run.ts";

/** A run from its row and the rows of the tags table, which come after the tags it started with. */
export function runOf(row: SqlRow, tags: SqlRow[]): Run {
  return {
    id: String(row.id),
    experiment: String(row.experiment),
    name: textOf(row.name),
    status: String(row.status) as RunStatus,
    startTime: new Date(Number(row.start_time)),
    endTime: row.end_time === null ? null : new Date(Number(row.end_time)),
    error: textOf(row.error),
    tags: {
      ...tagsOf(textOf(row.tags)),
      ...Object.fromEntries(tags.map(({ key, value }) => [String(key), String(value)])),
    },
    parentId: textOf(row.parent_run_id),
    createdBy: textOf(row.created_by),
  };
}

function tagsOf(edn: string | null): Record<string, string> {
  const tags = edn === null ? null : fromEdn(edn);
  if (typeof tags !== "object" || tags === null) return {};
  return Object.fromEntries(
    Object.entries(tags).map(([key, value]) => [
      key,
      typeof value === "object" ? Deno.inspect(value) : String(value),
    ]),
  );
}

function textOf(value: SqlValue | undefined): string | null {
  return value === null || value === undefined ? null : String(value);
}
