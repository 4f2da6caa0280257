/** Conversion of artifact rows. */
import { DamagedRowError, UnsafePathError } from "../../base/errors.ts";
import { unsafePath } from "../../names/names.ts";
import type { ArtifactRecord, IndexEntry } from "../artifact_index.ts";
import { type SqlRow, type SqlValue, text } from "./value.ts";

/** Reads a row of any origin. An invalid row must not hide the others. */
export function entryOf(row: SqlRow): IndexEntry {
  const record: ArtifactRecord = {
    id: text(row.id),
    runId: text(row.run_id),
    name: text(row.name),
    path: pathOf(row),
    contentType: row.content_type === null ? null : text(row.content_type),
    size: isSize(row.size) ? row.size : NaN,
    hash: isHash(row.hash) ? row.hash : "",
    createdAt: dateOf(row.created_at),
  };
  return { record, problem: problemOf(row) };
}

/** Returns the path in a row. On Windows, chachaml separates directories by backslashes. */
export function pathOf(row: SqlRow): string {
  return text(row.path).replaceAll("\\", "/");
}

function problemOf(row: SqlRow): Error | undefined {
  const reason = unsafePath(typeof row.path === "string" ? pathOf(row) : row.path);
  if (reason !== undefined) return new UnsafePathError(text(row.path), reason);
  const id = text(row.id);
  for (const field of ["id", "run_id", "name"]) {
    if (typeof row[field] !== "string") return new DamagedRowError(id, `the ${field}`, row[field]);
  }
  if (!isSize(row.size)) return new DamagedRowError(id, "the size", row.size);
  if (!isHash(row.hash)) return new DamagedRowError(id, "the hash", row.hash);
  if (Number.isNaN(dateOf(row.created_at).getTime())) {
    return new DamagedRowError(id, "the creation time", row.created_at);
  }
}

function isSize(value: SqlValue | undefined): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

function isHash(value: SqlValue | undefined): value is string {
  return typeof value === "string" && /^[0-9a-f]{64}$/.test(value);
}

function dateOf(value: SqlValue | undefined): Date {
  return new Date(typeof value === "number" ? value : NaN);
}
