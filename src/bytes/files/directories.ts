/** Directories below a root: made, checked and synced without ever following a link. */
import { join } from "@std/path";
import { StorageError, UnsafePathError } from "../../base/errors.ts";

/** The directories that lie between `root` and the file at `path`, outermost first. */
function* directoriesOf(root: string, path: string): Generator<string> {
  let folder = root;
  for (const segment of path.split("/").slice(0, -1)) yield folder = join(folder, segment);
}

/**
 * Refuses a path whose folders are not all real directories below the root.
 *
 * @throws {UnsafePathError} If one is a link, or anything else.
 * @throws {Deno.errors.NotFound} If one is not there.
 */
export function requirePlainDirectories(root: string, path: string): void {
  for (const folder of directoriesOf(root, path)) {
    const info = Deno.lstatSync(folder);
    if (!info.isDirectory) throw new UnsafePathError(path, stateOf(folder, info));
  }
}

function stateOf(folder: string, { isSymlink }: Deno.FileInfo): string {
  return `${JSON.stringify(folder)} is ${isSymlink ? "a symbolic link" : "no directory"}`;
}

/** A folder that is there, and which one it is. */
export interface Folder {
  /** Absolute path. */
  readonly path: string;
  /** Path, inode and birth: another one after it has been removed and made again. */
  readonly id: string;
  /** Whether it was made just now. */
  readonly made: boolean;
}

/** Makes folders. What one turn of the event loop finds, it need not look at again. */
export class DirectoryMaker {
  readonly #root: string;
  readonly #found = new Map<string, Folder>();

  /** Makes folders below `root`. */
  constructor(root: string) {
    this.#root = root;
  }

  /** Makes the folders of a path, outermost first. The caller holds the write lock. */
  make(path: string): Folder[] {
    if (this.#found.size === 0) queueMicrotask(() => this.#found.clear());
    const folders: Folder[] = [];
    for (const folder of directoriesOf(this.#root, path)) {
      let found = this.#found.get(folder);
      if (!found) {
        const { info, made } = makeFolder(folder, path);
        // An inode alone may be that of a folder that is gone.
        found = { path: folder, id: `${folder}\0${info.ino} ${+(info.birthtime ?? 0)}`, made };
        this.#found.set(folder, found);
      }
      folders.push(found);
    }
    return folders;
  }
}

function makeFolder(folder: string, path: string): { info: Deno.FileInfo; made: boolean } {
  let info: Deno.FileInfo;
  let made = false;
  try {
    info = Deno.lstatSync(folder);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    Deno.mkdirSync(folder);
    made = true;
    info = Deno.lstatSync(folder);
  }
  requireDirectory(folder, path, info);
  return { info, made };
}

function requireDirectory(folder: string, path: string, info: Deno.FileInfo): void {
  if (info.isDirectory) return;
  if (info.isSymlink) throw new UnsafePathError(path, stateOf(folder, info));
  throw new StorageError(
    `use the path ${JSON.stringify(path)}`,
    `${
      JSON.stringify(folder)
    } is in its way and no artifact; move it elsewhere, or collect it (gc)`,
  );
}

/** Removes a folder that holds nothing but empty folders; `false` if it holds more. */
export function removeIfEmpty(folder: string): boolean {
  try {
    for (const { name, isDirectory } of Deno.readDirSync(folder)) {
      if (!isDirectory || !removeIfEmpty(join(folder, name))) return false;
    }
    Deno.removeSync(folder);
    return true;
  } catch {
    return false;
  }
}

/** Removes the folders of a path that are empty, innermost first. The caller holds the lock. */
export function removeEmptyDirectories(root: string, path: string): void {
  for (const folder of [...directoriesOf(root, path)].reverse()) {
    try {
      Deno.removeSync(folder);
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
