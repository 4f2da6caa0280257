/** Marks of backups, and keys they may have left over. */
import type { SqlConnection } from "./sql_driver.ts";
import type { BackupMark } from "../snapshot.ts";

/** Returns the mark of a backup; `undefined` for other databases. */
export function markOf(sql: SqlConnection): BackupMark | undefined {
  const { path, directory } = sql.prepare("SELECT * FROM backup_of").get() ?? {};
  if (typeof path !== "string") return undefined;
  return { of: path, directory: typeof directory === "string" ? directory : undefined };
}

/** Marks a database as a backup, or removes the mark. Must run in a transaction. */
export function setMark(sql: SqlConnection, mark: BackupMark | null): void {
  sql.prepare("DELETE FROM backup_of").run();
  sql.prepare("DELETE FROM backup_pending").run();
  if (mark === null) return;
  sql.prepare("INSERT INTO backup_of (path, created_at, directory) VALUES (?, ?, ?)")
    .run(mark.of, Date.now(), mark.directory ?? null);
}

/** Records keys of bytes that an interrupted backup may leave over. */
export function addPending(sql: SqlConnection, keys: Iterable<string>): void {
  const insert = sql.prepare("INSERT OR IGNORE INTO backup_pending (key) VALUES (?)");
  for (const key of keys) insert.run(key);
}

/** Returns the keys recorded by {@linkcode addPending}. */
export function pendingKeys(sql: SqlConnection): string[] {
  return sql.prepare("SELECT key FROM backup_pending").all().map(({ key }) => String(key));
}
