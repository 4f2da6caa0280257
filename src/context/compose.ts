/** The parts that a store is put together from. */
import { noteOwner, requireOwn, requireStoreDirectory } from "../bytes/files/owner.ts";
import { ArtifactStore } from "../artifacts/artifact_store.ts";
import type { ByteStore } from "../bytes/byte_store.ts";
import { FileByteStore } from "../bytes/files/file_byte_store.ts";
import { locate } from "./location.ts";
import { requireNoFormerLife } from "./lost_database.ts";
import { assertOpenOptions, type OpenOptions } from "./open_options.ts";
import type { MetadataStore } from "../metadata/metadata_store.ts";
import { requireRuntime } from "./runtime.ts";
import { chooseDriver } from "../metadata/sqlite/choose_driver.ts";
import { openDatabase } from "../metadata/sqlite/open_database.ts";
import type { SqlDriver } from "../metadata/sqlite/sql_driver.ts";
import { SqliteMetadata } from "../metadata/sqlite/metadata_store.ts";

/** What a store is put together from. */
export interface StoreContext {
  /** Absolute path of the database; `undefined` for memory. */
  readonly path: string | undefined;
  /** Absolute path of the artifact directory. */
  readonly artifactDir: string;
  /** The SQLite binding in use. */
  readonly driver: SqlDriver;
  /** Whether writing is refused. */
  readonly readOnly: boolean;
  /** How long other writers are waited for, in milliseconds. */
  readonly busyTimeout: number;
  /** The clock, in epoch milliseconds. */
  readonly now: () => number;
  /** Runs, records of artifacts, models. */
  readonly metadata: MetadataStore;
  /** Bytes of artifacts. */
  readonly bytes: ByteStore;
  /** Rows and bytes put together. */
  readonly artifacts: ArtifactStore;
  /** Gives back what was opened. */
  readonly close: () => Promise<void>;
}

/** Opens the parts of a store, creating what is missing. Throws what {@linkcode openStore} throws. */
export async function openContext(options: OpenOptions): Promise<StoreContext> {
  requireRuntime();
  assertOpenOptions(options);
  const { readOnly = false, durability = "full", busyTimeout = 60_000 } = options;
  const driver = await chooseDriver(options.driver ?? "auto");
  const { path, artifactDir, cleanUp, undo } = await locate(options);
  try {
    if (!readOnly) await requireOwn(artifactDir, path);
    if (!readOnly && !options.adoptDirectory && path !== undefined) {
      await requireNoFormerLife(path, artifactDir);
    }
    const database = await openDatabase({ path, driver, readOnly, durability, busyTimeout });
    const now = Date.now;
    const bytes = new FileByteStore(artifactDir, durability === "full" && path !== undefined);
    const metadata = new SqliteMetadata(database, driver, now, path);
    const how = { root: artifactDir, now, busyTimeout };
    const artifacts = new ArtifactStore(metadata.artifacts, bytes, how);
    const close = async () => {
      await metadata.close();
      await cleanUp();
    };
    try {
      if (!readOnly && !options.adoptDirectory) {
        await requireStoreDirectory(artifactDir, (names) => metadata.runs.everKnown(names));
      }
      if (!readOnly) await artifacts.recover();
      if (!readOnly && path !== undefined) await noteOwner(artifactDir, path);
    } catch (error) {
      await database.close();
      throw error;
    }
    const parts = { path, artifactDir, driver, readOnly, busyTimeout, now };
    return { ...parts, metadata, bytes, artifacts, close };
  } catch (error) {
    await undo();
    throw error;
  }
}
