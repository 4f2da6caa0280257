import { join } from "@std/path";
import { UnsafePathError } from "../../base/errors.ts";
import { STAGING } from "../../names/names.ts";
import type { ByteReader, StagedBytes, StageOptions } from "../byte_store.ts";
import type { Digest } from "../digest.ts";
import { hashCopy } from "../hashing.ts";
import { ignoreErrors, letGo } from "./let_go.ts";
import { identityOf, openRegular } from "./lstat.ts";
import type { HeldNote } from "./note_files.ts";

/** How to stage a file. */
export interface StageFileOptions extends StageOptions {
  /** Whether the bytes are to be synced to disk. */
  readonly durable: boolean;
  /** Called when the staged file is closed, whatever became of it. */
  readonly onGone: () => void;
}

/**
 * Bytes under a name of their own in the staging directory. The file stays open and locked while
 * they are staged, which tells other processes that someone is at work on them; one of a batch is
 * closed, as the batch has a lock for all.
 */
export class StagedFile implements StagedBytes {
  readonly key: string;
  /** Absolute path of the staged name. */
  readonly path: string;
  readonly size: number;
  readonly hash: string;
  readonly #file: Deno.FsFile | undefined;
  readonly #identity: string;
  readonly #then: Fate;
  #note: HeldNote | undefined;

  /** Takes over a file that has been made, and what else there is to do once its fate is known. */
  constructor(
    { path, key, file, info }: Created,
    { size, hash }: Digest,
    then: Fate,
  ) {
    this.key = key;
    this.path = path;
    this.size = size;
    this.hash = hash;
    this.#file = file;
    this.#identity = identityOf(info);
    this.#then = then;
  }

  /** Whether the file at `path` is this very one. */
  isAt(path: string): boolean {
    try {
      const there = Deno.lstatSync(path);
      return there.isFile && identityOf(there) === this.#identity;
    } catch {
      return false;
    }
  }

  /** Keeps the note of the replacement that it is for, until its fate is known. */
  keepNote(note: HeldNote): void {
    this.#note = note;
  }

  release(): Promise<void> {
    this.#note?.drop();
    return this.#end("release");
  }

  discard(): Promise<void> {
    // Bytes that are in place already must be found by whoever recovers the replacement.
    if (this.isAt(this.path)) this.#note?.drop();
    else this.#note?.leave();
    return this.#end("discard");
  }

  #end(how: "release" | "discard"): Promise<void> {
    this.#note = undefined;
    this.#then[how]?.();
    if (how === "discard" && this.#then.keep) ignoreErrors(() => this.#file?.close());
    else letGo(this.path, this.#file);
    this.#then.gone?.();
    return Promise.resolve();
  }
}

/** What else there is to do once the fate of staged bytes is known. */
interface Fate extends Partial<Record<"release" | "discard" | "gone", () => void>> {
  /** Whether bytes that are discarded stay where they are: nobody else has them. */
  readonly keep?: boolean;
}

/** A file in the staging directory, by its name, open, and as it was found. */
export interface Created {
  /** Its name. */
  readonly key: string;
  /** Its absolute path. */
  readonly path: string;
  /** The open, locked file; one of a batch is closed. */
  readonly file: Deno.FsFile | undefined;
  /** Which file it is. */
  readonly info: Deno.FileInfo;
}

/** Copies a source into a new file, which no one can write to afterwards. */
export async function stageCopy(
  directory: string,
  source: ByteReader,
  options: StageFileOptions,
): Promise<StagedFile> {
  const fresh = create(directory, { mode: source.mode, ...options });
  const { path, file } = fresh;
  try {
    const digest = await hashCopy(source, file, options);
    await source.close(); // Which is when a source says that it has changed meanwhile.
    if (options.durable) await file.syncData();
    if (options.batch === undefined) {
      return new StagedFile(fresh, digest, { gone: options.onGone });
    }
    file.close();
    options.onGone();
    return new StagedFile({ ...fresh, file: undefined }, digest, {});
  } catch (error) {
    letGo(path, file);
    throw error;
  }
}

/** Opens and locks a staged file; `undefined` if another one has locked it, or it is no file. */
export function lockIfFree(path: string): Deno.FsFile | undefined {
  const file = openRegular(path);
  if (!file || file.tryLockSync(true)) return file;
  file.close();
}

/** Whether someone is at work on a file of the staging directory. */
export function isInUse(staging: string, name: string): boolean {
  const [batch, member] = name.split(".");
  try {
    using free = lockIfFree(join(staging, member === undefined ? name : batch!));
    return free === undefined;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/**
 * Creates a locked file in the staging directory, of a name that says what for.
 *
 * @returns A function that removes it; `undefined` if another process has it.
 */
export function lockFile(directory: string, key: string): (() => void) | undefined {
  const path = join(directory, key);
  for (;;) {
    const file = openOrCreate(path);
    if (!file.tryLockSync(true)) return file.close(), undefined;
    // Whoever had it before removes it last, perhaps just now.
    if (file.statSync().nlink !== 0) return () => letGo(path, file);
    file.close();
  }
}

/** Never opens what is no regular file: a FIFO would wait, and a link lead elsewhere. */
function openOrCreate(path: string): Deno.FsFile {
  for (;;) {
    try {
      return Deno.openSync(path, { createNew: true, write: true });
    } catch (error) {
      if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
    }
    try {
      const file = openRegular(path);
      if (file) return file;
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) continue; // Its owner has removed it just now.
      throw error;
    }
    throw new UnsafePathError(STAGING, `${JSON.stringify(path)} is no regular file; remove it`);
  }
}

function create(
  directory: string,
  { batch, mode = 0o444 }: StageOptions,
): Created & { file: Deno.FsFile } {
  for (;;) {
    const key = (batch === undefined ? "" : `${batch}.`) + crypto.randomUUID();
    const path = join(directory, key);
    // The mode holds for everyone but this very descriptor: nobody else can ever write to it.
    const file = Deno.openSync(path, {
      createNew: true,
      read: true,
      write: true,
      mode: mode & 0o555,
    });
    // A collector can come between; it then takes the file away, and another one is made.
    const locked = file.tryLockSync(true);
    const info = file.statSync();
    if (locked && info.nlink !== 0) return { key, path, file, info };
    letGo(path, file);
  }
}
