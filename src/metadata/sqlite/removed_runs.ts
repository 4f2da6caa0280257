/**
 * Ids of removed runs. Their directories may still hold bytes, which this store may remove;
 * directories with other names belong to others.
 */
import type { SqlConnection } from "./sql_driver.ts";

/** Name of the table. */
const TABLE = "chachaml_removed_runs";

/**
 * Records ids of runs whose bytes are about to be published, in case their rows are never inserted.
 */
export function noteRuns(sql: SqlConnection, ids: Iterable<string>): void {
  const insert = sql.prepare(`INSERT OR IGNORE INTO ${TABLE} (id) VALUES (?)`);
  for (const id of ids) insert.run(id);
}

/** Returns the ids of existing or removed runs. */
export function knownOrRemoved(sql: SqlConnection, ids: Iterable<string>): Set<string> {
  const known = sql.prepare(
    `SELECT 1 FROM runs WHERE id = ?1 UNION ALL SELECT 1 FROM ${TABLE} WHERE id = ?1 LIMIT 1`,
  );
  return new Set([...ids].filter((id) => known.get(id)));
}
