/** Test whether a database can be written. */
import { retryWhileBusy } from "./database.ts";
import { noteOpenFile } from "./open_files.ts";
import type { SqlConnection, SqlDriver } from "./sql_driver.ts";
import { publicError } from "./sql_error.ts";

/**
 * How long to wait for other writers, in milliseconds: their existence shows that writing is
 * possible.
 */
const PATIENCE = 1000;

/** Begins a write transaction and rolls it back. */
export async function tryWriting(driver: SqlDriver, path: string): Promise<void> {
  const forget = noteOpenFile(path, driver.name, "write");
  let sql: SqlConnection | undefined;
  try {
    const opened = sql = driver.open(path, "write");
    opened.prepare("PRAGMA busy_timeout = 0").get();
    await retryWhileBusy(() => opened.prepare("BEGIN IMMEDIATE").run(), PATIENCE);
    opened.prepare("ROLLBACK").run();
  } catch (error) {
    throw publicError(error, "write to the database");
  } finally {
    sql?.close();
    forget();
  }
}
