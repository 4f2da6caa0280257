/** Files of a database that is not open: creating, moving and removing. */
import { dirname } from "@std/path";
import { fsError } from "../../base/fs_error.ts";
import { NotAStoreError, StorageError } from "../../base/errors.ts";
import { syncDirectory } from "../../bytes/files/directories.ts";
import { reservePath } from "./reserve.ts";
import { type SqlConnection, type SqlDriver, SqlError } from "./sql_driver.ts";

/** Suffixes of the files that SQLite creates beside a database. */
export const COMPANIONS: readonly string[] = ["-wal", "-shm", "-journal"];

/**
 * Creates an empty file for a new database. SQLite would create it with mode 0644 whatever the
 * umask allows.
 *
 * @param path Path of the file.
 * @param mode Mode of the file, minus the umask.
 * @returns Whether it was created; `false` if it exists.
 */
export function createDatabaseFile(path: string, mode: number = 0o666): boolean {
  try {
    Deno.openSync(path, { write: true, createNew: true, mode }).close();
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.AlreadyExists) return false;
    throw error;
  }
}

/**
 * Checks that a database and its companions are not files on which opening or reading would block:
 * named pipes, devices or sockets.
 *
 * @throws {NotAStoreError} If one is.
 */
export function requirePlainFiles(path: string): void {
  for (const end of ["", ...COMPANIONS]) {
    let info: Deno.FileInfo;
    try {
      info = Deno.statSync(path + end);
    } catch {
      continue; // Missing, or opening it reports the error.
    }
    // Opening it reports a directory.
    if (info.isFile || info.isDirectory) continue;
    const what = end === "" ? "it" : JSON.stringify(path + end);
    throw new NotAStoreError(path, `${what} is a named pipe or a device, not a file`);
  }
}

/** Removes a database with its companions and its reserve. */
export async function removeDatabase(path: string): Promise<void> {
  for (const name of [path, ...COMPANIONS.map((end) => path + end), reservePath(path)]) {
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
 * Moves a closed database to its place, atomically and durably.
 *
 * @throws {StorageError} If part of it is still in a log beside it, which would be left behind.
 */
export async function moveDatabase(from: string, to: string): Promise<void> {
  try {
    await requireUnopened(from);
    // SQLite would apply the journal of the old database to the new one.
    await requireUnopened(to);
    await Deno.rename(from, to);
    await syncDirectory(dirname(to));
  } catch (error) {
    throw fsError(error, `replace ${JSON.stringify(to)}`);
  }
}

/**
 * Links a database, or what is left of one, to another path, and removes companions that would be
 * applied to its replacement. The database stays in place until it is replaced, so that there is
 * always one.
 */
export async function setDatabaseAside(path: string, aside: string): Promise<void> {
  for (const end of ["", ...COMPANIONS]) {
    try {
      if (!await isThere(path + end)) continue;
      if (end !== "" || !await addName(path, aside)) await Deno.rename(path + end, aside + end);
    } catch (error) {
      throw fsError(error, `set ${JSON.stringify(path + end)} aside`);
    }
  }
}

/** Links a file; `false` if the file system does not support links. */
async function addName(path: string, name: string): Promise<boolean> {
  try {
    await Deno.link(path, name);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.AlreadyExists) throw error;
    return false;
  }
}

/**
 * Checks that a database, closed in this process, is not open elsewhere.
 *
 * @throws {StorageError} If it still has a journal, which the last process to close it removes.
 */
export async function requireUnopened(path: string): Promise<void> {
  for (const companion of COMPANIONS) {
    if (!await isThere(path + companion)) continue;
    const state = "it is open in this program or another; close it there and try again";
    throw new StorageError(`replace ${JSON.stringify(path)}`, state);
  }
}

/** Whether a program has a database open; a program without locks goes unnoticed. */
export function isOpenElsewhere(path: string, driver: SqlDriver): boolean {
  let sql: SqlConnection | undefined;
  try {
    sql = driver.open(path, "write");
    // In WAL mode every process with an open database holds a shared lock.
    sql.prepare("PRAGMA locking_mode = EXCLUSIVE").get();
    sql.prepare("SELECT count(*) FROM sqlite_master").get();
    return false;
  } catch (error) {
    return error instanceof SqlError && error.kind === "busy"; // Other errors mean damage.
  } finally {
    sql?.close();
  }
}

/** Whether a path exists. */
export async function isThere(path: string): Promise<boolean> {
  try {
    await Deno.lstat(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw fsError(error, `inspect ${JSON.stringify(path)}`);
  }
}
