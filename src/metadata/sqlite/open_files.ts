import { DriverError, quote } from "../../base/errors.ts";
import { registerOpenFile } from "./process_register.ts";
import { reservePath } from "./reserve.ts";
import type { SqlDriver } from "./sql_driver.ts";

/**
 * Databases that this process has open, by the identity of their files. Two copies of SQLite must
 * not open one file: closing it in one releases the POSIX locks of the other. Kept on `globalThis`,
 * because a process may load several versions of this module; other Workers are covered by
 * `process_register.ts`.
 */
const KEY = Symbol.for("@chachaml/store open databases");

interface OpenFile {
  readonly driver: SqlDriver["name"];
  readonly path: string;
  /** Number of connections. */
  count: number;
  /** Number of connections that write, and thus hold locks. */
  writers: number;
  /** Removes the registration of the whole process. */
  readonly release: () => void;
}

function openFiles(): Map<string, OpenFile> {
  const shared = globalThis as { [KEY]?: Map<string, OpenFile> };
  return shared[KEY] ??= new Map();
}

/** Returns the identity of a file, whatever path leads to it. */
function identity(path: string): string {
  const { dev, ino } = Deno.statSync(path);
  return ino ? `${dev}:${ino}` : Deno.realPathSync(path);
}

/**
 * Whether this process writes to the file at `path`, which must then not be opened in another way.
 */
export function isOpenForWriting(path: string): boolean {
  return (openFiles().get(identity(path))?.writers ?? 0) > 0;
}

/**
 * Whether a file is a database that this process has open, or a companion of one. Reading and
 * closing it would release the locks that exclude other processes.
 */
export function isOpenDatabase(path: string): boolean {
  const files = openFiles();
  if (files.size === 0) return false;
  const key = identity(path);
  if (files.has(key)) return true;
  const [end] = /-(wal|shm|reserve)$/.exec(path) ?? [];
  return end !== undefined && [...files.values()].some((file) => {
    try {
      const database = Deno.realPathSync(file.path);
      return identity(end === "-reserve" ? reservePath(database) : database + end) === key;
    } catch {
      return false; // Missing.
    }
  });
}

/**
 * Registers that `driver` has opened the file at `path`.
 *
 * @returns A function that removes the registration.
 * @throws {DriverError} If another driver of this process has it open.
 */
export function noteOpenFile(
  path: string,
  driver: SqlDriver["name"],
  access: "read" | "write",
): () => void {
  const files = openFiles();
  const key = identity(path);
  const file = files.get(key) ??
    { path, count: 0, writers: 0, ...registerOpenFile(key, driver) };
  if (file.driver !== driver) {
    throw new DriverError(
      `Cannot open ${quote(path)} with the ${driver} driver: this process has it open with the ` +
        `${file.driver} driver, and two copies of SQLite on one file lose each other's locks; ` +
        "use one driver for both",
    );
  }
  const writers = access === "write" ? 1 : 0;
  file.count++;
  file.writers += writers;
  files.set(key, file);
  return () => {
    file.writers -= writers;
    if (--file.count > 0) return;
    files.delete(key);
    file.release();
  };
}
