/** Where a backup goes: a directory that is neither the store's own nor holds what it must not lose. */
import { basename, dirname, join } from "@std/path";
import { makeDirectory } from "../bytes/files/make_directory.ts";
import { fsError } from "../base/fs_error.ts";
import { InvalidOptionError, StorageError } from "../base/errors.ts";
import { requirePassable } from "../base/directory.ts";
import { artifactDirOf, DEFAULT_PATH } from "../context/location.ts";
import { isBelow } from "../base/path.ts";
import type { StoreContext } from "../context/compose.ts";

/** The two parts of a store that is to be at a place, by their real paths. */
export interface Place {
  /** Absolute path of the database. */
  readonly path: string;
  /** Absolute path of the artifact directory. */
  readonly artifactDir: string;
}

/** Names of databases on their way to their place, which only one process at a time makes. */
const TEMPORARY = /^\.[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\.new(-wal|-shm|-journal)?$/;

/** A path beside a database for one that is on its way to its place. */
export function temporaryPath(path: string): string {
  return `${path}.${crypto.randomUUID()}.new`;
}

/** Removes what an interrupted process has left at such paths. The caller holds the lease of the place. */
export async function removeTemporary(path: string): Promise<void> {
  const name = basename(path);
  for await (const entry of Deno.readDir(dirname(path))) {
    if (!entry.isFile || !entry.name.startsWith(name)) continue;
    if (TEMPORARY.test(entry.name.slice(name.length))) {
      await Deno.remove(join(dirname(path), entry.name)).catch(() => {});
    }
  }
}

/** The two parts of a backup in a directory. */
export function placeIn(directory: string): Place {
  const path = join(directory, basename(DEFAULT_PATH));
  return { path, artifactDir: artifactDirOf(path) };
}

/**
 * Makes the directory of a backup.
 *
 * @param source The store that is to be backed up.
 * @param directory Where to.
 * @param prepare Called once it is known to be no place of the store's, before anything is made.
 * @throws {InvalidOptionError} If it would get in the way of the store itself.
 * @throws {StorageError} If it is a file.
 */
export async function makePlace(
  source: StoreContext,
  directory: string,
  prepare: (place: Place) => Promise<void>,
): Promise<Place> {
  const action = `back up to ${JSON.stringify(directory)}`;
  try {
    // Looked at before it is made, so that nothing is left where it must not be; and afterwards.
    await requirePassable(directory, action);
    await refuseFile(directory, action);
    await prepare(await inspect(directory, source, action));
    await make(directory, action);
    const place = await inspect(directory, source, action);
    // A backup lets nobody see what the store does not.
    const mode = await modeOf(source.artifactDir);
    await make(place.artifactDir, action, (mode ?? 0o777) & 0o777 | 0o700);
    await requireNoLink(place.artifactDir, action);
    return place;
  } catch (error) {
    throw fsError(error, action);
  }
}

/** Mode of a directory; `null` where there is none. */
async function modeOf(directory: string | undefined): Promise<number | null> {
  if (directory === undefined) return null;
  return await Deno.stat(directory).then(({ mode }) => mode, () => null);
}

async function inspect(directory: string, source: StoreContext, action: string): Promise<Place> {
  const home = await realPath(directory);
  const place = placeIn(home);
  if (isBelow(home, source.artifactDir) || await overlaps(place, source)) {
    throw new InvalidOptionError(
      `Cannot ${action}: it is where the store itself is; choose another directory`,
    );
  }
  await requireNoLink(place.artifactDir, action);
  return place;
}

/** What lies behind a link may be anybody's. */
async function requireNoLink(path: string, action: string): Promise<void> {
  const there = await Deno.lstat(path).catch(() => undefined);
  if (!there?.isSymlink) return;
  const state = `${JSON.stringify(path)} is a symbolic link, which a backup does not follow`;
  throw new InvalidOptionError(`Cannot ${action}: ${state}; choose another directory`);
}

async function make(path: string, action: string, mode?: number): Promise<void> {
  try {
    await makeDirectory(path, mode);
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
    isBelow(artifactDir, store.artifactDir) ||
    (store.artifactDir !== undefined && isBelow(store.artifactDir, artifactDir)) ||
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

/** Leased while a store is being copied to a place. */
export const PLACE_LOCK = "6b9dd1ee-7bd2-4c3e-9c0b-0c1d7f0a5a01";
