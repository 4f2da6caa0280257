import { ensureDir } from "@std/fs";
import { InvalidOptionError, StorageError } from "./errors.ts";
import { fsError } from "./bytes/fs_error.ts";
import type { OpenOptions } from "./open_options.ts";
import { isBelow, toPath } from "./path.ts";

/** The database of a store that nothing is said of. */
export const DEFAULT_PATH = "./chachaml.db";

/** Where the two parts of a store are. */
export interface Location {
  /** Absolute path of the database; `undefined` for memory. */
  readonly path: string | undefined;
  /** Absolute path of the artifact directory, which is there unless the store is read-only. */
  readonly artifactDir: string;
  /** Removes what was made for this one use. */
  readonly cleanUp: () => Promise<void>;
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
  const { inMemory = false, readOnly = false } = options;
  const path = inMemory ? undefined : toPath(options.path ?? DEFAULT_PATH);
  if (path === undefined && options.artifactDir === undefined) {
    const temporary = await Deno.makeTempDir({ prefix: "chachaml-" });
    const artifactDir = await Deno.realPath(temporary);
    const made = await Deno.lstat(artifactDir);
    return { path, artifactDir, cleanUp: () => removeMade(artifactDir, made) };
  }
  const artifactDir = options.artifactDir === undefined
    ? artifactDirOf(path!)
    : toPath(options.artifactDir);
  // A collector would take a database that lies among the artifacts for an orphan.
  if (path !== undefined && isBelow(path, artifactDir)) {
    throw new InvalidOptionError(
      `Cannot open a store: the database ${
        JSON.stringify(path)
      } must not lie in the artifact directory`,
    );
  }
  return { path, artifactDir: await resolveRoot(artifactDir, readOnly), cleanUp: async () => {} };
}

/** The directory itself may be reached through links; nothing in it may. */
async function resolveRoot(artifactDir: string, readOnly: boolean): Promise<string> {
  try {
    if (!readOnly) await ensureDir(artifactDir);
    return await Deno.realPath(artifactDir);
  } catch (error) {
    if (readOnly && error instanceof Deno.errors.NotFound) return artifactDir;
    const action = `use the artifact directory ${JSON.stringify(artifactDir)}`;
    const known = fsError(error, action);
    // A file in its place is told of by an error of no particular kind.
    throw known !== error ? known : new StorageError(action, (error as Error).message, {
      cause: error,
    });
  }
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
