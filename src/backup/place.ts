/** Location of a backup: a directory outside the store, without files of other origin. */
import { basename, dirname, join } from "@std/path";
import { makeDirectory } from "../bytes/files/make_directory.ts";
import { fsError } from "../base/fs_error.ts";
import { InvalidOptionError, StorageError } from "../base/errors.ts";
import { requireNoFileOnPath } from "../base/directory.ts";
import { artifactDirOf, DEFAULT_PATH } from "../context/location.ts";
import { isBelow } from "../base/path.ts";
import type { StoreContext } from "../context/compose.ts";

/** Paths of a store's two parts, with links resolved. */
export interface Place {
  /** Absolute path of the database. */
  readonly path: string;
  /** Absolute path of the artifact directory. */
  readonly artifactDir: string;
}

/** Names of temporary databases, protected by a lease of the place. */
const TEMPORARY = /^\.[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\.new(-wal|-shm|-journal)?$/;

/** Returns a temporary path beside a database. */
export function temporaryPath(path: string): string {
  return `${path}.${crypto.randomUUID()}.new`;
}

/**
 * Removes temporary databases of interrupted processes. The caller holds the lease of the place.
 */
export async function removeTemporary(path: string): Promise<void> {
  const name = basename(path);
  for await (const entry of Deno.readDir(dirname(path))) {
    if (!entry.isFile || !entry.name.startsWith(name)) continue;
    if (TEMPORARY.test(entry.name.slice(name.length))) {
      await Deno.remove(join(dirname(path), entry.name)).catch(() => {});
    }
  }
}

/** Returns the paths of a backup in a directory. */
export function placeIn(directory: string): Place {
  const path = join(directory, basename(DEFAULT_PATH));
  return { path, artifactDir: artifactDirOf(path) };
}

/**
 * Creates the directory of a backup.
 *
 * @param source Store to back up.
 * @param directory Path of the directory.
 * @param prepare Called with the place before anything is created.
 * @throws {InvalidOptionError} If the directory overlaps the store.
 * @throws {StorageError} If it is a file.
 */
export async function makePlace(
  source: StoreContext,
  directory: string,
  prepare: (place: Place) => Promise<void>,
): Promise<Place> {
  const action = `back up to ${JSON.stringify(directory)}`;
  try {
    // Checked before creation, to leave nothing in a wrong place, and again after it.
    await requireNoFileOnPath(directory, action);
    await refuseFile(directory, action);
    await prepare(await inspect(directory, source, action));
    await make(directory, action);
    const place = await inspect(directory, source, action);
    // The backup must not be more accessible than the store.
    const mode = await modeOf(source.artifactDir);
    await make(place.artifactDir, action, (mode ?? 0o777) & 0o777 | 0o700);
    await requireNoLink(place.artifactDir, action);
    return place;
  } catch (error) {
    throw fsError(error, action);
  }
}

/** Returns the mode of a directory; `null` if it does not exist. */
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

/** Rejects a link, whose target may belong to anybody. */
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
    // The error has no distinct class, and its text depends on the platform.
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

/** Whether two stores share their database or artifacts, or one is inside the other. */
export async function overlaps(place: Place, store: StoreContext): Promise<boolean> {
  const [path, artifactDir] = [await realPath(place.path), await realPath(place.artifactDir)];
  const other = store.path === undefined ? undefined : await realPath(store.path);
  return path === other || isBelow(path, store.artifactDir) ||
    isBelow(artifactDir, store.artifactDir) ||
    (store.artifactDir !== undefined && isBelow(store.artifactDir, artifactDir)) ||
    (other !== undefined && isBelow(other, artifactDir));
}

/** Resolves links in a path that may not exist yet. */
async function realPath(path: string): Promise<string> {
  try {
    return await Deno.realPath(path);
  } catch (error) {
    const above = dirname(path);
    if (!(error instanceof Deno.errors.NotFound) || above === path) throw error;
    return join(await realPathIfAllowed(above), basename(path));
  }
}

/** Resolves links if permissions allow reading the parents; otherwise returns the path. */
async function realPathIfAllowed(path: string): Promise<string> {
  try {
    return await realPath(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) return path;
    throw error;
  }
}

/** Key that is leased while a store is copied to a place. */
export const PLACE_LOCK = "6b9dd1ee-7bd2-4c3e-9c0b-0c1d7f0a5a01";
