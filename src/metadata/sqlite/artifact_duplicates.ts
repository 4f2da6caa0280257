/** Search for artifacts with equal bytes. */
import { entryOf, SELECT_ENTRY } from "./artifact_rows.ts";
import type { Database } from "./database.ts";
import type { SqlValue } from "./sql_driver.ts";
import type { IndexEntry } from "../artifact_index.ts";

/** Number of groups, and of artifacts in a group, read at once. */
const PAGE = 500;

const GROUPS = `SELECT hash, size FROM artifacts WHERE (hash, size) > (?, ?)
  GROUP BY hash, size HAVING count(*) > 1 ORDER BY hash, size LIMIT ${PAGE}`;

const MEMBERS = `${
  SELECT_ENTRY.replace("SELECT ", "SELECT a.rowid AS row, ")
} WHERE a.hash = ? AND a.size = ? AND (a.created_at, a.rowid) > (?, ?)
  ORDER BY a.created_at, a.rowid LIMIT ${PAGE}`;

/**
 * Yields the artifacts whose size and hash equal those of another, by hash, size and creation time.
 */
export async function* eachDuplicate(
  database: Database,
): AsyncGenerator<IndexEntry> {
  let last: SqlValue[] = ["", -1];
  for (;;) {
    const groups = await database.read((sql) => sql.prepare(GROUPS).all(...last));
    for (const { hash = null, size = null } of groups) {
      yield* membersOf(database, [hash, size]);
      last = [hash, size];
    }
    if (groups.length < PAGE) return;
  }
}

async function* membersOf(
  database: Database,
  group: readonly SqlValue[],
): AsyncGenerator<IndexEntry> {
  let last: SqlValue[] = [Number.MIN_SAFE_INTEGER, 0];
  for (;;) {
    const rows = await database.read((sql) => sql.prepare(MEMBERS).all(...group, ...last));
    for (const row of rows) yield entryOf(row);
    if (rows.length < PAGE) return;
    const { created_at = null, row = null } = rows.at(-1)!;
    last = [created_at, row];
  }
}
