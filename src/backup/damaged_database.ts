/** A database that cannot be read any more: how it shows, and how it makes way for another. */
import { fsError } from "../base/fs_error.ts";
import { NotAStoreError, StorageError } from "../base/errors.ts";
import type { OpenOptions } from "../context/open_options.ts";
import { type SqlConnection, type SqlDriver, SqlError } from "../metadata/sqlite/sql_driver.ts";
import { openContext, type StoreContext } from "../context/compose.ts";
import { COMPANIONS, isThere } from "./database_copy.ts";

/** Whether a database that is there is none, or not whole; throws if that cannot be told. */
export async function isDamaged(
  place: Pick<OpenOptions, "path" | "artifactDir">,
  driver: OpenOptions["driver"],
): Promise<boolean> {
  let store: StoreContext;
  try {
    store = await openContext({ ...place, readOnly: true, ...(driver && { driver }) });
  } catch (error) {
    if (isDamage(error)) return true;
    throw error;
  }
  try {
    return await store.database.read((sql) => {
      const { quick_check } = sql.prepare("PRAGMA quick_check(1)").get()!;
      return quick_check !== "ok";
    });
  } catch (error) {
    if (isDamage(error)) return true;
    throw error;
  } finally {
    await store.close();
  }
}

/** What may not be read, is a directory, or another program's, is not damaged. */
function isDamage(error: unknown): boolean {
  if (error instanceof NotAStoreError && error.foreign) return false;
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (Object.values(Deno.errors).some((kind) => cause instanceof kind)) return false;
  }
  return error instanceof NotAStoreError || error instanceof StorageError;
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

/** Moves a database, or what is left of one, to another path. */
export async function setAside(path: string, aside: string): Promise<void> {
  for (const end of ["", ...COMPANIONS]) {
    try {
      if (await isThere(path + end)) await Deno.rename(path + end, aside + end);
    } catch (error) {
      throw fsError(error, `set ${JSON.stringify(path + end)} aside`);
    }
  }
}
