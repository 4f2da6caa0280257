/** Composition of a store. */
import { ArtifactStore } from "../artifacts/artifact_store.ts";
import { StoreNotFoundError } from "../base/errors.ts";
import type { ByteStore } from "../bytes/byte_store.ts";
import type { MetadataStore } from "../metadata/metadata_store.ts";
import { chooseDriver } from "../metadata/sqlite/choose_driver.ts";
import type { SqlDriver } from "../metadata/sqlite/sql_driver.ts";
import { ownerOf, requireFreeDirectory, takeDirectory } from "./artifact_directory.ts";
import { describePlace, locate, type Location, type StoreLocation } from "./location.ts";
import { assertOpenOptions, type OpenOptions } from "./open_options.ts";
import { openBytes, openMetadata } from "./open_parts.ts";
import { isPostgres } from "./place.ts";
import { requireRuntime } from "./runtime.ts";

/** Parts and settings of an open store. */
export interface StoreContext {
  /** Location for people: paths, or URLs without passwords. */
  readonly location: StoreLocation;
  /** Absolute path of the database file; `undefined` for memory and for a database server. */
  readonly path: string | undefined;
  /** Absolute path of the artifact directory; `undefined` where artifacts are not files. */
  readonly artifactDir: string | undefined;
  /** SQLite driver in use; `undefined` for a database server. */
  readonly driver: SqlDriver | undefined;
  /** Whether writes are rejected. */
  readonly readOnly: boolean;
  /** How long to wait for other writers, in milliseconds. */
  readonly busyTimeout: number;
  /** Clock, in epoch milliseconds. */
  readonly now: () => number;
  /** Runs, artifact records and models. */
  readonly metadata: MetadataStore;
  /** Bytes of artifacts. */
  readonly bytes: ByteStore;
  /** Artifact records combined with their bytes. */
  readonly artifacts: ArtifactStore;
  /** Closes everything that was opened. */
  readonly close: () => Promise<void>;
}

/**
 * Opens the parts of a store, and creates missing ones. Throws the errors of {@linkcode openStore}.
 */
export async function openContext(options: OpenOptions): Promise<StoreContext> {
  requireRuntime();
  assertOpenOptions(options);
  const driver = isPostgres(options.path)
    ? undefined
    : await chooseDriver(options.driver ?? "auto");
  const place = await locate(options);
  try {
    if (options.create === false && place.path !== undefined) await requireDatabase(place.path);
    return await openAt(place, driver, options);
  } catch (error) {
    await place.undo();
    throw error;
  }
}

async function openAt(
  place: Location,
  driver: SqlDriver | undefined,
  options: OpenOptions,
): Promise<StoreContext> {
  const { path, artifactDir, cleanUp } = place;
  const { readOnly = false, busyTimeout = 60_000 } = options;
  const now = Date.now;
  if (!readOnly && artifactDir !== undefined && driver) {
    await requireFreeDirectory(artifactDir, path, options);
  }
  const metadata = await openMetadata(place, driver, options, now);
  try {
    const bytes = await openBytes(place, options, now);
    const how = { root: artifactDir, now, busyTimeout };
    const artifacts = new ArtifactStore(metadata.artifacts, bytes, how);
    const close = async () => {
      await metadata.close();
      bytes.close?.();
      await cleanUp();
    };
    if (!readOnly) {
      const owner = driver ? path : await ownerOf(metadata);
      const note = artifactDir === undefined
        ? undefined
        : await takeDirectory(artifactDir, owner, metadata, options);
      await artifacts.recover();
      await note?.();
    }
    const location = describePlace(place, options);
    const parts = { location, path, artifactDir, driver, readOnly, busyTimeout, now };
    return { ...parts, metadata, bytes, artifacts, close };
  } catch (error) {
    await metadata.close();
    throw error;
  }
}

async function requireDatabase(path: string): Promise<void> {
  try {
    await Deno.stat(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) throw new StoreNotFoundError(path);
    // Other errors are reported when the database is opened.
  }
}
