/** Directories below a root: made, checked and synced without ever following a link. */
import { join } from "@std/path";
import { StorageError, UnsafePathError } from "../../base/errors.ts";

/** The directories that lie between `root` and the file at `path`, outermost first. */
function* directoriesOf(root: string, path: string): Generator<string> {
  let directory = root;
  for (const segment of path.split("/").slice(0, -1)) yield directory = join(directory, segment);
}

/**
 * Refuses a path whose directories are not all real directories below the root.
 *
 * @throws {UnsafePathError} If one is a link, or anything else.
 * @throws {Deno.errors.NotFound} If one is not there.
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

/** A directory that is there, and which one it is. */
export interface Directory {
  /** Absolute path. */
  readonly path: string;
  /** Path, inode and birth: another one after it has been removed and made again. */
  readonly id: string;
  /** Whether it was made just now. */
  readonly made: boolean;
}

/** Makes directories. What one turn of the event loop finds, it need not look at again. */
export class DirectoryMaker {
  readonly #root: string;
  readonly #found = new Map<string, Directory>();

  /** Makes directories below `root`. */
  constructor(root: string) {
    this.#root = root;
  }

  /** Makes the directories of a path, outermost first. The caller holds the write lock. */
  make(path: string): Directory[] {
    if (this.#found.size === 0) queueMicrotask(() => this.#found.clear());
    const directories: Directory[] = [];
    for (const directory of directoriesOf(this.#root, path)) {
      let found = this.#found.get(directory);
      if (!found) {
        const { info, made } = makeOrFind(directory, path);
        // An inode alone may be that of a directory that is gone.
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

/** Removes a directory that holds nothing but empty directories; `false` if it holds more. */
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

/** Removes the directories of a path that are empty, innermost first. The caller holds the lock. */
export function removeEmptyDirectories(root: string, path: string): void {
  for (const directory of [...directoriesOf(root, path)].reverse()) {
    try {
      Deno.removeSync(directory);
    } catch {
      return; // It is not empty, or gone already.
    }
  }
}

/** Syncs directories to disk; calls of one turn of the event loop for one directory are one. */
export class DirectorySync {
  readonly #pending = new Map<string, Promise<void>>();

  /** Resolves once the entries that `directory` has now are durable. */
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
  // Windows opens no directories; NTFS journals their entries.
  if (Deno.build.os === "windows") return;
  using file = await Deno.open(directory);
  await file.sync();
}
