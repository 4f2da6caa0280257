/** Creating, checking and syncing of directories, without following links. */
import { join } from "@std/path";
import { StorageError, UnsafePathError } from "../../base/errors.ts";

/** Yields the directories between `root` and the file at `path`, outermost first. */
function* directoriesOf(root: string, path: string): Generator<string> {
  let directory = root;
  for (const segment of path.split("/").slice(0, -1)) yield directory = join(directory, segment);
}

/**
 * Checks that all directories of a path are real directories below the root.
 *
 * @throws {UnsafePathError} If one is a link, or not a directory.
 * @throws {Deno.errors.NotFound} If one does not exist.
 */
export function requirePlainDirectories(root: string, path: string): void {
  for (const directory of directoriesOf(root, path)) {
    const info = Deno.lstatSync(directory);
    if (!info.isDirectory) throw new UnsafePathError(path, stateOf(directory, info));
  }
}

function stateOf(directory: string, { isSymlink }: Deno.FileInfo): string {
  return `${JSON.stringify(directory)} is ${isSymlink ? "a symbolic link" : "no directory"}`;
}

/** An existing directory with its identity. */
export interface Directory {
  /** Absolute path. */
  readonly path: string;
  /** Path, inode and birth time: changes if the directory is removed and created again. */
  readonly id: string;
  /** Whether it was just created. */
  readonly made: boolean;
}

/** Creates directories. Caches lookups within one turn of the event loop. */
export class DirectoryMaker {
  readonly #root: string;
  readonly #found = new Map<string, Directory>();

  /** Creates a maker of directories below `root`. */
  constructor(root: string) {
    this.#root = root;
  }

  /** Creates the directories of a path, outermost first. The caller holds the write lock. */
  make(path: string): Directory[] {
    if (this.#found.size === 0) queueMicrotask(() => this.#found.clear());
    const directories: Directory[] = [];
    for (const directory of directoriesOf(this.#root, path)) {
      let found = this.#found.get(directory);
      if (!found) {
        const { info, made } = makeOrFind(directory, path);
        // The inode alone could belong to a removed directory.
        found = {
          path: directory,
          id: `${directory}\0${info.ino} ${+(info.birthtime ?? 0)}`,
          made,
        };
        this.#found.set(directory, found);
      }
      directories.push(found);
    }
    return directories;
  }
}

function makeOrFind(directory: string, path: string): { info: Deno.FileInfo; made: boolean } {
  let info: Deno.FileInfo;
  let made = false;
  try {
    info = Deno.lstatSync(directory);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    Deno.mkdirSync(directory);
    made = true;
    info = Deno.lstatSync(directory);
  }
  requireDirectory(directory, path, info);
  return { info, made };
}

function requireDirectory(directory: string, path: string, info: Deno.FileInfo): void {
  if (info.isDirectory) return;
  if (info.isSymlink) throw new UnsafePathError(path, stateOf(directory, info));
  throw new StorageError(
    `use the path ${JSON.stringify(path)}`,
    `${
      JSON.stringify(directory)
    } is in its way and no artifact; move it elsewhere, or collect it (gc)`,
  );
}

/** Removes a directory that contains only empty directories; `false` if it contains more. */
export function removeIfEmpty(directory: string): boolean {
  try {
    for (const { name, isDirectory } of Deno.readDirSync(directory)) {
      if (!isDirectory || !removeIfEmpty(join(directory, name))) return false;
    }
    Deno.removeSync(directory);
    return true;
  } catch {
    return false;
  }
}

/** Removes the empty directories of a path, innermost first. The caller holds the write lock. */
export function removeEmptyDirectories(root: string, path: string): void {
  for (const directory of [...directoriesOf(root, path)].reverse()) {
    try {
      Deno.removeSync(directory);
    } catch {
      return; // Not empty, or already removed.
    }
  }
}

/** Syncs directories. Calls for one directory within one turn of the event loop share a sync. */
export class DirectorySync {
  readonly #pending = new Map<string, Promise<void>>();

  /** Resolves once the current entries of `directory` are durable. */
  sync(directory: string): Promise<void> {
    let pending = this.#pending.get(directory);
    if (!pending) {
      pending = Promise.resolve().then(async () => {
        this.#pending.delete(directory);
        await syncDirectory(directory);
      });
      this.#pending.set(directory, pending);
    }
    return pending;
  }
}

/** Makes the entries of a directory durable. */
export async function syncDirectory(directory: string): Promise<void> {
  // Windows cannot open directories; NTFS journals their entries.
  if (Deno.build.os === "windows") return;
  using file = await Deno.open(directory);
  await file.sync();
}
