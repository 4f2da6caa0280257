import { basename, dirname, join } from "@std/path";
import { InvalidOptionError, StorageError } from "../base/errors.ts";
import { fsError } from "../base/fs_error.ts";
import { makeDirectory } from "../bytes/files/make_directory.ts";
import { isBelow, toPath } from "../base/path.ts";
import { withoutSecrets } from "../base/url.ts";
import type { OpenOptions } from "./open_options.ts";
import { assertLocal, isPostgres, isS3 } from "./place.ts";

/** Default path of the database. */
export const DEFAULT_PATH = "./chachaml.db";

/** Location of a store for people. URLs have no password. */
export interface StoreLocation {
  /** Path of the database file, or URL of the database server; `undefined` for memory. */
  readonly database: string | undefined;
  /** Path of the artifact directory, or URL of the bucket. */
  readonly artifacts: string;
}

/** Location of a store, as far as it consists of files. */
export interface Location {
  /** Absolute path of the database; `undefined` for memory and for a server. */
  readonly path: string | undefined;
  /**
   * Absolute path of the artifact directory; `undefined` for a bucket. The directory exists unless
   * the store is read-only.
   */
  readonly artifactDir: string | undefined;
  /** Removes temporary files and directories. */
  readonly cleanUp: () => Promise<void>;
  /** Removes files created for a store that then failed to open. */
  readonly undo: () => Promise<void>;
}

/**
 * Returns the artifact directory paired with a database: the database's path without a final `.db`,
 * plus `-artifacts`.
 *
 * @param path Path of the database.
 * @returns Path of the directory.
 *
 * @example Derive the artifact directory
 * ```ts
 * import { artifactDirOf } from "@chachaml/store";
 * import assert from "node:assert/strict";
 *
 * assert.equal(artifactDirOf("/data/foo.db"), "/data/foo-artifacts");
 * assert.equal(artifactDirOf("/data/foo.sqlite"), "/data/foo.sqlite-artifacts");
 * ```
 */
export function artifactDirOf(path: string): string {
  return path.replace(/\.db$/, "") + "-artifacts";
}

/** Locates a store, and creates its artifact directory if it is missing. */
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
 * Locates a store that must consist of a database file and a directory.
 *
 * @throws {InvalidOptionError} If a part of it is remote.
 */
export async function locateLocal(
  action: string,
  options: OpenOptions,
): Promise<Location & { readonly artifactDir: string }> {
  assertLocal(action, options);
  return await locateFiles(toPath(options.path ?? DEFAULT_PATH), options);
}

/** Describes the location of a store for people. */
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

/** Rejects a database inside the artifact directory: `gc` would take it for an orphan. */
function requireApart(path: string, artifactDir: string): void {
  if (!isBelow(path, artifactDir)) return;
  throw new InvalidOptionError(
    `Cannot open a store: the database ${
      JSON.stringify(path)
    } must not lie in the artifact directory`,
  );
}

/** Resolves links in the path of a database, as far as possible. */
async function realPlace(path: string): Promise<string> {
  try {
    return await Deno.realPath(path);
  } catch {
    // The file does not exist yet. Its directory may be unreadable; avoid a permission prompt.
    const directory = dirname(path);
    const { state } = Deno.permissions.querySync({ name: "read", path: directory });
    if (state !== "granted") return path;
    return await Deno.realPath(directory).then((real) => join(real, basename(path)), () => path);
  }
}

/** Resolves links that lead to the artifact directory. Links inside it are never followed. */
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
    // `Deno.remove` fails unless the directory is empty.
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
  // A file in place of the directory causes an error without a code.
  return known !== error
    ? known
    : new StorageError(action, (error as Error).message, { cause: error });
}

/** Removes the temporary directory, unless another has taken its place. */
async function removeMade(path: string, made: Deno.FileInfo): Promise<void> {
  try {
    const now = await Deno.lstat(path);
    if (!now.isDirectory || now.ino !== made.ino || now.dev !== made.dev) return;
    await Deno.remove(path, { recursive: true });
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
