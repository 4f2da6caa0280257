/**
 * Ids of runs that were removed. Their directories may still hold bytes, which are then this store's
 * to remove; directories of other names are not.
 */
import type { SqlConnection } from "./sql_driver.ts";

/** The table of those ids. */
const TABLE = "chachaml_removed_runs";

/** Notes ids of runs whose bytes are about to be published, and whose rows may never come. */
export function noteRuns(sql: SqlConnection, ids: Iterable<string>): void {
  const insert = sql.prepare(`INSERT OR IGNORE INTO ${TABLE} (id) VALUES (?)`);
  for (const id of ids) insert.run(id);
}

/** Which of some ids are those of runs, or of runs that were removed. */
export function everKnown(sql: SqlConnection, ids: Iterable<string>): Set<string> {
  const known = sql.prepare(
    `SELECT 1 FROM runs WHERE id = ?1 UNION ALL SELECT 1 FROM ${TABLE} WHERE id = ?1 LIMIT 1`,
  );
  return new Set([...ids].filter((id) => known.get(id)));
}
