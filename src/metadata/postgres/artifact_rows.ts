/** Reading and writing of rows of the artifacts table. */
import { RunNotFoundError } from "../../base/errors.ts";
import type { ArtifactRecord, Contents, IndexEntry, NewArtifact } from "../artifact_index.ts";
import type { PgValue, Sql } from "./client.ts";
import { entryOf } from "../rows/artifact_row.ts";

/** Selects artifacts. */
export const SELECT_ENTRY = `SELECT a.id, a.run_id, a.name, a.path, a.content_type, a.size, a.hash,
  a.created_at FROM artifacts AS a`;

/** Returns the first artifact that matches a condition. */
export async function findEntry(
  sql: Sql,
  condition: string,
  ...values: PgValue[]
): Promise<IndexEntry | undefined> {
  const row = await sql.get(`${SELECT_ENTRY} WHERE ${condition}`, ...values);
  return row && entryOf(row);
}

/** Inserts records with new ids. */
export async function insertRecords(
  sql: Sql,
  artifacts: readonly NewArtifact[],
  now: number,
): Promise<ArtifactRecord[]> {
  const createdAt = new Date(now);
  const records = artifacts.map(({ runId, name, contentType, size, hash }) => {
    const path = `${runId}/${name}`;
    return { id: crypto.randomUUID(), runId, name, path, contentType, size, hash, createdAt };
  });
  await insertAll(sql, records);
  return records;
}

/** Inserts records with their ids. */
export async function insertAll(sql: Sql, records: readonly ArtifactRecord[]): Promise<void> {
  if (records.length === 0) return;
  await sql.run(
    `INSERT INTO artifacts (id, run_id, name, path, content_type, size, hash, created_at)
      SELECT id, run_id, name, path, nullif(content_type, ''), size, hash, created_at
      FROM unnest(?::text[], ?::text[], ?::text[], ?::text[], ?::text[], ?::bigint[], ?::text[],
        ?::bigint[]) AS t(id, run_id, name, path, content_type, size, hash, created_at)`,
    records.map(({ id }) => id),
    records.map(({ runId }) => runId),
    records.map(({ name }) => name),
    records.map(({ path }) => path),
    records.map(({ contentType }) => contentType ?? ""),
    records.map(({ size }) => size),
    records.map(({ hash }) => hash),
    records.map(({ createdAt }) => createdAt.getTime()),
  );
}

/** Updates a record to new bytes and their key. */
export async function describe(
  sql: Sql,
  record: ArtifactRecord,
  { contentType, size, hash, createdAt }: Contents & { readonly createdAt: Date },
): Promise<ArtifactRecord> {
  await sql.run(
    `UPDATE artifacts SET path = ?, content_type = ?, size = ?, hash = ?, created_at = ?
      WHERE id = ?`,
    record.path,
    contentType,
    size,
    hash,
    createdAt.getTime(),
    record.id,
  );
  return { ...record, contentType, size, hash, createdAt };
}

/** Whether a record still describes its bytes as `expected` does. */
export function isSame(entry: IndexEntry | undefined, expected: ArtifactRecord): boolean {
  return entry !== undefined && !entry.problem &&
    entry.record.path === expected.path && entry.record.hash === expected.hash;
}

/**
 * Checks that a run exists.
 *
 * @throws {RunNotFoundError} If it does not.
 */
export async function requireRun(sql: Sql, runId: string): Promise<void> {
  if (!await sql.get("SELECT 1 FROM runs WHERE id = ?", runId)) throw new RunNotFoundError(runId);
}

/** Like {@linkcode requireRun}, and locks the run against removal until the transaction ends. */
export async function requireAndLockRun(sql: Sql, runId: string): Promise<void> {
  const row = await sql.get("SELECT 1 FROM runs WHERE id = ? FOR KEY SHARE", runId);
  if (!row) throw new RunNotFoundError(runId);
}
