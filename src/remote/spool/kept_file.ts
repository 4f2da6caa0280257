/** Bytes that are kept in a file of this machine until a server has them. */
import { join } from "@std/path";
import { fsError } from "../../base/fs_error.ts";

/** A file of bytes that are appended and read again. */
export class KeptFile {
  /** Its path. */
  readonly path: string;
  readonly #file: Deno.FsFile;
  #size = 0;
  #isClosed = false;

  /** Creates a file in a directory, which is made if it is missing. */
  constructor(directory: string) {
    this.path = join(directory, `${crypto.randomUUID()}.log`);
    try {
      Deno.mkdirSync(directory, { recursive: true, mode: 0o700 });
      const how = { createNew: true, read: true, write: true, mode: 0o600 };
      this.#file = Deno.openSync(this.path, how);
    } catch (error) {
      throw fsError(error, `keep what is logged in ${JSON.stringify(directory)}`);
    }
  }

  /** Number of bytes. */
  get size(): number {
    return this.#size;
  }

  /** Appends bytes. */
  append(bytes: Uint8Array): void {
    try {
      this.#file.seekSync(this.#size, Deno.SeekMode.Start);
      for (let at = 0; at < bytes.length;) {
        const count = this.#file.writeSync(bytes.subarray(at));
        at += count;
        this.#size += count;
      }
    } catch (error) {
      throw fsError(error, `keep what is logged in ${JSON.stringify(this.path)}`);
    }
  }

  /** Reads up to so many bytes from an offset on. */
  read(offset: number, most: number): Uint8Array<ArrayBuffer> {
    const bytes = new Uint8Array(Math.min(most, this.#size - offset));
    this.#file.seekSync(offset, Deno.SeekMode.Start);
    let at = 0;
    while (at < bytes.length) {
      const count = this.#file.readSync(bytes.subarray(at));
      if (count === null) break;
      at += count;
    }
    return bytes.subarray(0, at);
  }

  /** Makes what was appended survive a power cut. */
  sync(): void {
    this.#file.syncDataSync();
  }

  /** Closes the file; it stays, unless it is removed. */
  close(remove: boolean): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#file.close();
    if (!remove) return;
    try {
      Deno.removeSync(this.path);
    } catch {
      // The directory is gone.
    }
  }
}
