import { ensureDir } from "@std/fs";
import { dirname } from "@std/path";
import { NotAStoreError, StorageError, StoreNotFoundError } from "../../base/errors.ts";
import { Database, type Reader, whenFree } from "./database.ts";
import { isWrittenHere, noteOpenFile } from "./open_files.ts";
import { createSchema, inspectSchema, type SchemaState } from "./schema.ts";
import { type SqlAccess, type SqlConnection, type SqlDriver, SqlError } from "./sql_driver.ts";

/** How to open a database. */
export interface OpenDatabaseOptions {
  /** Absolute path, or `undefined` for memory. */
  readonly path: string | undefined;
  /** The binding. */
  readonly driver: SqlDriver;
  /** Whether nothing may be written, not even beside the file. */
  readonly readOnly: boolean;
  /** `"full"` syncs each commit to disk. */
  readonly durability: "full" | "relaxed";
  /** Milliseconds to wait for other writers. */
  readonly busyTimeout: number;
}

/**
 * Opens a store's database, creating it and its tables where they are missing.
 *
 * @throws {StoreNotFoundError} If it is opened read-only and is not there.
 * @throws {NotAStoreError} If the file is no database, or one of another program.
 */
export async function openDatabase(options: OpenDatabaseOptions): Promise<Database> {
  const { path, busyTimeout } = options;
  if (path === undefined) {
    const sql = options.driver.open(":memory:", "write");
    createSchema(sql, ":memory:");
    return new Database(memoryReader(sql), sql, busyTimeout);
  }
  try {
    return await (options.readOnly ? openReadOnly : openWritable)(path, options);
  } catch (error) {
    const cause = error instanceof StorageError ? error.cause : error;
    if (!(cause instanceof SqlError)) throw error;
    if (cause.kind === "not-a-database") {
      throw new NotAStoreError(path, "it is not a SQLite database", { cause });
    }
    throw new StorageError(`open ${JSON.stringify(path)}`, cause.message, { cause });
  }
}

async function openWritable(path: string, options: OpenDatabaseOptions): Promise<Database> {
  const { driver, busyTimeout, durability } = options;
  // Noted before it is opened: opening and closing alone would drop another driver's locks.
  let forget = noteIfThere(path, driver);
  let sql: SqlConnection | undefined;
  try {
    if (forget && fileState(path) === "in use") inspectAhead(path, driver);
    const opened = sql = await connectMakingFolder(driver, path);
    let state = await whenFree<SchemaState>(() => inspectSchema(opened, path), busyTimeout);
    forget ??= noteOpenFile(path, driver.name, "write");
    if (state === "absent") state = await whenFree(() => enterWal(opened, path), busyTimeout);
    if (state !== "complete") {
      await whenFree(() => inTransaction(opened, () => createSchema(opened, path)), busyTimeout);
    }
    const synchronous = durability === "full" ? "FULL" : "NORMAL";
    sql.prepare(`PRAGMA synchronous = ${synchronous}`).run();
    sql.prepare("PRAGMA trusted_schema = OFF").run();
    return new Database(writerReader(sql, forget, path, options), sql, busyTimeout);
  } catch (error) {
    sql?.close();
    forget?.();
    throw error;
  }
}

/**
 * Refuses another program's database before it is opened for writing: closing it, SQLite would
 * write into it what a crash has left in its log.
 */
function inspectAhead(path: string, driver: SqlDriver): void {
  let sql: SqlConnection | undefined;
  try {
    sql = driver.open(path, "read");
    inspectSchema(sql, path);
  } catch (error) {
    // Anything else shows again when it is opened for writing, or was of this moment.
    if (error instanceof NotAStoreError) throw error;
  } finally {
    sql?.close();
  }
}

/** A file that is not there yet, nobody has open; it is noted once it has been created. */
function noteIfThere(path: string, driver: SqlDriver): (() => void) | undefined {
  try {
    return noteOpenFile(path, driver.name, "write");
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

async function connectMakingFolder(driver: SqlDriver, path: string): Promise<SqlConnection> {
  try {
    return connect(driver, path);
  } catch (error) {
    if (!(error instanceof SqlError)) throw error;
    // Perhaps only its folder is missing; not looked at before, as that would need permission.
    try {
      await ensureDir(dirname(path));
    } catch {
      throw error;
    }
    return connect(driver, path);
  }
}

function connect(driver: SqlDriver, path: string): SqlConnection {
  const sql = driver.open(path, "write");
  // Waiting is done between calls, without blocking the event loop.
  sql.prepare("PRAGMA busy_timeout = 0").get();
  return sql;
}

/** Another process may be doing the same: whoever comes first, the outcome is one. */
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

// In both, the connection itself is closed by the database, which writes with it.

function memoryReader(sql: SqlConnection): Reader {
  return {
    copiesWithWriter: true,
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

/** Copies what one read transaction sees, so that no writer is in the way of the copy. */
async function copyConnection(sql: SqlConnection, to: string, busyTimeout: number): Promise<void> {
  sql.prepare("BEGIN").run();
  try {
    await whenFree(() => sql.prepare("SELECT count(*) FROM sqlite_master").get(), busyTimeout);
    await sql.copyTo(to);
  } finally {
    sql.prepare("COMMIT").run();
  }
}

async function openReadOnly(path: string, options: OpenDatabaseOptions): Promise<Database> {
  let reader: FileReader;
  try {
    reader = new FileReader(path, options);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) throw new StoreNotFoundError(path, { cause: error });
    throw error;
  }
  const database = new Database(reader, undefined, options.busyTimeout);
  try {
    const state = await whenFree(
      () => reader.read((sql) => inspectSchema(sql, path)),
      options.busyTimeout,
    );
    if (state === "absent") throw new NotAStoreError(path, "it has none of the store's tables");
    return database;
  } catch (error) {
    await database.close();
    throw error;
  }
}

/**
 * Reads a database without writing beside it. While no writer is there, which shows in the absence
 * of a `-wal` file, the file is read as it is, and read anew if it has changed meanwhile; once a
 * writer is there, SQLite's ordinary way is taken, as its files exist already.
 */
class FileReader implements Reader {
  readonly copiesWithWriter = false;
  readonly #path: string;
  readonly #driver: SqlDriver;
  readonly #forget: () => void;
  readonly #busyTimeout: number;
  #sql: SqlConnection | undefined;
  #access: SqlAccess = "still";
  #state = "";

  constructor(path: string, { driver, busyTimeout }: OpenDatabaseOptions) {
    this.#path = path;
    this.#driver = driver;
    this.#forget = noteOpenFile(path, driver.name, "read");
    this.#busyTimeout = busyTimeout;
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
      // A writer has come meanwhile: what was copied may be half of the old and half of the new.
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
    if (this.#sql && (this.#access === "read" || state === this.#state)) return state;
    this.#sql?.close();
    this.#sql = undefined;
    const inUse = state === "in use" || isWrittenHere(this.#path);
    this.#access = inUse ? "read" : "still";
    this.#sql = this.#driver.open(this.#path, this.#access);
    this.#state = state;
    return state;
  }
}

/** Changes whenever the database does; `"in use"` where a writer is, or may be, at work. */
function fileState(path: string): string {
  try {
    Deno.lstatSync(path + "-wal");
    return "in use";
  } catch (error) {
    // Without permission to look, a writer is assumed.
    if (!(error instanceof Deno.errors.NotFound)) return "in use";
  }
  const { dev, ino, size, mtime } = Deno.statSync(path);
  return `${dev}:${ino}:${size}:${mtime?.getTime()}`;
}
