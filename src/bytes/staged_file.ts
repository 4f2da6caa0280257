import { join } from "@std/path";
import { SourceChangedError } from "../errors.ts";
import type { ByteReader, StagedBytes, StageOptions } from "./byte_store.ts";
import { type Digest, hashCopy, hashFile } from "./hash_copy.ts";

/** How to stage a file. */
export interface StageFileOptions extends StageOptions {
  /** Whether the bytes are to be synced to disk. */
  readonly durable: boolean;
  /** Called when the staged file is closed, whatever became of it. */
  readonly onGone: () => void;
}

/**
 * Bytes under a name of their own in the staging folder. The file stays open and locked while
 * they are staged, which tells other processes that someone is at work on them.
 */
export class StagedFile implements StagedBytes {
  readonly key: string;
  /** Absolute path of the staged name. */
  readonly path: string;
  readonly size: number;
  readonly hash: string;
  readonly #file: Deno.FsFile;
  readonly #then: Partial<Record<"release" | "discard" | "gone", () => void>>;

  /** Takes over an open, locked file, and what else there is to do once its fate is known. */
  constructor(
    { path, key, file }: { path: string; key: string; file: Deno.FsFile },
    { size, hash }: Digest,
    then: Partial<Record<"release" | "discard" | "gone", () => void>>,
  ) {
    this.key = key;
    this.path = path;
    this.size = size;
    this.hash = hash;
    this.#file = file;
    this.#then = then;
  }

  /** Whether the file at `path` is this very one. */
  isAt(path: string): boolean {
    try {
      const [there, here] = [Deno.lstatSync(path), this.#file.statSync()];
      return there.isFile && there.dev === here.dev && there.ino === here.ino;
    } catch {
      return false;
    }
  }

  release(): void {
    this.#end("release");
  }

  discard(): void {
    this.#end("discard");
  }

  #end(how: "release" | "discard"): void {
    this.#then[how]?.();
    letGo(this.path, this.#file);
    this.#then.gone?.();
  }
}

/** Copies a source into a new file, which no one can write to afterwards. */
export async function stageCopy(
  folder: string,
  source: ByteReader,
  options: StageFileOptions,
): Promise<StagedFile> {
  const fresh = create(folder);
  const { path, file } = fresh;
  try {
    const digest = await hashCopy(source, file, options);
    await source.close(); // Which is when a source says that it has changed meanwhile.
    if (options.durable) await file.syncData();
    return new StagedFile(fresh, digest, { gone: options.onGone });
  } catch (error) {
    letGo(path, file);
    throw error;
  }
}

/**
 * Stages a file as it is, by a second name. Its first name is removed only once the bytes are
 * stored for good, so that a crash leaves it where it was.
 *
 * @returns `undefined` where the file cannot be shared: it lies on another file system, has other
 * names by which it could be changed, or is not ours to link.
 * @throws {SourceChangedError} If the file is written to while it is hashed.
 */
export async function stageLink(
  folder: string,
  source: string,
  options: StageFileOptions,
): Promise<StagedFile | undefined> {
  const before = Deno.lstatSync(source);
  if (!before.isFile || before.nlink !== 1 || before.mode === null) return undefined;
  const key = crypto.randomUUID();
  const path = join(folder, key);
  const mode = before.mode & 0o7777;
  const restore = () => attempt(() => Deno.chmodSync(path, mode));
  let file: Deno.FsFile | undefined;
  try {
    Deno.linkSync(source, path);
    Deno.chmodSync(path, mode & ~0o222);
    file = Deno.openSync(path);
    if (!file.tryLockSync(true)) throw new Error("another process is at work on it");
  } catch {
    restore();
    letGo(path, file);
    return undefined;
  }
  try {
    const digest = await hashFile(file, options, before.size);
    const after = file.statSync();
    if (after.size !== digest.size || after.mtime?.getTime() !== before.mtime?.getTime()) {
      throw new SourceChangedError(source);
    }
    if (options.durable) await file.sync();
    const staged: StagedFile = new StagedFile({ path, key, file }, digest, {
      release: () => {
        if (staged.isAt(source)) attempt(() => Deno.removeSync(source));
      },
      discard: restore,
      gone: options.onGone,
    });
    return staged;
  } catch (error) {
    restore();
    letGo(path, file);
    throw error;
  }
}

/** Whether a staged file is there, and whether its writer is. */
export function stagedState(folder: string, key: string): "absent" | "abandoned" | "in use" {
  const path = join(folder, key);
  try {
    if (!Deno.lstatSync(path).isFile) return "absent";
    using file = Deno.openSync(path);
    return file.tryLockSync(true) ? "abandoned" : "in use";
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "absent";
    throw error;
  }
}

function create(folder: string): { key: string; path: string; file: Deno.FsFile } {
  for (;;) {
    const key = crypto.randomUUID();
    const path = join(folder, key);
    // The mode holds for everyone but this very descriptor: nobody else can ever write to it.
    const file = Deno.openSync(path, { createNew: true, read: true, write: true, mode: 0o444 });
    // A collector can come between; it then takes the file away, and another one is made.
    if (file.tryLockSync(true) && file.statSync().nlink !== 0) return { key, path, file };
    letGo(path, file);
  }
}

function letGo(path: string, file: Deno.FsFile | undefined): void {
  attempt(() => Deno.removeSync(path));
  if (file) attempt(() => file.close());
}

/** Tidying up goes on whatever fails: what is left is harmless, and collected later. */
function attempt(step: () => void): void {
  try {
    step();
  } catch {
    // It is gone already, or was closed before.
  }
}
