import type { Reader } from "./database.ts";
import { retryWhileBusy } from "./database.ts";
import type { OpenDatabaseOptions } from "./open_database_options.ts";
import { isOpenForWriting, noteOpenFile } from "./open_files.ts";
import type { SqlAccess, SqlConnection, SqlDriver } from "./sql_driver.ts";
import { addStandIns, schemaVersion } from "./stand_ins.ts";

/**
 * Reads a database without writing beside it. While its log (the `-wal` file) is missing or empty,
 * the file is read in place, and again if it has changed meanwhile. Once a writer has written to
 * the log, the database is opened normally, because its companions already exist.
 */
export class FileReader implements Reader {
  readonly copiesWithWriter = false;
  readonly #path: string;
  readonly #driver: SqlDriver;
  readonly #forget: () => void;
  readonly #busyTimeout: number;
  #sql: SqlConnection | undefined;
  #access: SqlAccess = "still";
  #state = "";
  /** Version of an incomplete schema, which another program may complete. */
  #lacking: number | undefined;

  constructor(path: string, { driver, busyTimeout }: OpenDatabaseOptions) {
    this.#path = path;
    this.#driver = driver;
    this.#forget = noteOpenFile(path, driver.name, "read");
    this.#busyTimeout = busyTimeout;
  }

  get readsStill(): boolean {
    return this.#access === "still";
  }

  read<T>(read: (sql: SqlConnection) => T): T {
    for (let tries = 0;; tries++) {
      const before = this.#refresh();
      const sql = this.#sql!;
      let failure: unknown;
      try {
        const result = read(sql);
        if (this.#access === "read" || fileState(this.#path) === before) return result;
      } catch (error) {
        failure = error;
      }
      const changed = this.#access === "still" && fileState(this.#path) !== before;
      if (failure !== undefined && (!changed || tries > 100)) throw failure;
    }
  }

  async copyTo(to: string): Promise<void> {
    for (;;) {
      const before = this.#refresh();
      const access = this.#access;
      await copyConnection(this.#sql!, to, this.#busyTimeout);
      if (access === "read" || fileState(this.#path) === before) return;
      // A writer has intervened: the copy may mix old and new pages.
      await Deno.remove(to);
    }
  }

  close(): void {
    this.#sql?.close();
    this.#sql = undefined;
    this.#forget();
  }

  #refresh(): string {
    const state = fileState(this.#path);
    if (this.#sql && this.#isCurrent(this.#sql, state)) return state;
    this.#sql?.close();
    this.#sql = undefined;
    const inUse = state === "in use" || isOpenForWriting(this.#path);
    this.#access = inUse ? "read" : "still";
    const sql = this.#driver.open(this.#path, this.#access);
    try {
      this.#lacking = addStandIns(sql) ? schemaVersion(sql) : undefined;
      sql.prepare("PRAGMA query_only = ON").run();
    } catch (error) {
      sql.close();
      throw error;
    }
    this.#sql = sql;
    this.#state = state;
    return state;
  }

  /** Whether an open connection shows the current database. */
  #isCurrent(sql: SqlConnection, state: string): boolean {
    if (this.#access === "still") return state === this.#state;
    return this.#lacking === undefined || this.#lacking === schemaVersion(sql);
  }
}

/** Returns a value that changes with the database; `"in use"` if a writer is or may be active. */
export function fileState(path: string): string {
  try {
    // An empty log has no meaning; a full disk can leave one behind.
    if (Deno.lstatSync(path + "-wal").size > 0) return "in use";
  } catch (error) {
    // Without permission to check, a writer is assumed.
    if (!(error instanceof Deno.errors.NotFound)) return "in use";
  }
  const { dev, ino, size, mtime } = Deno.statSync(path);
  return `${dev}:${ino}:${size}:${mtime?.getTime()}`;
}

/** Copies the snapshot of one read transaction, so that writers do not disturb the copy. */
export async function copyConnection(
  sql: SqlConnection,
  to: string,
  busyTimeout: number,
): Promise<void> {
  sql.prepare("BEGIN").run();
  try {
    await retryWhileBusy(
      () => sql.prepare("SELECT count(*) FROM sqlite_master").get(),
      busyTimeout,
    );
    await sql.copyTo(to);
  } finally {
    sql.prepare("COMMIT").run();
  }
}
