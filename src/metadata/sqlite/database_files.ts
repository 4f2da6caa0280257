/** The files of a database that is not open: created, moved, set aside, removed. */
import { dirname } from "@std/path";
import { fsError } from "../../base/fs_error.ts";
import { NotAStoreError, StorageError } from "../../base/errors.ts";
import { syncDirectory } from "../../bytes/files/directories.ts";
import { type SqlConnection, type SqlDriver, SqlError } from "./sql_driver.ts";

/** What SQLite keeps beside a database. */
export const COMPANIONS: readonly string[] = ["-wal", "-shm", "-journal"];

/**
 * Creates an empty file for a new database. SQLite would create it 0644 whatever the umask allows.
 *
 * @param path Where.
 * @param mode Its mode, as far as the umask allows.
 * @returns Whether it was created; `false` if something is there.
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
 * Refuses a path at which, or at whose companions, something is that opening would wait for or never
 * end to read: a named pipe, a device, a socket.
 *
 * @throws {NotAStoreError} If that is so.
 */
export function requirePlainFiles(path: string): void {
  for (const end of ["", ...COMPANIONS]) {
    let info: Deno.FileInfo;
    try {
      info = Deno.statSync(path + end);
    } catch {
      continue; // It is not there, or opening it says what is wrong.
    }
    // What a directory is, opening says.
    if (info.isFile || info.isDirectory) continue;
    const what = end === "" ? "it" : JSON.stringify(path + end);
    throw new NotAStoreError(path, `${what} is a named pipe or a device, not a file`);
  }
}

/** Removes a database with all that SQLite keeps beside it. */
export async function removeDatabase(path: string): Promise<void> {
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
 * Gives a closed database its place, in one step that a power cut does not undo.
 *
 * @throws {StorageError} If part of it is still in a log beside it, which would be left behind.
 */
export async function moveDatabase(from: string, to: string): Promise<void> {
  try {
    await requireUnopened(from);
    // A journal of the old database would be applied to the new one.
    await requireUnopened(to);
    await Deno.rename(from, to);
    await syncDirectory(dirname(to));
  } catch (error) {
    throw fsError(error, `replace ${JSON.stringify(to)}`);
  }
}

/**
 * Keeps a database, or what is left of one, at another path, and takes away what would be applied to
 * the one that is to replace it. The database itself also stays where it is until it is replaced, so
 * that there is one at every moment.
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

/** Gives a file a second name; `false` where the file system has no such names. */
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

/** Whether a program has a database open; one that does not keep a lock on it goes unnoticed. */
export function isOpenElsewhere(path: string, driver: SqlDriver): boolean {
  let sql: SqlConnection | undefined;
  try {
    sql = driver.open(path, "write");
    // In WAL mode, whoever has a database open has a share of the lock on it.
    sql.prepare("PRAGMA locking_mode = EXCLUSIVE").get();
    sql.prepare("SELECT count(*) FROM sqlite_master").get();
    return false;
  } catch (error) {
    return error instanceof SqlError && error.kind === "busy"; // Else it shows that it is damaged.
  } finally {
    sql?.close();
  }
}

/** Whether there is anything at a path. */
export async function isThere(path: string): Promise<boolean> {
  try {
    await Deno.lstat(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw fsError(error, `inspect ${JSON.stringify(path)}`);
  }
}
