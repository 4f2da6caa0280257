import { UnsafePathError } from "../../base/errors.ts";
import type { ByteRange, OpenBytes, ReplacementNote } from "../byte_store.ts";
import { identityOf, openRegular } from "./lstat.ts";

/** Maximum number of attempts to open a file that keeps being replaced. */
const MAX_TRIES = 1000;

/** A published file, opened for reading. */
export class OpenFile implements OpenBytes {
  readonly size: number;
  /** Absolute path by which it was opened. */
  readonly path: string;
  readonly note: ReplacementNote | undefined;
  readonly #file: Deno.FsFile;
  readonly #end: number | undefined;
  #at = 0;
  #open = true;

  /** Wraps an open file. */
  constructor(file: Deno.FsFile, path: string, note?: ReplacementNote, range: ByteRange = {}) {
    this.#file = file;
    this.path = path;
    this.note = note;
    this.size = file.statSync().size;
    this.#end = range.end;
    if (range.start) {
      this.#at = range.start;
      file.seekSync(range.start, Deno.SeekMode.Start);
    }
  }

  /** Metadata of the file. Its identity is not reused while it is open. */
  get info(): Deno.FileInfo {
    return this.#file.statSync();
  }

  get mode(): number | undefined {
    const { mode } = this.info;
    return mode === null ? undefined : mode & 0o777;
  }

  get identity(): string {
    return identityOf(this.info);
  }

  async read(into: Uint8Array): Promise<number> {
    const room = this.#end === undefined ? into.length : Math.max(0, this.#end - this.#at);
    if (room === 0) return 0;
    const count = await this.#file.read(room < into.length ? into.subarray(0, room) : into) ?? 0;
    this.#at += count;
    return count;
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
