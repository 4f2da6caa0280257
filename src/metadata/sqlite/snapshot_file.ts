import { StorageError } from "../../base/errors.ts";
import { fsError } from "../../base/fs_error.ts";
import { eachEntryOf } from "./artifact_search.ts";
import { KEY_INDEX, unnamedKeys } from "./artifact_keys.ts";
import { addPending, setMark } from "./backup_mark.ts";
import type { Database } from "./database.ts";
import { createDatabaseFile, moveDatabase, removeDatabase } from "./database_files.ts";
import { createSchema, hasIndex } from "./create_schema.ts";
import type { SqlConnection, SqlDriver } from "./sql_driver.ts";
import { publicError } from "./sql_error.ts";
import { releaseVersions } from "../sql/version_use.ts";
import { runScript, SQLITE } from "./script.ts";
import type { IndexEntry } from "../artifact_index.ts";
import type { BackupMark, Snapshot, SnapshotOutcome } from "../snapshot.ts";

/** A copy of a database that is not in use yet. */
export class SnapshotFile implements Snapshot {
  readonly #path: string;
  readonly #sql: SqlConnection;
  #state: "open" | "closed" | "moved" = "open";

  private constructor(path: string, sql: SqlConnection) {
    this.#path = path;
    this.#sql = sql;
  }

  /** Copies `source` to a new file with a mode, minus the umask. */
  static async copy(
    source: Database,
    driver: SqlDriver,
    path: string,
    mode?: number,
  ): Promise<SnapshotFile> {
    const action = `write ${JSON.stringify(path)}`;
    let created = false;
    try {
      created = createDatabaseFile(path, mode);
      if (!created) throw new StorageError(action, "a file is there; move it elsewhere");
      await source.copyTo(path);
      return new SnapshotFile(path, openInWal(path, driver));
    } catch (error) {
      if (created) await removeDatabase(path);
      throw fsError(publicError(error, action), action);
    }
  }

  /** Fills a new file with rows inserted by `fill`, in one transaction. */
  static async fill(
    driver: SqlDriver,
    path: string,
    fill: (sql: SqlConnection) => Promise<void>,
    mode?: number,
  ): Promise<SnapshotFile> {
    const action = `write ${JSON.stringify(path)}`;
    let created = false;
    let sql: SqlConnection | undefined;
    try {
      created = createDatabaseFile(path, mode);
      if (!created) throw new StorageError(action, "a file is there; move it elsewhere");
      sql = openInWal(path, driver);
      sql.prepare("BEGIN IMMEDIATE").run();
      await fill(sql);
      sql.prepare("COMMIT").run();
      return new SnapshotFile(path, sql);
    } catch (error) {
      sql?.close();
      if (created) await removeDatabase(path);
      throw fsError(publicError(error, action), action);
    }
  }

  artifacts(): AsyncIterable<IndexEntry> {
    return eachEntryOf((work) => work(this.#sql));
  }

  unnamed(keys: Iterable<string>): Promise<Set<string>> {
    return Promise.try(() => {
      const sql = this.#sql;
      return unnamedKeys(sql, keys, hasIndex(sql, KEY_INDEX));
    });
  }

  applyOutcome(
    { present, omitted, unneeded }: SnapshotOutcome,
    mark: BackupMark | null,
  ): Promise<Set<string>> {
    return Promise.try(() => {
      const sql = this.#sql;
      sql.prepare("BEGIN IMMEDIATE").run();
      const remove = sql.prepare("DELETE FROM artifacts WHERE id = ?");
      for (const { artifact } of omitted) {
        runScript(sql, releaseVersions(SQLITE, "artifact_id", artifact.id, true));
        remove.run(artifact.id);
      }
      const update = sql.prepare(
        `UPDATE artifacts SET content_type = ?2, size = ?3, hash = ?4, created_at = ?5
          WHERE id = ?1 AND hash <> ?4`,
      );
      for (const { id, contentType, size, hash, createdAt } of present) {
        update.run(id, contentType, size, hash, createdAt.getTime());
      }
      setMark(sql, mark);
      const unnamed = unnamedKeys(sql, unneeded ?? [], hasIndex(sql, KEY_INDEX));
      if (mark && unnamed.size > 0) addPending(sql, unnamed);
      sql.prepare("COMMIT").run();
      return unnamed;
    }).catch((error) => {
      throw publicError(error, `write ${JSON.stringify(this.#path)}`);
    });
  }

  async moveTo(path: string): Promise<void> {
    this.#checkpoint();
    this.#close();
    await moveDatabase(this.#path, path);
    this.#state = "moved";
  }

  async discard(): Promise<void> {
    this.#close();
    if (this.#state !== "moved") await removeDatabase(this.#path);
  }

  /** Writes the log into the file. Closing does that as well, but ignores errors. */
  #checkpoint(): void {
    if (this.#state !== "open") return;
    const action = `write ${JSON.stringify(this.#path)}`;
    try {
      const result = this.#sql.prepare("PRAGMA wal_checkpoint(TRUNCATE)").get();
      if (Number(result?.busy) === 0) return;
    } catch (error) {
      throw publicError(error, action);
    }
    throw new StorageError(action, "another program has it open; close it there and try again");
  }

  #close(): void {
    if (this.#state !== "open") return;
    this.#sql.close();
    this.#state = "closed";
  }
}

/**
 * Opens a copy in WAL mode. A copy of a read-only database may not be in WAL mode, and lack our
 * tables.
 */
function openInWal(path: string, driver: SqlDriver): SqlConnection {
  const sql = driver.open(path, "write");
  try {
    sql.prepare("PRAGMA journal_mode = WAL").get();
    sql.prepare("BEGIN IMMEDIATE").run();
    createSchema(sql, path);
    sql.prepare("COMMIT").run();
    return sql;
  } catch (error) {
    sql.close();
    throw error;
  }
}
