import { UnsafePathError } from "../../base/errors.ts";
import type { ByteRange, OpenBytes, ReplacementNote } from "../byte_store.ts";
import { identityOf, openRegular } from "./lstat.ts";

/** Tries to open a file that is replaced all the time. */
const MAX_TRIES = 1000;

/** A published file, opened for reading. */
export class OpenFile implements OpenBytes {
  readonly size: number;
  /** Absolute path that it was opened by. */
  readonly path: string;
  readonly note: ReplacementNote | undefined;
  readonly #file: Deno.FsFile;
  readonly #end: number | undefined;
  #at = 0;
  #open = true;

  /** Takes over an open file. */
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

  /** Which file it is. It stays that one's alone as long as it is open. */
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
 * Opens the regular file at a path. It is done at once, so that one that is replaced all the time can be
 * read too.
 *
 * @throws {UnsafePathError} If something else is there.
 * @throws {Deno.errors.NotFound} If nothing is.
 */
export function openPublished(path: string, key: string): Deno.FsFile {
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const file = openRegular(path);
    // Replaced meanwhile: by another artifact's bytes, or by something that leads elsewhere.
    if (file) return file;
    if (!Deno.lstatSync(path).isFile) break;
  }
  throw new UnsafePathError(key, "it is not a regular file");
}
