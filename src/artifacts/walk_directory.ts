/** Listing of the files in a directory, and of every skipped entry with its reason. */
import { join } from "@std/path";
import { InvalidSourceError } from "../base/errors.ts";
import { isOpenDatabase } from "../metadata/sqlite/open_files.ts";

/** An entry of a directory that was skipped. */
export interface SkippedEntry {
  /** Path within the directory. */
  readonly name: string;
  /**
   * `"problem"`: it could not be read or stored; the other kinds are skipped because of options.
   */
  readonly kind: "excluded" | "link" | "problem";
  /** State of the entry; completes a sentence. */
  readonly reason: string;
}

/** Options for walking a directory. */
export interface WalkOptions {
  /** Whether to follow symbolic links; otherwise they are skipped. */
  readonly symlinks: "refuse" | "skip" | "follow";
  /**
   * Whether to also follow links to directories, if links are followed.
   *
   * @default {true}
   */
  readonly followDirectories?: boolean;
  /** Returns whether to skip an entry and everything below it. */
  readonly exclude?: ((name: string, isDirectory: boolean) => boolean) | undefined;
  /** Called for each skipped entry. */
  readonly onSkipped: (entry: SkippedEntry) => void;
  /** Artifact directory of the store, which is skipped. */
  readonly artifactDir: string | undefined;
  /** Maximum number of nested directories, including the first. */
  readonly depth?: number;
}

/** A file in a directory. */
export interface FoundFile {
  /** Path within the directory, `/` separated. */
  readonly name: string;
  /** Full path. */
  readonly path: string;
}

/** State of the walk at one directory. */
interface Place {
  readonly root: string;
  /** Path within the root; `""` is the root. */
  readonly under: string;
  /** Real paths of the enclosing directories, to detect cycles of links. */
  readonly around: readonly string[];
}

/**
 * Yields the regular files below a directory. Never opens FIFOs, devices and sockets. Skips the
 * store's own database and artifacts.
 *
 * @throws {InvalidSourceError} If the directory itself cannot be listed.
 */
export async function* walkDirectory(
  root: string,
  options: WalkOptions,
): AsyncGenerator<FoundFile> {
  const real = await Deno.realPath(root).catch(() => root);
  if (real === options.artifactDir) return;
  yield* walk({ root, under: "", around: [real] }, options);
}

async function* walk(place: Place, options: WalkOptions): AsyncGenerator<FoundFile> {
  const { root, under, around } = place;
  let entries: Deno.DirEntry[];
  try {
    entries = await Array.fromAsync(Deno.readDir(join(root, under)));
  } catch (error) {
    if (under === "") throw unlisted(root, error);
    const reason = error instanceof Deno.errors.PermissionDenied
      ? "the directory cannot be read: permission was denied"
      : `the directory cannot be read: ${(error as Error).message}`;
    return options.onSkipped({ name: under, kind: "problem", reason });
  }
  for (const entry of entries.sort((a, b) => a.name < b.name ? -1 : 1)) {
    const name = under === "" ? entry.name : `${under}/${entry.name}`;
    const path = join(root, name);
    const skip = (kind: SkippedEntry["kind"], reason: string) =>
      options.onSkipped({ name, kind, reason });
    if (options.exclude?.(name, entry.isDirectory)) {
      skip("excluded", "it is excluded");
      continue;
    }
    if (entry.isSymlink && options.symlinks !== "follow") {
      skip("link", "it is a symbolic link");
      continue;
    }
    const info = await typeOf(path, entry, skip);
    if (!info) continue;
    if (info.isFile) {
      if (!isOpenDatabase(path)) yield { name, path };
    } else if (!info.isDirectory) {
      skip("problem", "it is neither a file nor a directory");
    } else {
      const real = await Deno.realPath(path).catch(() => path);
      if (real === options.artifactDir) continue;
      if (entry.isSymlink && options.followDirectories === false) {
        skip("link", "it is a symbolic link to a directory");
      } else if (entry.isSymlink && around.includes(real)) {
        skip("problem", "it is a symbolic link to a directory that it lies in");
      } else if (around.length < (options.depth ?? Infinity)) {
        yield* walk({ root, under: name, around: [...around, real] }, options);
      }
    }
  }
}

/** Returns the type of an entry, following a link. Skips it if that fails. */
async function typeOf(
  path: string,
  entry: Deno.DirEntry,
  skip: (kind: SkippedEntry["kind"], reason: string) => void,
): Promise<Pick<Deno.FileInfo, "isFile" | "isDirectory"> | undefined> {
  const { name, isSymlink } = entry;
  // The directory listing already has the type.
  if (!isSymlink && !name.includes("\ufffd")) return entry;
  try {
    return await Deno.stat(path);
  } catch (error) {
    if (isSymlink) skip("problem", "it is a symbolic link that leads nowhere");
    else if (name.includes("\ufffd")) {
      // This character replaces bytes that are not UTF-8; the file has no usable path.
      skip("problem", "its name is not UTF-8; rename it");
    } else if (!(error instanceof Deno.errors.NotFound)) {
      skip("problem", `it cannot be inspected: ${(error as Error).message}`);
    } // Otherwise it was removed meanwhile.
    return undefined;
  }
}

function unlisted(path: string, error: unknown): InvalidSourceError {
  const state = error instanceof Deno.errors.NotFound
    ? "there is no such directory"
    : error instanceof Deno.errors.NotADirectory
    ? "it is not a directory; use putFile"
    : error instanceof Deno.errors.PermissionDenied
    ? "permission was denied; check its mode"
    : (error as Error).message;
  return new InvalidSourceError(path, state, { cause: error });
}
