/** Where a backup goes: a directory that is neither the store's own nor holds what it must not lose. */
import { option, phrase } from "../base/phrase.ts";
import { ensureDir } from "@std/fs";
import { basename, dirname, join } from "@std/path";
import type { ByteStore } from "../bytes/byte_store.ts";
import { fsError } from "../base/fs_error.ts";
import { InvalidOptionError, StorageError } from "../base/errors.ts";
import { requirePassable } from "../base/directory.ts";
import { artifactDirOf, DEFAULT_PATH } from "../context/location.ts";
import { STAGING } from "../names/names.ts";
import { isBelow } from "../base/path.ts";
import type { StoreContext } from "../context/compose.ts";
import { isThere } from "./database_copy.ts";
import { PreviousBackup } from "./previous_backup.ts";

/** Locked while a store is being copied to a place; like anything staged, it is known by a UUID. */
export const PLACE_LOCK = "6b9dd1ee-7bd2-4c3e-9c0b-0c1d7f0a5a01";

/** Staged from the start of a first backup to its end, when it is collected with all of its kind. */
const FIRST_BACKUP = "6b9dd1ee-7bd2-4c3e-9c0b-0c1d7f0a5a02";

/** The two parts of a store that is to be at a place, by their real paths. */
export interface Place {
  /** Absolute path of the database. */
  readonly path: string;
  /** Absolute path of the artifact directory. */
  readonly artifactDir: string;
}

/**
 * Makes the directory of a backup.
 *
 * @throws {InvalidOptionError} If it would get in the way of the store itself, or holds another.
 * @throws {StorageError} If it is a file.
 */
export async function makePlace(source: StoreContext, directory: string): Promise<Place> {
  const action = `back up to ${JSON.stringify(directory)}`;
  try {
    // Looked at before it is made, so that nothing is left where it must not be; and afterwards.
    await requirePassable(directory, action);
    await refuseFile(directory, action);
    await placeIn(directory, source, action);
    await makeDirectory(directory, action);
    const place = await placeIn(directory, source, action);
    if (!await isThere(place.artifactDir)) {
      // A store that is no backup gets none beside it.
      const previous = await PreviousBackup.open(place.path, source.driver, "", true);
      previous?.close();
    }
    await makeDirectory(place.artifactDir, action);
    return place;
  } catch (error) {
    throw fsError(error, action);
  }
}

async function placeIn(directory: string, source: StoreContext, action: string): Promise<Place> {
  const home = await realPath(directory);
  const path = join(home, basename(DEFAULT_PATH));
  const place = { path, artifactDir: await realPath(artifactDirOf(path)) };
  if (isBelow(home, source.artifactDir) || await overlaps(place, source)) {
    throw new InvalidOptionError(
      `Cannot ${action}: it is where the store itself is; choose another directory`,
    );
  }
  return place;
}

async function makeDirectory(path: string, action: string): Promise<void> {
  try {
    await ensureDir(path);
  } catch (error) {
    // Of no particular kind, and in words of its own for each implementation.
    await refuseFile(path, action);
    throw error;
  }
}

async function refuseFile(path: string, action: string): Promise<void> {
  const found = await Deno.stat(path).catch(() => undefined);
  if (!found || found.isDirectory) return;
  const state = `${JSON.stringify(path)} is a file; choose another directory`;
  throw new StorageError(action, state);
}

/** Whether two stores have a database or artifacts in common, or one lies among the other's. */
export async function overlaps(place: Place, store: StoreContext): Promise<boolean> {
  const [path, artifactDir] = [await realPath(place.path), await realPath(place.artifactDir)];
  const other = store.path === undefined ? undefined : await realPath(store.path);
  return path === other || isBelow(path, store.artifactDir) ||
    isBelow(artifactDir, store.artifactDir) || isBelow(store.artifactDir, artifactDir) ||
    (other !== undefined && isBelow(other, artifactDir));
}

/** The real path of what is there, or is to be. */
async function realPath(path: string): Promise<string> {
  try {
    return await Deno.realPath(path);
  } catch (error) {
    const above = dirname(path);
    if (!(error instanceof Deno.errors.NotFound) || above === path) throw error;
    return join(await realPathIfAllowed(above), basename(path));
  }
}

/** What lies above one's own paths, one may not look at; the path is then as it was given. */
async function realPathIfAllowed(path: string): Promise<string> {
  try {
    return await realPath(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) return path;
    throw error;
  }
}

/**
 * Has a directory without a database be that of a first backup, perhaps of one that was interrupted.
 * What a backup has no use for is removed from it at last, so it must hold no one else's files.
 *
 * @throws {InvalidOptionError} If there are some, unless `takeOver` is set.
 */
export async function claimPlace(
  { path, artifactDir }: Place,
  bytes: ByteStore,
  takeOver: boolean,
): Promise<void> {
  const action = `back up to ${JSON.stringify(path)}`;
  const mark = join(artifactDir, STAGING, FIRST_BACKUP);
  if (await isThere(mark)) return;
  for (const { path: file, kind } of takeOver ? [] : bytes.entries()) {
    if (kind === "folder" || file.startsWith(`${STAGING}/`)) continue;
    throw new InvalidOptionError(
      phrase`Cannot ${action}: beside it is ${
        JSON.stringify(file)
      }, which is of no backup and would be lost; choose another directory, or take it over (${
        option("takeOver", true)
      })`,
    );
  }
  try {
    await Deno.writeTextFile(mark, "");
  } catch (error) {
    throw fsError(error, action);
  }
}
