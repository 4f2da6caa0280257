import { UnsafePathError } from "../../base/errors.ts";
import type { ByteRange, OpenBytes, ReplacementNote } from "../byte_store.ts";
import { identityOf, openRegular } from "./lstat.ts";

/** Maximum number of attempts to open a file that keeps being replaced. */
const MAX_TRIES = 1000;

/** Maximum size, in bytes, of a file that is read in this thread. */
const SMALL = 64 * 1024;

/** A published file, opened for reading. */
export class OpenFile implements OpenBytes {
  readonly size: number;
  /** Absolute path by which it was opened. */
  readonly path: string;
  readonly note: ReplacementNote | undefined;
  /** Metadata of the file when it was opened. Its identity is not reused while it is open. */
  readonly info: Deno.FileInfo;
  readonly #file: Deno.FsFile;
  readonly #end: number | undefined;
  #at = 0;
  #open = true;

  /** Wraps an open file. */
  constructor(file: Deno.FsFile, path: string, note?: ReplacementNote, range: ByteRange = {}) {
    this.#file = file;
    this.path = path;
    this.note = note;
    this.info = file.statSync();
    this.size = this.info.size;
    this.#end = range.end;
    if (range.start) {
      this.#at = range.start;
      file.seekSync(range.start, Deno.SeekMode.Start);
    }
  }

  get mode(): number | undefined {
    const { mode } = this.info;
    return mode === null ? undefined : mode & 0o777;
  }

  get links(): number | undefined {
    return this.info.nlink ?? undefined;
  }

  get identity(): string {
    return identityOf(this.info);
  }

  async read(into: Uint8Array): Promise<number> {
    const room = this.#end === undefined ? into.length : Math.max(0, this.#end - this.#at);
    if (room === 0) return 0;
    const part = room < into.length ? into.subarray(0, room) : into;
    // Reading a small file is faster than involving another thread.
    const count = this.size <= SMALL ? this.#file.readSync(part) : await this.#file.read(part);
    this.#at += count ?? 0;
    return count ?? 0;
  }

  async seek(position: number): Promise<void> {
    this.#at = position;
    await this.#file.seek(position, Deno.SeekMode.Start);
  }

  close(): void {
    if (this.#open) this.#file.close();
    this.#open = false;
  }
}

/**
 * Opens the regular file at a path. Synchronous, so that a file that keeps being replaced can be
 * read.
 *
 * @throws {UnsafePathError} If it is not a regular file.
 * @throws {Deno.errors.NotFound} If it does not exist.
 */
export function openPublished(path: string, key: string): Deno.FsFile {
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const file = openRegular(path);
    // It was replaced meanwhile, by new bytes or by a link.
    if (file) return file;
    if (!Deno.lstatSync(path).isFile) break;
  }
  throw new UnsafePathError(key, "it is not a regular file");
}
