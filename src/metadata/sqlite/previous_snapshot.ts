import { yieldToEventLoop } from "../../base/async.ts";
import { fsError } from "../../base/fs_error.ts";
import { eachEntryOf } from "./artifact_search.ts";
import { KEY, KEY_INDEX, unnamedKeys } from "./artifact_keys.ts";
import { addPending, markOf, pendingKeys } from "./backup_mark.ts";
import { requireUnopened } from "./database_files.ts";
import { noteOpenFile } from "./open_files.ts";
import { createSchema, hasIndex, hasTable, inspectSchema } from "./create_schema.ts";
import type { SqlConnection, SqlDriver } from "./sql_driver.ts";
import { publicError } from "./sql_error.ts";
import type { IndexEntry } from "../artifact_index.ts";
import type { BackupMark } from "../snapshot.ts";
import { text, whole } from "./whole_text.ts";

/** Number of run ids read at once. */
const PAGE = 1000;

/**
 * Database of an existing backup, which stays intact until a new one replaces it. It is opened only
 * briefly, so that other readers find no journal.
 */
export class PreviousSnapshot {
  /** Mark of the backup; `undefined` if it is not a backup. */
  readonly mark: BackupMark | undefined;
  readonly #path: string;
  readonly #driver: SqlDriver;
  #forget: (() => void) | undefined;

  private constructor(
    path: string,
    driver: SqlDriver,
    forget: () => void,
    mark: BackupMark | undefined,
  ) {
    this.#path = path;
    this.#driver = driver;
    this.#forget = forget;
    this.mark = mark;
  }

  /**
   * Opens an existing database.
   *
   * @throws {NotAStoreError} If it is not the database of a store.
   * @throws {StorageError} If it is open elsewhere and could not be replaced.
   */
  static async open(path: string, driver: SqlDriver): Promise<PreviousSnapshot> {
    let forget: (() => void) | undefined;
    let sql: SqlConnection | undefined;
    try {
      forget = noteOpenFile(path, driver.name, "write");
      sql = driver.open(path, "write");
      inspectSchema(sql, path);
      const mark = hasTable(sql, "backup_of") ? markOf(sql) : undefined;
      if (mark) createSchema(sql, path);
      // Closing removes the journal unless another process has it open. Checked before anything is
      // copied.
      sql.close();
      sql = undefined;
      await requireUnopened(path);
      return new PreviousSnapshot(path, driver, forget, mark);
    } catch (error) {
      sql?.close();
      forget?.();
      const action = `open ${JSON.stringify(path)}`;
      throw fsError(publicError(error, action), action);
    }
  }

  /** Yields the ids of its runs, in pages. */
  async *runIds(): AsyncGenerator<string[]> {
    for (let last = "";;) {
      await yieldToEventLoop();
      const rows = this.#open((sql) =>
        sql.prepare(`SELECT ${whole("id")} FROM runs WHERE id > ? ORDER BY runs.id LIMIT ${PAGE}`)
          .all(last)
      );
      if (rows.length === 0) return;
      yield rows.map(({ id }) => text(id));
      last = text(rows.at(-1)!.id);
    }
  }

  /** Yields its artifacts, by run and name. */
  artifacts(): AsyncIterable<IndexEntry> {
    return eachEntryOf((work) => this.#open(work));
  }

  /**
   * Returns keys of bytes that an interrupted backup may have left, without those that records
   * name.
   */
  leftovers(): Set<string> {
    return this.#open((sql) => unnamedKeys(sql, pendingKeys(sql), hasIndex(sql, KEY_INDEX)));
  }

  /** Records keys of bytes that are about to be added, in case this backup is interrupted. */
  notePending(keys: Iterable<string>): Promise<void> {
    return this.#write((sql) => addPending(sql, keys));
  }

  /** Updates records to new keys, in one transaction: their files have been moved there. */
  rename(keys: ReadonlyMap<string, string>): Promise<void> {
    return this.#write((sql) => {
      const move = sql.prepare(
        `UPDATE artifacts SET path = ?1 WHERE ${KEY} = replace(?2, '\\', '/') AND path = ?2`,
      );
      for (const [from, to] of keys) move.run(to, from);
    });
  }

  /** Closes it. May be called several times. */
  close(): void {
    this.#forget?.();
    this.#forget = undefined;
  }

  #write(work: (sql: SqlConnection) => void): Promise<void> {
    return Promise.try(() =>
      this.#open((sql) => {
        sql.prepare("BEGIN IMMEDIATE").run();
        work(sql);
        sql.prepare("COMMIT").run();
      })
    );
  }

  #open<T>(work: (sql: SqlConnection) => T): T {
    let sql: SqlConnection | undefined;
    try {
      sql = this.#driver.open(this.#path, "write");
      return work(sql);
    } catch (error) {
      throw publicError(error, `use the previous backup ${JSON.stringify(this.#path)}`);
    } finally {
      sql?.close();
    }
  }
}
