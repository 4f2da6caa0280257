/** Opens the adapters of a store's two parts. */
import { onDemand } from "../base/on_demand.ts";
import type { ByteStore } from "../bytes/byte_store.ts";
import { FileByteStore } from "../bytes/files/file_byte_store.ts";
import type { MetadataStore } from "../metadata/metadata_store.ts";
import { SqliteMetadata } from "../metadata/sqlite/metadata_store.ts";
import { openDatabase } from "../metadata/sqlite/open_database.ts";
import type { SqlDriver } from "../metadata/sqlite/sql_driver.ts";
import type { Location } from "./location.ts";
import type { OpenOptions } from "./open_options.ts";

// Server adapters are loaded on demand: most stores are files.

/** Opens the metadata store: SQLite if there is a driver, otherwise a database server. */
export async function openMetadata(
  { path }: Location,
  driver: SqlDriver | undefined,
  options: OpenOptions,
  now: () => number,
): Promise<MetadataStore> {
  const { readOnly = false, durability = "full", busyTimeout = 60_000 } = options;
  if (driver) {
    const database = await openDatabase({ path, driver, readOnly, durability, busyTimeout });
    return new SqliteMetadata(database, driver, now, path);
  }
  const { openPostgres } = await import(
    onDemand("../metadata/postgres/open.ts")
  ) as typeof import("../metadata/postgres/open.ts");
  const { poolSize = 10, create = true } = options;
  const how = { readOnly, durability, busyTimeout, poolSize, create, now };
  return await openPostgres(String(options.path), how);
}

/** Opens the byte store: a directory or a bucket. */
export async function openBytes(
  { artifactDir }: Location,
  { durability = "full", inMemory = false, readOnly = false, artifactDir: url }: OpenOptions,
  now: () => number,
): Promise<ByteStore> {
  if (artifactDir !== undefined) {
    return new FileByteStore(artifactDir, durability === "full" && !inMemory);
  }
  const { openS3 } = await import("../bytes/s3/open.ts");
  return await openS3(String(url), { durability, readOnly, now });
}
