import { dirname } from "@std/path";
import { NotAStoreError, StorageError } from "../../base/errors.ts";
import { NewerFormatError } from "../../base/storage_errors.ts";
import { fsError } from "../../base/fs_error.ts";
import { makeDirectory, syncEntry } from "../../bytes/files/make_directory.ts";
import { createDatabaseFile, requirePlainFiles } from "./database_files.ts";
import { publicError } from "./sql_error.ts";
import { copyConnection, fileState } from "./file_reader.ts";
import { Database, type Reader, retryWhileBusy } from "./database.ts";
import { noteOpenFile } from "./open_files.ts";
import type { OpenDatabaseOptions } from "./open_database_options.ts";
import { openReadOnly } from "./open_read_only.ts";
import { ReplaceableConnection } from "./replaceable_connection.ts";
import { Reserve } from "./reserve.ts";
import { isOutOfSpace, ReservedRoom } from "./room.ts";
import {
  createSchema,
  inspectSchema,
  requireWritableSchema,
  type SchemaState,
} from "./create_schema.ts";
import { type SqlConnection, type SqlDriver, SqlError } from "./sql_driver.ts";

/**
 * Opens a store's database, and creates missing parts.
 *
 * @throws {StoreNotFoundError} If it is opened read-only and does not exist.
 * @throws {NotAStoreError} If the file is not a database, or belongs to another program.
 */
export async function openDatabase(options: OpenDatabaseOptions): Promise<Database> {
  const { path, busyTimeout } = options;
  if (path === undefined) {
    const sql = options.driver.open(":memory:", "write");
    createSchema(sql, ":memory:");
    return new Database(memoryReader(sql), sql, busyTimeout);
  }
  requirePlainFiles(path);
  try {
    return await (options.readOnly ? openReadOnly : openWritable)(path, options);
  } catch (error) {
    const action = `open ${JSON.stringify(path)}`;
    const cause = error instanceof StorageError ? error.cause : error;
    if (!(cause instanceof SqlError)) throw fsError(error, action);
    if (cause.kind === "not-a-database") {
      throw new NotAStoreError(path, "it is not a SQLite database", { cause });
    }
    if (cause.kind === "cannot-open" && options.readOnly && fileState(path) === "in use") {
      const state = "its log (-wal) has changes that can be read only where files may be written " +
        "beside it; open it once for writing, or copy the database with its log elsewhere";
      throw new StorageError(action, state, { cause });
    }
    throw publicError(cause, action);
  }
}

async function openWritable(path: string, options: OpenDatabaseOptions): Promise<Database> {
  const { driver, busyTimeout, durability } = options;
  // Registered before it is opened: opening and closing would already release another driver's
  // locks.
  let forget = noteIfThere(path, driver);
  let sql: SqlConnection | undefined;
  try {
    if (forget && fileState(path) === "in use") inspectAhead(path, driver);
    if (!forget) await createFile(path, durability === "full");
    const opened = sql = new ReplaceableConnection(
      connect(driver, path),
      () => reconnect(path, options),
    );
    const inspect = () => {
      const state = inspectSchema(opened, path);
      requireWritableSchema(opened, path);
      return state;
    };
    let state = await retryWhileBusy<SchemaState>(inspect, busyTimeout).catch((error) => {
      if (!isOutOfSpace(error instanceof StorageError ? error.cause : error)) throw error;
      opened.replace(() => connectAlone(path, options));
      return retryWhileBusy<SchemaState>(inspect, busyTimeout);
    });
    forget ??= noteOpenFile(path, driver.name, "write");
    if (state === "absent") state = await retryWhileBusy(() => enterWal(opened, path), busyTimeout);
    if (state !== "complete") {
      await retryWhileBusy(
        () => inTransaction(opened, () => createSchema(opened, path)),
        busyTimeout,
      );
    }
    configure(opened, options);
    const room = new ReservedRoom(path, opened, () => connectAlone(path, options));
    room.restore();
    return new Database(writerReader(sql, forget, path, options), sql, busyTimeout, room);
  } catch (error) {
    sql?.close();
    forget?.();
    throw error;
  }
}

/**
 * Rejects the database of another program before it is opened for writing: when closing it, SQLite
 * would write the remains of its log to it.
 */
function inspectAhead(path: string, driver: SqlDriver): void {
  let sql: SqlConnection | undefined;
  try {
    sql = driver.open(path, "read");
    inspectSchema(sql, path);
    requireWritableSchema(sql, path);
  } catch (error) {
    // Other errors recur when it is opened for writing, or were transient.
    if (error instanceof NotAStoreError || error instanceof NewerFormatError) throw error;
  } finally {
    sql?.close();
  }
}

/**
 * Registers an existing file. A new file, which nobody can have open, is registered after its
 * creation.
 */
function noteIfThere(path: string, driver: SqlDriver): (() => void) | undefined {
  try {
    return noteOpenFile(path, driver.name, "write");
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/** Creates the file and its parent directories. Errors recur in SQLite's terms. */
async function createFile(path: string, durable: boolean): Promise<void> {
  try {
    if (!createDatabaseFile(path)) return;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) return;
    try {
      await makeDirectory(dirname(path));
      createDatabaseFile(path);
    } catch {
      return;
    }
  }
  if (durable) await syncEntry(dirname(path));
}

function connect(driver: SqlDriver, path: string): SqlConnection {
  const sql = driver.open(path, "write");
  // Waiting happens between calls, without blocking the event loop.
  sql.prepare("PRAGMA busy_timeout = 0").get();
  return sql;
}

/** Sets what applies to all of a connection. Reads the schema. */
function configure(sql: SqlConnection, { durability }: OpenDatabaseOptions): void {
  sql.prepare(`PRAGMA synchronous = ${durability === "full" ? "FULL" : "NORMAL"}`).run();
  sql.prepare("PRAGMA trusted_schema = OFF").run();
}

/**
 * Connects with exclusive access. The index of the log (-shm), for which a full disk has no space,
 * is then kept in memory, so that files can be removed to free space.
 */
function connectAlone(path: string, options: OpenDatabaseOptions, mayLend = true): SqlConnection {
  const sql = connect(options.driver, path);
  try {
    sql.prepare("PRAGMA locking_mode = EXCLUSIVE").get();
    configure(sql, options);
    return sql;
  } catch (error) {
    sql.close();
    // Without a free inode, no log can be created either.
    const needsLog = error instanceof SqlError && error.kind === "cannot-open" && mayLend;
    if (needsLog && new Reserve(path).lend()) return connectAlone(path, options, false);
    throw error;
  }
}

/** Connects again in the usual way, or on a full disk with exclusive access. */
function reconnect(path: string, options: OpenDatabaseOptions): SqlConnection {
  const sql = connect(options.driver, path);
  try {
    configure(sql, options);
    return sql;
  } catch (error) {
    sql.close();
    if (!isOutOfSpace(error)) throw error;
    return connectAlone(path, options);
  }
}

/** Switches to WAL mode. Another process may do the same; the result is identical. */
function enterWal(sql: SqlConnection, path: string): SchemaState {
  sql.prepare("PRAGMA journal_mode = WAL").get();
  return inspectSchema(sql, path);
}

function inTransaction(sql: SqlConnection, work: () => void): void {
  sql.prepare("BEGIN IMMEDIATE").run();
  try {
    work();
    sql.prepare("COMMIT").run();
  } catch (error) {
    sql.prepare("ROLLBACK").run();
    throw error;
  }
}

// In both cases the database closes the connection, which it uses for writing.

function memoryReader(sql: SqlConnection): Reader {
  return {
    copiesWithWriter: true,
    readsStill: false,
    read: (read) => read(sql),
    copyTo: (to) => sql.copyTo(to),
    close: () => {},
  };
}

function writerReader(
  sql: SqlConnection,
  forget: () => void,
  path: string,
  { driver, busyTimeout }: OpenDatabaseOptions,
): Reader {
  return {
    copiesWithWriter: false,
    readsStill: false,
    read: (read) => read(sql),
    copyTo: async (to) => {
      const own = driver.open(path, "read");
      try {
        await copyConnection(own, to, busyTimeout);
      } finally {
        own.close();
      }
    },
    close: forget,
  };
}
