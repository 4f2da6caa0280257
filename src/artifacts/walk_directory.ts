/** The files below a directory, and every entry that is none of them, with the reason. */
import { join } from "@std/path";
import { InvalidSourceError } from "../base/errors.ts";
import { isOpenDatabase } from "../metadata/sqlite/open_files.ts";

/** Why an entry of a directory is not stored. */
export interface LeftOut {
  /** Its path within the directory. */
  readonly name: string;
  /** `"problem"` is what could not be read or stored; the others are left out on demand. */
  readonly kind: "excluded" | "link" | "problem";
  /** The state of the entry, to finish a sentence. */
  readonly reason: string;
}

/** How to walk a directory. */
export interface WalkOptions {
  /** Whether a symbolic link is stored as what it leads to; otherwise it is left out. */
  readonly symlinks: "refuse" | "skip" | "follow";
  /**
   * Whether links to directories are followed, too, where links are.
   *
   * @default {true}
   */
  readonly followDirectories?: boolean;
  /** Whether to leave out an entry, and all below it. */
  readonly exclude?: ((name: string, isDirectory: boolean) => boolean) | undefined;
  /** Called for each entry that is left out. */
  readonly onLeftOut: (entry: LeftOut) => void;
  /** The artifact directory of the store, if it has one, which is no source. */
  readonly artifactDir: string | undefined;
  /** Directories that are walked at most, the first one included. */
  readonly depth?: number;
}

/** A file found in a directory. */
export interface FoundFile {
  /** Path within the directory, `/` separated. */
  readonly name: string;
  /** Its path. */
  readonly path: string;
}

/** What the walk knows of the directory that it is in. */
interface Place {
  readonly root: string;
  /** Path within the root; `""` is the root. */
  readonly under: string;
  /** Real paths of the directories around, where links are followed: they must not lead in circles. */
  readonly around: readonly string[];
}

/**
 * Finds the regular files below a directory. FIFOs, devices and sockets are never opened. The store's
 * own database and artifacts are passed over.
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
    return options.onLeftOut({ name: under, kind: "problem", reason });
  }
  for (const entry of entries.sort((a, b) => a.name < b.name ? -1 : 1)) {
    const name = under === "" ? entry.name : `${under}/${entry.name}`;
    const path = join(root, name);
    const leave = (kind: LeftOut["kind"], reason: string) =>
      options.onLeftOut({ name, kind, reason });
    if (options.exclude?.(name, entry.isDirectory)) {
      leave("excluded", "it is excluded");
      continue;
    }
    if (entry.isSymlink && options.symlinks !== "follow") {
      leave("link", "it is a symbolic link");
      continue;
    }
    const info = await look(path, entry, leave);
    if (!info) continue;
    if (info.isFile) {
      if (!isOpenDatabase(path)) yield { name, path };
    } else if (!info.isDirectory) {
      leave("problem", "it is neither a file nor a directory");
    } else {
      const real = await Deno.realPath(path).catch(() => path);
      if (real === options.artifactDir) continue;
      if (entry.isSymlink && options.followDirectories === false) {
        leave("link", "it is a symbolic link to a directory");
      } else if (entry.isSymlink && around.includes(real)) {
        leave("problem", "it is a symbolic link to a directory that it lies in");
      } else if (around.length < (options.depth ?? Infinity)) {
        yield* walk({ root, under: name, around: [...around, real] }, options);
      }
    }
  }
}

/** What an entry is, behind a link; it is left out if that cannot be found. */
async function look(
  path: string,
  entry: Deno.DirEntry,
  leave: (kind: LeftOut["kind"], reason: string) => void,
): Promise<Pick<Deno.FileInfo, "isFile" | "isDirectory"> | undefined> {
  const { name, isSymlink } = entry;
  // The listing says it already.
  if (!isSymlink && !name.includes("\ufffd")) return entry;
  try {
    return await Deno.stat(path);
  } catch (error) {
    if (isSymlink) leave("problem", "it is a symbolic link that leads nowhere");
    else if (name.includes("\ufffd")) {
      // Bytes that are no text are shown by this character, and no path leads to the file.
      leave("problem", "its name is not UTF-8; rename it");
    } else if (!(error instanceof Deno.errors.NotFound)) {
      leave("problem", `it cannot be looked at: ${(error as Error).message}`);
    } // Otherwise it went away meanwhile.
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
