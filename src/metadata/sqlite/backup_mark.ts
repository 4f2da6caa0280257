/** The table of our own that makes a database a backup, and names what it is a backup of. */
import { hasTable } from "./schema.ts";
import type { SqlConnection } from "./sql_driver.ts";

const TABLE = "backup_of";

/** What a database is the backup of; `undefined` if it is no backup. */
export function originOf(sql: SqlConnection): string | undefined {
  if (!hasTable(sql, TABLE)) return undefined;
  const origin = sql.prepare(`SELECT path FROM ${TABLE}`).get()?.path;
  return typeof origin === "string" ? origin : undefined;
}

/** Marks a database as the backup of the one at `origin`, or, with `null`, as no backup. */
export function setOrigin(sql: SqlConnection, origin: string | null): void {
  if (origin === null) return void sql.prepare(`DROP TABLE IF EXISTS ${TABLE}`).run();
  sql.prepare(
    `CREATE TABLE IF NOT EXISTS ${TABLE} (path TEXT NOT NULL, created_at INTEGER NOT NULL)`,
  ).run();
  sql.prepare(`DELETE FROM ${TABLE}`).run();
  sql.prepare(`INSERT INTO ${TABLE} (path, created_at) VALUES (?, ?)`).run(origin, Date.now());
}
