/** Composition of a store. */
import { ArtifactStore } from "../artifacts/artifact_store.ts";
import { StoreNotFoundError } from "../base/errors.ts";
import { chooseDriver } from "../metadata/sqlite/choose_driver.ts";
import type { SqlDriver } from "../metadata/sqlite/sql_driver.ts";
import { ownerOf, requireFreeDirectory, takeDirectory } from "./artifact_directory.ts";
import { openServer } from "./open_server.ts";
import { describePlace, locate, type Location } from "./location.ts";
import { assertOpenOptions, type OpenOptions } from "./open_options.ts";
import { openBytes, openMetadata } from "./open_parts.ts";
import { isPostgres, isServer } from "./place.ts";
import { requireRuntime } from "./runtime.ts";
import type { StoreContext } from "./store_context.ts";

export type { StoreContext } from "./store_context.ts";

/**
 * Opens the parts of a store, and creates missing ones. Throws the errors of {@linkcode openStore}.
 */
export async function openContext(options: OpenOptions): Promise<StoreContext> {
  requireRuntime();
  assertOpenOptions(options);
  if (isServer(options.path)) return await openServer(options);
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
    return { ...parts, remote: undefined, metadata, bytes, artifacts, close };
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
