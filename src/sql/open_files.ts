import { DriverError, quote } from "../errors.ts";
import type { SqlDriver } from "./sql_driver.ts";

/**
 * The databases that this process has open, by the identity of their files. Two copies of SQLite
 * must not open one file: closing it in one drops the POSIX locks of the other. Kept on
 * `globalThis`, as a process may load this module in more than one version.
 */
const KEY = Symbol.for("@chachaml/store open databases");

interface OpenFile {
  readonly driver: SqlDriver["name"];
  readonly path: string;
  count: number;
}

function openFiles(): Map<string, OpenFile> {
  const shared = globalThis as { [KEY]?: Map<string, OpenFile> };
  return shared[KEY] ??= new Map();
}

/** A file's identity, whatever names lead to it. */
function identity(path: string): string {
  const { dev, ino } = Deno.statSync(path);
  return ino ? `${dev}:${ino}` : Deno.realPathSync(path);
}

/** How many connections this process has open on the file at `path`. */
export function openCount(path: string): number {
  return openFiles().get(identity(path))?.count ?? 0;
}

/**
 * Notes that `driver` has opened the file at `path`.
 *
 * @returns A function that takes the note back.
 * @throws {DriverError} If another driver of this process has it open.
 */
export function noteOpenFile(path: string, driver: SqlDriver["name"]): () => void {
  const files = openFiles();
  const key = identity(path);
  const file = files.get(key) ?? { driver, path, count: 0 };
  if (file.driver !== driver) {
    throw new DriverError(
      `Cannot open ${quote(path)} with the ${driver} driver: this process has it open with the ` +
        `${file.driver} driver, and two copies of SQLite on one file lose each other's locks; ` +
        "use one driver for both",
    );
  }
  file.count++;
  files.set(key, file);
  return () => {
    if (--file.count === 0) files.delete(key);
  };
}
