import { join } from "@std/path";
import { UnsafePathError } from "../../base/errors.ts";
import { STAGING } from "../../names/names.ts";
import type { ByteReader, StagedBytes, StageOptions } from "../byte_store.ts";
import type { Digest } from "../digest.ts";
import { hashCopy } from "../hashing.ts";
import { ignoreErrors, removeAndClose } from "./cleanup.ts";
import { identityOf, isFileAt, openRegular } from "./lstat.ts";
import type { LockedNote } from "./note_files.ts";

/** Options for staging a file. */
export interface StageFileOptions extends StageOptions {
  /** Whether to sync the bytes to disk. */
  readonly durable: boolean;
  /** Called when the staged file is closed, whatever the outcome. */
  readonly onGone: () => void;
}

/**
 * Staged bytes as a file in the staging directory. It stays open and locked while it is staged,
 * which shows other processes that it is in use. Files of a batch are closed: the batch has one
 * lock for all.
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
  #note: LockedNote | undefined;

  /** Wraps a created file, with further steps for its outcome. */
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

  /** Whether the file at `path` is this one. */
  isAt(path: string): boolean {
    return isFileAt(path, this.#identity);
  }

  /** Keeps the note of its replacement until the outcome is known. */
  keepNote(note: LockedNote): void {
    this.#note = note;
  }

  release(): Promise<void> {
    this.#note?.remove();
    return this.#end("release");
  }

  discard(): Promise<void> {
    // Bytes that are already published must be found during recovery.
    if (this.isAt(this.path)) this.#note?.remove();
    else this.#note?.release();
    return this.#end("discard");
  }

  #end(how: "release" | "discard"): Promise<void> {
    this.#note = undefined;
    this.#then[how]?.();
    if (how === "discard" && this.#then.keep) ignoreErrors(() => this.#file?.close());
    else removeAndClose(this.path, this.#file);
    this.#then.gone?.();
    return Promise.resolve();
  }
}

/** Further steps once the outcome of staged bytes is known. */
interface Fate extends Partial<Record<"release" | "discard" | "gone", () => void>> {
  /** Whether discarded bytes keep their name, because there is no other copy. */
  readonly keep?: boolean;
}

/** A file in the staging directory. */
export interface Created {
  /** Name. */
  readonly key: string;
  /** Absolute path. */
  readonly path: string;
  /** The open, locked file; closed for files of a batch. */
  readonly file: Deno.FsFile | undefined;
  /** Metadata of the file. */
  readonly info: Deno.FileInfo;
}

/** Copies a source into a new file that nobody can write to afterwards. */
export async function stageCopy(
  directory: string,
  source: ByteReader,
  options: StageFileOptions,
): Promise<StagedFile> {
  const fresh = create(directory, { mode: source.mode, ...options });
  const { path, file } = fresh;
  try {
    const digest = await hashCopy(source, file, options);
    await source.close(); // Throws if the source has changed.
    if (options.durable) await file.syncData();
    if (options.batch === undefined) {
      return new StagedFile(fresh, digest, { gone: options.onGone });
    }
    file.close();
    options.onGone();
    return new StagedFile({ ...fresh, file: undefined }, digest, {});
  } catch (error) {
    removeAndClose(path, file);
    throw error;
  }
}

/** Opens and locks a staged file; `undefined` if another process holds it, or it is not a file. */
export function lockIfFree(path: string): Deno.FsFile | undefined {
  const file = openRegular(path);
  if (!file || file.tryLockSync(true)) return file;
  file.close();
}

/** Whether a process is using a file of the staging directory. */
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
 * Creates a locked file in the staging directory, named by its purpose.
 *
 * @returns A function that removes it; `undefined` if another process holds it.
 */
export function lockFile(directory: string, key: string): (() => void) | undefined {
  const path = join(directory, key);
  for (;;) {
    const file = openOrCreate(path);
    if (!file.tryLockSync(true)) return file.close(), undefined;
    // The previous owner may have just removed it.
    if (file.statSync().nlink !== 0) return () => removeAndClose(path, file);
    file.close();
  }
}

/**
 * Opens or creates a lock file. Opens only regular files: a FIFO would block, and a link lead
 * elsewhere.
 */
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
      if (error instanceof Deno.errors.NotFound) continue; // Its owner has just removed it.
      throw error;
    }
    throw new UnsafePathError(STAGING, `${JSON.stringify(path)} is not a regular file; remove it`);
  }
}

function create(
  directory: string,
  { batch, mode = 0o444 }: StageOptions,
): Created & { file: Deno.FsFile } {
  for (;;) {
    const key = (batch === undefined ? "" : `${batch}.`) + crypto.randomUUID();
    const path = join(directory, key);
    // The mode applies to everyone except this descriptor: nobody else can ever write to it.
    const file = Deno.openSync(path, {
      createNew: true,
      read: true,
      write: true,
      mode: mode & 0o555,
    });
    // A collector may remove the file before it is locked; then another one is created.
    const locked = file.tryLockSync(true);
    const info = file.statSync();
    if (locked && info.nlink !== 0) return { key, path, file, info };
    removeAndClose(path, file);
  }
}
