/** Reading of artifact records in pages, since others may write between. */
import type { ArtifactPosition, ArtifactTotals, IndexEntry } from "../artifact_index.ts";
import { entryOf } from "../rows/artifact_row.ts";
import type { SqlRow } from "../rows/value.ts";
import { SELECT_ENTRY } from "./artifact_rows.ts";
import type { PgValue, Sql } from "./client.ts";
import type { Database } from "./database.ts";

/** Number of records read at once. */
const PAGE = 1000;

/** Number of groups of duplicates read at once. */
const GROUPS = 500;

const PLACE = `(a.run_id COLLATE "C", a.name COLLATE "C")`;

/** Returns conditions for a run and for rows after a position. */
function behind(
  runId: string | undefined,
  after: ArtifactPosition | undefined,
): { where: string; values: PgValue[] } {
  const conditions: string[] = [];
  const values: PgValue[] = [];
  if (runId !== undefined) {
    conditions.push(`a.run_id COLLATE "C" = ?`);
    values.push(runId);
  }
  if (after) {
    conditions.push(`${PLACE} > (?, ?)`);
    values.push(after.runId, after.name);
  }
  return { where: conditions.length === 0 ? "" : `WHERE ${conditions.join(" AND ")}`, values };
}

/** Yields the artifacts of a run, or of all, by run and name, in pages. */
export async function* eachEntry(
  database: Database,
  runId: string | undefined,
  after?: ArtifactPosition,
): AsyncGenerator<IndexEntry> {
  for (let last = after;;) {
    const { where, values } = behind(runId, last);
    const rows = await database.read((sql) =>
      sql.all(
        `${SELECT_ENTRY} ${where} ORDER BY a.run_id COLLATE "C", a.name COLLATE "C" LIMIT ${PAGE}`,
        ...values,
      )
    );
    for (const row of rows) yield entryOf(row);
    if (rows.length < PAGE) return;
    const { run_id, name } = rows.at(-1)!;
    last = { runId: String(run_id), name: String(name) };
  }
}

/** Returns number and size of the artifacts of a run, or of all, after a position. */
export async function totalsOf(
  sql: Sql,
  runId?: string,
  after?: ArtifactPosition,
): Promise<ArtifactTotals> {
  const { where, values } = behind(runId, after);
  const row = await sql.get(
    `SELECT count(*) AS artifacts, coalesce(sum(greatest(size, 0)), 0)::double precision AS bytes
      FROM artifacts AS a ${where}`,
    ...values,
  );
  return { artifacts: Number(row?.artifacts), bytes: Number(row?.bytes) };
}

const SELECT_GROUPS = `SELECT hash, size FROM artifacts WHERE (hash, size) > (?, ?)
  GROUP BY hash, size HAVING count(*) > 1 ORDER BY hash, size LIMIT ${GROUPS}`;

const SELECT_MEMBERS = `${SELECT_ENTRY} WHERE a.hash = ? AND a.size = ?
  AND (a.created_at, a.id COLLATE "C") > (?, ?) ORDER BY a.created_at, a.id COLLATE "C" LIMIT ${PAGE}`;

/**
 * Yields the artifacts whose size and hash equal those of another, by hash, size and creation time.
 */
export async function* eachDuplicate(database: Database): AsyncGenerator<IndexEntry> {
  let last: SqlRow = { hash: "", size: -1 };
  for (;;) {
    const { hash = null, size = null } = last;
    const groups = await database.read((sql) => sql.all(SELECT_GROUPS, hash, size));
    for (const group of groups) yield* membersOf(database, group);
    if (groups.length < GROUPS) return;
    last = groups.at(-1)!;
  }
}

async function* membersOf(
  database: Database,
  { hash = null, size = null }: SqlRow,
): AsyncGenerator<IndexEntry> {
  let last: SqlRow = { created_at: Number.MIN_SAFE_INTEGER, id: "" };
  for (;;) {
    const { created_at = null, id = null } = last;
    const rows = await database.read((sql) => sql.all(SELECT_MEMBERS, hash, size, created_at, id));
    for (const row of rows) yield entryOf(row);
    if (rows.length < PAGE) return;
    last = rows.at(-1)!;
  }
}
