import { DriverError } from "../../base/errors.ts";
import { builtinDriver } from "./builtin_driver.ts";
import { ffiDriver } from "./ffi_driver.ts";
import type { SqlDriver } from "./sql_driver.ts";

/** Environment variable that names the SQLite library to load. */
const LIBRARY_VARIABLE = "DENO_SQLITE_PATH";

/** SQLite libraries of operating systems. */
const SYSTEM_LIBRARIES: Record<string, string> = {
  linux: "libsqlite3.so.0",
  darwin: "libsqlite3.dylib",
  windows: "winsqlite3.dll",
};

/**
 * Returns a driver by name. `"auto"` chooses `"ffi"` if its permissions are granted and a SQLite
 * library is installed, without downloads or prompts; otherwise `"builtin"`.
 *
 * @throws {DriverError} If `"ffi"` is requested but not available.
 */
export async function chooseDriver(name: "auto" | "ffi" | "builtin"): Promise<SqlDriver> {
  switch (name) {
    case "builtin":
      return builtinDriver;
    case "ffi":
      try {
        return await loadFfi();
      } catch (error) {
        throw new DriverError(
          `Cannot use the ffi driver: ${
            (error as Error).message
          }; grant --allow-ffi, --allow-env ` +
            `and --allow-read, set ${LIBRARY_VARIABLE}, or use the builtin driver`,
          { cause: error },
        );
      }
    case "auto":
      return await (auto ??= loadFfiAtHand());
  }
}

let auto: Promise<SqlDriver> | undefined;

async function loadFfiAtHand(): Promise<SqlDriver> {
  if (!granted("ffi") || !granted("env")) return builtinDriver;
  const given = Deno.env.get(LIBRARY_VARIABLE);
  const library = given ?? SYSTEM_LIBRARIES[Deno.build.os];
  if (library === undefined || !isSqlite(library)) return builtinDriver;
  try {
    if (given === undefined) Deno.env.set(LIBRARY_VARIABLE, library);
    return await loadFfi();
  } catch {
    return builtinDriver;
  } finally {
    if (given === undefined) Deno.env.delete(LIBRARY_VARIABLE);
  }
}

function granted(name: "ffi" | "env"): boolean {
  return Deno.permissions.querySync({ name }).state === "granted";
}

function isSqlite(library: string): boolean {
  try {
    Deno.dlopen(library, { sqlite3_libversion_number: { parameters: [], result: "i32" } }).close();
    return true;
  } catch {
    return false;
  }
}

/** Imports the FFI driver. Its load message on stdout is suppressed. */
async function loadFfi(): Promise<SqlDriver> {
  const { log } = console;
  console.log = console.error;
  try {
    return ffiDriver(await import("@db/sqlite"));
  } finally {
    console.log = log;
  }
}
