import { basename, dirname, join } from "@std/path";
import { InvalidOptionError, StorageError } from "../base/errors.ts";
import { fsError } from "../base/fs_error.ts";
import { makeDirectory } from "../bytes/files/make_directory.ts";
import { isBelow, toPath } from "../base/path.ts";
import { withoutSecrets } from "../base/url.ts";
import type { OpenOptions } from "./open_options.ts";
import { assertLocal, isPostgres, isS3 } from "./place.ts";

/** The database of a store that nothing is said of. */
export const DEFAULT_PATH = "./chachaml.db";

/** Where the two parts of a store are, for people. A URL has no password. */
export interface StoreLocation {
  /** Path of the database file, or URL of the database server; `undefined` for memory. */
  readonly database: string | undefined;
  /** Path of the artifact directory, or URL of the bucket. */
  readonly artifacts: string;
}

/** Where the two parts of a store are, as far as they are files. */
export interface Location {
  /** Absolute path of the database; `undefined` for memory and for a server. */
  readonly path: string | undefined;
  /**
   * Absolute path of the artifact directory, which is there unless the store is read-only; `undefined`
   * for a bucket.
   */
  readonly artifactDir: string | undefined;
  /** Removes what was made for this one use. */
  readonly cleanUp: () => Promise<void>;
  /** Removes what was made for a store that could not be opened. */
  readonly undo: () => Promise<void>;
}

/**
 * The artifact directory that is paired with a database: its path, a final `.db` taken off, with
 * `-artifacts` added.
 *
 * @example The two parts of a store
 * ```ts
 * import { artifactDirOf } from "@chachaml/store";
 * import assert from "node:assert/strict";
 *
 * assert.equal(artifactDirOf("/data/foo.db"), "/data/foo-artifacts");
 * assert.equal(artifactDirOf("/data/foo.sqlite"), "/data/foo.sqlite-artifacts");
 * ```
 *
 * @param path The database's path.
 * @returns The directory's path.
 */
export function artifactDirOf(path: string): string {
  return path.replace(/\.db$/, "") + "-artifacts";
}

/** Finds the two parts of a store, and makes the artifact directory where it is missing. */
export async function locate(options: OpenOptions): Promise<Location> {
  const { inMemory = false } = options;
  const path = inMemory || isPostgres(options.path)
    ? undefined
    : toPath(options.path ?? DEFAULT_PATH);
  if (!isS3(options.artifactDir)) return await locateFiles(path, options);
  const nothing = async () => {};
  return { path, artifactDir: undefined, cleanUp: nothing, undo: nothing };
}

/**
 * Finds the two parts of a store that is a database file and a directory.
 *
 * @throws {InvalidOptionError} If a part of it is elsewhere.
 */
export async function locateLocal(
  action: string,
  options: OpenOptions,
): Promise<Location & { readonly artifactDir: string }> {
  assertLocal(action, options);
  return await locateFiles(toPath(options.path ?? DEFAULT_PATH), options);
}

/** The two parts in words for people. */
export function describePlace(
  { path, artifactDir }: Location,
  options: Pick<OpenOptions, "path" | "artifactDir">,
): StoreLocation {
  const database = path ??
    (isPostgres(options.path) ? withoutSecrets(String(options.path)) : undefined);
  return { database, artifacts: artifactDir ?? withoutSecrets(String(options.artifactDir)) };
}

async function locateFiles(
  path: string | undefined,
  options: OpenOptions,
): Promise<Location & { readonly artifactDir: string }> {
  const { readOnly = false } = options;
  if (path === undefined && options.artifactDir === undefined) {
    const temporary = await Deno.makeTempDir({ prefix: "chachaml-" });
    const artifactDir = await Deno.realPath(temporary);
    const made = await Deno.lstat(artifactDir);
    const cleanUp = () => removeMade(artifactDir, made);
    return { path, artifactDir, cleanUp, undo: cleanUp };
  }
  const artifactDir = options.artifactDir === undefined
    ? artifactDirOf(path!)
    : toPath(options.artifactDir);
  if (path !== undefined) requireApart(path, artifactDir);
  const root = await resolveRoot(artifactDir, readOnly);
  try {
    if (path !== undefined) requireApart(await realPlace(path), root.path);
  } catch (error) {
    await root.undo();
    throw error;
  }
  return { path, artifactDir: root.path, cleanUp: async () => {}, undo: root.undo };
}

/** A collector would take a database that lies among the artifacts for an orphan. */
function requireApart(path: string, artifactDir: string): void {
  if (!isBelow(path, artifactDir)) return;
  throw new InvalidOptionError(
    `Cannot open a store: the database ${
      JSON.stringify(path)
    } must not lie in the artifact directory`,
  );
}

/** The path of a database without links, as far as that can be told. */
async function realPlace(path: string): Promise<string> {
  try {
    return await Deno.realPath(path);
  } catch {
    // It is not there yet. Its directory need not be ours to read; nobody is to be asked for that.
    const directory = dirname(path);
    const { state } = Deno.permissions.querySync({ name: "read", path: directory });
    if (state !== "granted") return path;
    return await Deno.realPath(directory).then((real) => join(real, basename(path)), () => path);
  }
}

/** The directory itself may be reached through links; nothing in it may. */
async function resolveRoot(
  artifactDir: string,
  readOnly: boolean,
): Promise<{ path: string; undo: () => Promise<void> }> {
  try {
    const path = await Deno.realPath(artifactDir);
    if (!(await Deno.stat(path)).isDirectory) throw new Deno.errors.NotADirectory();
    return { path, undo: async () => {} };
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw unusable(artifactDir, error);
    if (readOnly) return { path: artifactDir, undo: async () => {} };
  }
  try {
    await makeDirectory(artifactDir);
    const path = await Deno.realPath(artifactDir);
    // It goes only while it is empty.
    return { path, undo: () => Deno.remove(path).catch(() => {}) };
  } catch (error) {
    throw unusable(artifactDir, error);
  }
}

function unusable(artifactDir: string, error: unknown): unknown {
  const action = `use the artifact directory ${JSON.stringify(artifactDir)}`;
  if (error instanceof Deno.errors.NotADirectory) {
    return new StorageError(action, "it is not a directory", { cause: error });
  }
  const known = fsError(error, action);
  // A file in its place is told of by an error of no particular kind.
  return known !== error
    ? known
    : new StorageError(action, (error as Error).message, { cause: error });
}

/** Removes the directory only if it is still the very one that was made. */
async function removeMade(path: string, made: Deno.FileInfo): Promise<void> {
  try {
    const now = await Deno.lstat(path);
    if (!now.isDirectory || now.ino !== made.ino || now.dev !== made.dev) return;
    await Deno.remove(path, { recursive: true });
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
