/** Files that are there already, staged by another name, or as a copy that the kernel makes. */
import { join } from "@std/path";
import { SourceChangedError } from "../../base/errors.ts";
import type { Digest } from "../digest.ts";
import { hashFile } from "../hashing.ts";
import { ignoreErrors, letGo } from "./let_go.ts";
import { openRegular } from "./lstat.ts";
import type { OpenFile } from "./open_file.ts";
import { lockFile, StagedFile, type StageFileOptions } from "./staged_file.ts";

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
  const restore = () => ignoreErrors(() => Deno.chmodSync(path, mode));
  let file: Deno.FsFile | undefined;
  try {
    Deno.linkSync(source, path);
    Deno.chmodSync(path, mode & ~0o222);
    file = Deno.openSync(path);
    if (!file.tryLockSync(true)) throw new Error("another process is at work on it");
    Deno.lstatSync(path); // A collector can have come between.
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
    const staged: StagedFile = new StagedFile({ path, key, file, info: after }, digest, {
      release: () => {
        if (staged.isAt(source)) ignoreErrors(() => Deno.removeSync(source));
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

/**
 * Stages an open file by one more name, so that several artifacts share its bytes. Nobody can write
 * to it from then on. As it is open, no other file can have its identity: the name that was made is
 * that of the very bytes that were hashed, or is dropped.
 *
 * @param opened The file.
 * @param digest The size and hash that it was found to have.
 * @returns `undefined` where the file cannot have another name in this directory, or its path leads to
 * another one by now.
 */
export function stageShared(
  staging: string,
  opened: OpenFile,
  digest: Digest,
): StagedFile | undefined {
  const key = crypto.randomUUID();
  const path = join(staging, key);
  let file: Deno.FsFile | undefined;
  try {
    const { dev, ino, size } = opened.info;
    if (size !== digest.size) return undefined;
    Deno.linkSync(opened.path, path);
    file = openRegular(path);
    const info = file?.statSync();
    // Shared with whoever else shares it; a collector wants it for itself, and is refused.
    if (file && info && info.dev === dev && info.ino === ino && file.tryLockSync(false)) {
      Deno.lstatSync(path); // A collector can have come between.
      makeReadOnly(path, info);
      return new StagedFile({ path, key, file, info }, digest, {});
    }
  } catch {
    // Another file system, or one without links; or there are too many of them.
  }
  letGo(path, file);
  return undefined;
}

function makeReadOnly(path: string, { mode }: Deno.FileInfo): void {
  if (mode !== null && (mode & 0o222) !== 0) Deno.chmodSync(path, mode & 0o555);
}

/**
 * Stages a copy that the kernel makes, which on some file systems takes no space of its own until one
 * of the two is changed. The hash is that of the copy. As it cannot be locked before it is made, the
 * lock of another file tells that someone is at work on it.
 */
export async function stageClone(
  folder: string,
  source: string,
  options: StageFileOptions,
): Promise<StagedFile> {
  const lock = crypto.randomUUID();
  const key = `${lock}.${crypto.randomUUID()}`;
  const path = join(folder, key);
  const unlock = lockFile(folder, lock)!; // Nobody else knows its name.
  let file: Deno.FsFile | undefined;
  try {
    await Deno.copyFile(source, path);
    Deno.chmodSync(path, 0o444);
    file = Deno.openSync(path);
    const info = file.statSync();
    const digest = await hashFile(file, options, info.size);
    if (options.durable) await file.sync();
    const gone = () => {
      unlock();
      options.onGone();
    };
    return new StagedFile({ path, key, file, info }, digest, { gone });
  } catch (error) {
    letGo(path, file);
    unlock();
    throw error;
  }
}
