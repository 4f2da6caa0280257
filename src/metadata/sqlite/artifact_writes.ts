/** Writing of artifact records. */
import { RunNotFoundError } from "../../base/errors.ts";
import type { SqlConnection } from "./sql_driver.ts";
import type { ArtifactRecord, Contents, IndexEntry, NewArtifact } from "../artifact_index.ts";

/** Number of rows per INSERT statement: calling the driver costs more than a row. */
const ROWS = 50;

const INSERT = `INSERT INTO artifacts
  (id, run_id, name, path, content_type, size, hash, created_at) VALUES `;
const ROW = "(?, ?, ?, ?, ?, ?, ?, ?)";
const INSERT_ONE = INSERT + ROW;
const INSERT_MANY = INSERT + Array(ROWS).fill(ROW).join(", ");

/** Inserts records with new ids. */
export function insertRecords(
  sql: SqlConnection,
  artifacts: readonly NewArtifact[],
  now: number,
): ArtifactRecord[] {
  const createdAt = new Date(now);
  const records = artifacts.map(({ runId, name, contentType, size, hash }) => {
    const path = `${runId}/${name}`;
    return { id: crypto.randomUUID(), runId, name, path, contentType, size, hash, createdAt };
  });
  for (let at = 0; at < records.length;) {
    const many = records.length - at >= ROWS;
    const part = many ? records.slice(at, at + ROWS) : [records[at]!];
    sql.prepare(many ? INSERT_MANY : INSERT_ONE).run(
      ...part.flatMap(({ id, runId, name, path, contentType, size, hash }) => [
        id,
        runId,
        name,
        path,
        contentType,
        size,
        hash,
        now,
      ]),
    );
    at += part.length;
  }
  return records;
}

/** Updates a record to new bytes and their key. */
export function describe(
  sql: SqlConnection,
  record: ArtifactRecord,
  { contentType, size, hash, createdAt }: Contents & { readonly createdAt: Date },
): ArtifactRecord {
  sql.prepare(
    `UPDATE artifacts SET path = ?, content_type = ?, size = ?, hash = ?, created_at = ?
     WHERE id = ?`,
  ).run(record.path, contentType, size, hash, createdAt.getTime(), record.id);
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
export function requireRun(sql: SqlConnection, runId: string): void {
  if (!sql.prepare("SELECT 1 FROM runs WHERE id = ?").get(runId)) throw new RunNotFoundError(runId);
}
