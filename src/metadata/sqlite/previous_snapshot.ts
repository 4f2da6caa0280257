import { fsError } from "../../base/fs_error.ts";
import { eachEntryOf } from "./artifact_search.ts";
import { originOf } from "./backup_mark.ts";
import { requireUnopened } from "./database_files.ts";
import { noteOpenFile } from "./open_files.ts";
import { createSchema, hasTable, inspectSchema } from "./create_schema.ts";
import type { SqlConnection, SqlDriver } from "./sql_driver.ts";
import { publicError } from "./sql_error.ts";
import type { IndexEntry } from "../artifact_index.ts";

/** Ids of runs read in one go. */
const PAGE = 1000;

/** The database of a backup that is in place until a new one replaces it; whole at every moment. */
export class PreviousSnapshot {
  /** What it is the backup of; `undefined` if it is no backup. */
  readonly origin: string | undefined;
  readonly #sql: SqlConnection;
  readonly #forget: () => void;
  #open = true;

  private constructor(sql: SqlConnection, forget: () => void, origin: string | undefined) {
    this.#sql = sql;
    this.#forget = forget;
    this.origin = origin;
  }

  /**
   * Opens the database at a path, where one must be.
   *
   * @throws {NotAStoreError} If it is no database of a store.
   * @throws {StorageError} If it is open elsewhere, and so could not be replaced.
   */
  static async open(path: string, driver: SqlDriver): Promise<PreviousSnapshot> {
    let forget: (() => void) | undefined;
    let sql: SqlConnection | undefined;
    try {
      forget = noteOpenFile(path, driver.name, "write");
      sql = driver.open(path, "write");
      inspectSchema(sql, path);
      const origin = hasTable(sql, "backup_of") ? originOf(sql) : undefined;
      // Closed, it leaves no journal, unless another has it open. Said before anything is copied.
      sql.close();
      sql = undefined;
      await requireUnopened(path);
      sql = driver.open(path, "write");
      if (origin !== undefined) createSchema(sql, path);
      return new PreviousSnapshot(sql, forget, origin);
    } catch (error) {
      sql?.close();
      forget?.();
      const action = `open ${JSON.stringify(path)}`;
      throw fsError(publicError(error, action), action);
    }
  }

  /** The ids of its runs, in pages. */
  async *runIds(): AsyncGenerator<string[]> {
    for (let last = "";;) {
      const rows = this.#sql.prepare(`SELECT id FROM runs WHERE id > ? ORDER BY id LIMIT ${PAGE}`)
        .all(last);
      if (rows.length === 0) return;
      yield await Promise.resolve(rows.map(({ id }) => String(id)));
      last = String(rows.at(-1)!.id);
    }
  }

  /** Its artifacts, by run and name. */
  artifacts(): AsyncIterable<IndexEntry> {
    return eachEntryOf(this.#sql);
  }

  /** Has records name other keys, in one transaction: their files have been given these. */
  rename(keys: ReadonlyMap<string, string>): Promise<void> {
    return Promise.try(() => {
      this.#sql.prepare("BEGIN IMMEDIATE").run();
      const move = this.#sql.prepare("UPDATE artifacts SET path = ? WHERE path = ?");
      for (const [from, to] of keys) move.run(to, from);
      this.#sql.prepare("COMMIT").run();
    }).catch((error) => {
      throw publicError(error, "write to the previous backup");
    });
  }

  /** Closes it; may be called again. */
  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#sql.close();
    this.#forget();
  }
}
