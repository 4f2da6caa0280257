import { NotAStoreError, StoreNotFoundError } from "../../base/errors.ts";
import { inspectSchema } from "./create_schema.ts";
import { Database, retryWhileBusy } from "./database.ts";
import { FileReader } from "./file_reader.ts";
import type { OpenDatabaseOptions } from "./open_database_options.ts";

/** Opens a database for reading only. */
export async function openReadOnly(path: string, options: OpenDatabaseOptions): Promise<Database> {
  let reader: FileReader;
  try {
    reader = new FileReader(path, options);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) throw new StoreNotFoundError(path, { cause: error });
    throw error;
  }
  const database = new Database(reader, undefined, options.busyTimeout);
  try {
    const state = await retryWhileBusy(
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
