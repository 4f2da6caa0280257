/** A database on its way to its place, as a file beside it. */
import { dirname } from "@std/path";
import { entryOf, SELECT_PLAIN_ENTRY } from "../metadata/sqlite/artifact_rows.ts";
import type { IndexEntry } from "../metadata/artifact_index.ts";
import { syncDirectory } from "../bytes/files/directories.ts";
import { fsError } from "../base/fs_error.ts";
import { StorageError } from "../base/errors.ts";
import { releaseVersions } from "../metadata/sqlite/version_use.ts";
import type { Database } from "../metadata/sqlite/database.ts";
import { publicError } from "../metadata/sqlite/sql_error.ts";
import { hasTable } from "../metadata/sqlite/create_schema.ts";
import type { SqlConnection, SqlDriver } from "../metadata/sqlite/sql_driver.ts";
import type { CopyOutcome } from "./copy_artifacts.ts";

/** What SQLite keeps beside a database. */
export const COMPANIONS: readonly string[] = ["-wal", "-shm", "-journal"];

/** A copy of a database that is not in use yet. */
export class DatabaseFile {
  readonly #path: string;
  readonly #sql: SqlConnection;
  #open = true;

  private constructor(path: string, sql: SqlConnection) {
    this.#path = path;
    this.#sql = sql;
  }

  /** Copies `source` into a new file; one that a crash has left is removed first. */
  static async copy(source: Database, driver: SqlDriver, path: string): Promise<DatabaseFile> {
    await removeDatabase(path);
    try {
      await source.copyTo(path);
      return new DatabaseFile(path, openInWal(path, driver));
    } catch (error) {
      await removeDatabase(path);
      throw publicError(error, `write ${JSON.stringify(path)}`);
    }
  }

  /** The artifacts, by creation time, then name. */
  entries(): IndexEntry[] {
    return this.#sql.prepare(`${SELECT_PLAIN_ENTRY} ORDER BY a.created_at, a.name`).all()
      .map(entryOf);
  }

  /** Has the rows tell of the artifacts that have been copied, and of no others. */
  settle({ present, omitted }: CopyOutcome, more: (sql: SqlConnection) => void): void {
    const sql = this.#sql;
    try {
      sql.prepare("BEGIN IMMEDIATE").run();
      // What was about to be replaced has been copied, with the row that describes it.
      if (hasTable(sql, "artifact_replacements")) {
        sql.prepare("DELETE FROM artifact_replacements").run();
      }
      const remove = sql.prepare("DELETE FROM artifacts WHERE id = ?");
      for (const { artifact } of omitted) {
        releaseVersions(sql, "artifact_id", artifact.id, true);
        remove.run(artifact.id);
      }
      const update = sql.prepare(
        `UPDATE artifacts SET content_type = ?2, size = ?3, hash = ?4, created_at = ?5
          WHERE id = ?1 AND hash <> ?4`,
      );
      for (const { id, contentType, size, hash, createdAt } of present) {
        update.run(id, contentType, size, hash, createdAt.getTime());
      }
      more(sql);
      sql.prepare("COMMIT").run();
    } catch (error) {
      throw publicError(error, `write ${JSON.stringify(this.#path)}`);
    }
  }

  /**
   * Gives the file its place, in one step.
   *
   * @throws {StorageError} If the database that was there is open elsewhere.
   */
  async moveTo(path: string): Promise<void> {
    this.close();
    try {
      // A journal of the old database would be applied to the new one.
      await requireUnopened(path);
      await Deno.rename(this.#path, path);
      await syncDirectory(dirname(path));
    } catch (error) {
      throw fsError(error, `replace ${JSON.stringify(path)}`);
    }
  }

  /** Removes the file, unless it has been given its place. */
  async discard(): Promise<void> {
    this.close();
    await removeDatabase(this.#path);
  }

  /** Closes the file, with all that has been written to it. */
  close(): void {
    if (this.#open) this.#sql.close();
    this.#open = false;
  }
}

/** What has been copied from memory, or from a database that was only read, is not in WAL mode. */
function openInWal(path: string, driver: SqlDriver): SqlConnection {
  const sql = driver.open(path, "write");
  try {
    sql.prepare("PRAGMA journal_mode = WAL").get();
    return sql;
  } catch (error) {
    sql.close();
    throw error;
  }
}

async function removeDatabase(path: string): Promise<void> {
  for (const name of [path, ...COMPANIONS.map((companion) => path + companion)]) {
    try {
      await Deno.remove(name);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) {
        throw fsError(error, `remove ${JSON.stringify(name)}`);
      }
    }
  }
}

/**
 * Refuses a database that is open elsewhere; here it has been closed.
 *
 * @throws {StorageError} If it still has a journal, which the last to close it removes.
 */
export async function requireUnopened(path: string): Promise<void> {
  for (const companion of COMPANIONS) {
    if (!await isThere(path + companion)) continue;
    const state = "it is open in this program or another; close it there and try again";
    throw new StorageError(`replace ${JSON.stringify(path)}`, state);
  }
}

/** Whether there is anything at a path. */
export async function isThere(path: string): Promise<boolean> {
  try {
    await Deno.lstat(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw fsError(error, `look at ${JSON.stringify(path)}`);
  }
}
