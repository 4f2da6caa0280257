/** Storage of uploaded files until the call that uses them. */
import { createHash } from "node:crypto";
import { InvalidOptionError } from "../../base/errors.ts";
import { join } from "@std/path";

/** Time for which a file is kept, in milliseconds. */
const LIFETIME = 3_600_000;

/** Maximum number of files. */
const MOST_FILES = 10_000;

/** An uploaded file. */
export interface SpooledFile {
  /** Path of the file. */
  readonly path: string;
  /** SHA-256 of its bytes, as lower-case hex. */
  readonly hash: string;
  /** Time of the upload, in epoch milliseconds. */
  readonly time: number;
}

/**
 * A temporary directory of uploaded files, identified by tokens: a client never sees or sends a
 * path.
 */
export class Spool {
  readonly #files = new Map<string, SpooledFile>();
  readonly #now: () => number;
  #dir: Promise<string> | undefined;

  /** Creates storage; `now` is the clock, in epoch milliseconds. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** Stores the bytes of a file. Returns its token. */
  async add(bytes: AsyncIterable<Uint8Array<ArrayBuffer>>): Promise<string> {
    await this.#removeOld();
    if (this.#files.size >= MOST_FILES) {
      throw new InvalidOptionError(`Cannot upload more: ${MOST_FILES} files wait for their calls`);
    }
    const token = crypto.randomUUID();
    const path = join(await (this.#dir ??= makeDirectory()), token);
    const hash = createHash("sha256");
    try {
      using file = await Deno.open(path, { write: true, createNew: true, mode: 0o600 });
      for await (const chunk of bytes) {
        hash.update(chunk);
        for (let at = 0; at < chunk.length;) at += await file.write(chunk.subarray(at));
      }
    } catch (error) {
      await remove(path);
      throw error;
    }
    this.#files.set(token, { path, hash: hash.digest("hex"), time: this.#now() });
    return token;
  }

  /** Returns the file of a token. */
  get(token: string): SpooledFile | undefined {
    return this.#files.get(token);
  }

  /** Returns a file with a hash, with its token. */
  byHash(hash: string): [token: string, file: SpooledFile] | undefined {
    return this.#files.entries().find(([, file]) => file.hash === hash);
  }

  /** Removes the file of a token. */
  async remove(token: string): Promise<void> {
    const file = this.#files.get(token);
    this.#files.delete(token);
    if (file) await remove(file.path);
  }

  async #removeOld(): Promise<void> {
    const oldest = this.#now() - LIFETIME;
    for (const [token, { time }] of [...this.#files]) {
      if (time < oldest) await this.remove(token);
    }
  }
}

async function makeDirectory(): Promise<string> {
  const dir = await Deno.makeTempDir({ prefix: "chachaml-uploads-" });
  addEventListener("unload", () => {
    try {
      Deno.removeSync(dir, { recursive: true });
    } catch {
      // The system eventually clears its temporary directory.
    }
  });
  return dir;
}

async function remove(path: string): Promise<void> {
  await Deno.remove(path).catch(() => {});
}
