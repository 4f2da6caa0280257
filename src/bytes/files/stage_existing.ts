/** Stored files, staged by another name, or as a copy that the kernel makes. */
import { join } from "@std/path";
import type { Digest } from "../digest.ts";
import { hashFile } from "../hashing.ts";
import { ignoreErrors, letGo } from "./let_go.ts";
import { openRegular } from "./lstat.ts";
import type { OpenFile } from "./open_file.ts";
import { lockFile, StagedFile, type StageFileOptions } from "./staged_file.ts";

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
  directory: string,
  source: string,
  options: StageFileOptions,
): Promise<StagedFile> {
  const lock = crypto.randomUUID();
  const key = `${lock}.${crypto.randomUUID()}`;
  const path = join(directory, key);
  const unlock = lockFile(directory, lock)!; // Nobody else knows its name.
  let file: Deno.FsFile | undefined;
  try {
    const { size, mode } = Deno.statSync(source);
    const { onProgress } = options;
    // The copy is read once more to hash it: each half of the work is half of the progress.
    const unwatch = onProgress && watchGrowth(path, (bytes) => {
      onProgress({ bytes: Math.floor(Math.min(bytes, size) / 2), total: size });
    });
    await Deno.copyFile(source, path).finally(unwatch);
    Deno.chmodSync(
      path,
      (options.mode ?? mode ?? 0o444) & 0o555 & permittedBy(join(directory, lock)),
    );
    file = Deno.openSync(path);
    const info = file.statSync();
    const copied = Math.floor(info.size / 2);
    const digest = await hashFile(file, {
      ...options,
      ...(onProgress && {
        onProgress: ({ bytes }) =>
          onProgress({
            bytes: bytes === info.size ? bytes : copied + Math.floor(bytes / 2),
            total: size,
          }),
      }),
    }, info.size);
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

/** How often the size of a file that the kernel writes is looked at, in milliseconds. */
const LOOK_EVERY = 200;

/** Reports the size of a file while the kernel writes it, until the function returned is called. */
function watchGrowth(path: string, report: (bytes: number) => void): () => void {
  const timer = setInterval(() => {
    ignoreErrors(() => report(Deno.lstatSync(path).size));
  }, LOOK_EVERY);
  return () => clearInterval(timer);
}

/** The permission bits that the umask leaves: those of a lock file, which was created with all. */
function permittedBy(lock: string): number {
  const mode = Deno.lstatSync(lock).mode ?? 0o666;
  // Whoever may read may also execute.
  return (mode & 0o444) | (mode & 0o444) >> 2;
}
