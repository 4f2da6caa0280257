/**
 * Disk space that is kept for the log of a database, so that removals can be committed when the
 * disk is full.
 */
import { basename, dirname, join } from "@std/path";

/** Returns the path of the file that keeps the space for a database: beside it, and hidden. */
export function reservePath(path: string): string {
  return join(dirname(path), `.${basename(path)}-reserve`);
}

/** Size of the reserve in bytes: the log of removing a run with some 1,000 artifacts. */
const SIZE = 1024 * 1024;

/** Size of the header of a log. Zeros make SQLite ignore whatever follows. */
const HEADER = 32;

/** Size in bytes that `crypto.getRandomValues` fills at once. */
const MAX_RANDOM = 65_536;

/**
 * The reserve of a database. It is lent as the log itself, by a second name of the same file: its
 * blocks are overwritten in place, so that no other program can take them meanwhile, and stay
 * allocated when SQLite removes the log.
 */
export class Reserve {
  readonly #database: string;
  readonly #path: string;

  /** Describes the reserve of the database at `path`. */
  constructor(path: string) {
    this.#database = path;
    this.#path = reservePath(path);
  }

  /** Creates the reserve if it is missing. Best effort: the disk may be full already. */
  fill(): void {
    if (!this.#isPermitted()) return;
    try {
      const { isFile, size, nlink } = Deno.lstatSync(this.#path);
      // A second name is the log of a program that uses it now, or was killed.
      if (!isFile || size >= SIZE || nlink !== 1) return;
      Deno.removeSync(this.#path);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) return;
    }
    try {
      // Exclusively: a link that someone has put here is not followed.
      using file = Deno.openSync(this.#path, { write: true, createNew: true });
      try {
        writeAll(file, content());
      } catch {
        Deno.removeSync(this.#path);
      }
    } catch {
      // Another process creates it, or the directory is not writable.
    }
  }

  /** Makes the reserve the log of the database, which must not have one. Returns whether it is. */
  lend(): boolean {
    if (!this.#isPermitted()) return false;
    try {
      using file = Deno.openSync(this.#path, { read: true, write: true });
      // Two processes may try at once; the second must not erase the log of the first.
      if (!file.tryLockSync(true)) return false;
      const { isFile, ino, nlink, size } = file.statSync();
      const named = Deno.lstatSync(this.#path);
      if (!isFile || named.isSymlink || named.ino !== ino || nlink !== 1 || size < SIZE) {
        return false;
      }
      writeAll(file, new Uint8Array(HEADER));
      file.syncSync();
      Deno.linkSync(this.#path, `${this.#database}-wal`);
      syncDirectoryNow(dirname(this.#database));
      return true;
    } catch {
      return false; // There is no reserve, or a log.
    }
  }

  /** Gives the space back to the file system, from where any program may take it. */
  release(): void {
    if (!this.#isPermitted()) return;
    try {
      if (Deno.lstatSync(this.#path).nlink === 1) Deno.removeSync(this.#path);
    } catch {
      // There is none.
    }
  }

  /** Whether the file may be used without asking for a permission. */
  #isPermitted(): boolean {
    return (["read", "write"] as const).every((name) =>
      Deno.permissions.querySync({ name, path: this.#path }).state === "granted"
    );
  }
}

/** Random bytes, for which even a file system that compresses has to allocate space. */
function content(): Uint8Array {
  const bytes = new Uint8Array(SIZE);
  for (let at = 0; at < SIZE; at += MAX_RANDOM) {
    crypto.getRandomValues(bytes.subarray(at, at + MAX_RANDOM));
  }
  return bytes.fill(0, 0, HEADER);
}

function writeAll(file: Deno.FsFile, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length;) at += file.writeSync(bytes.subarray(at));
}

function syncDirectoryNow(directory: string): void {
  if (Deno.build.os === "windows") return;
  using file = Deno.openSync(directory);
  file.syncSync();
}
