/** The note that makes a database a backup, and names what it is a backup of. */
import type { SqlConnection } from "./sql_driver.ts";

/** What a database is the backup of; `undefined` if it is no backup. */
export function originOf(sql: SqlConnection): string | undefined {
  const origin = sql.prepare("SELECT path FROM backup_of").get()?.path;
  return typeof origin === "string" ? origin : undefined;
}

/** Marks a database as the backup of the one at `origin`, or, with `null`, as no backup. */
export function setOrigin(sql: SqlConnection, origin: string | null): void {
  sql.prepare("DELETE FROM backup_of").run();
  if (origin === null) return;
  sql.prepare("INSERT INTO backup_of (path, created_at) VALUES (?, ?)").run(origin, Date.now());
}
