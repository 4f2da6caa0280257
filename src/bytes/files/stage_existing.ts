/** Staging of stored files, by a link or as a copy made by the kernel. */
import { join } from "@std/path";
import type { Digest } from "../digest.ts";
import { hashFile } from "../hashing.ts";
import { ignoreErrors, removeAndClose } from "./cleanup.ts";
import { openRegular } from "./lstat.ts";
import type { OpenFile } from "./open_file.ts";
import { lockFile, StagedFile, type StageFileOptions } from "./staged_file.ts";

/**
 * Stages an open file by linking it, so that several artifacts share its bytes. It is never
 * writable afterwards. While it is open, its identity cannot be reused: the new name is either the
 * hashed file, or removed.
 *
 * @param opened The file.
 * @param digest Verified size and hash.
 * @returns `undefined` if the file cannot be linked into this directory, or its path now leads to
 * another file.
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
    // A shared lock: other sharers may hold it too, but a collector needs it exclusively.
    if (file && info && info.dev === dev && info.ino === ino && file.tryLockSync(false)) {
      Deno.lstatSync(path); // A collector may have been faster.
      makeReadOnly(path, info);
      return new StagedFile({ path, key, file, info }, digest, {});
    }
  } catch {
    // Another file system, one without links, or too many links.
  }
  removeAndClose(path, file);
  return undefined;
}

function makeReadOnly(path: string, { mode }: Deno.FileInfo): void {
  if (mode !== null && (mode & 0o222) !== 0) Deno.chmodSync(path, mode & 0o555);
}

/**
 * Stages a copy made by the kernel, which on some file systems takes no space until one of the two
 * is modified. The hash is that of the copy. The copy cannot be locked before it exists, so the
 * lock of another file shows that it is in use.
 */
export async function stageClone(
  directory: string,
  source: string,
  options: StageFileOptions,
): Promise<StagedFile> {
  const lock = crypto.randomUUID();
  const key = `${lock}.${crypto.randomUUID()}`;
  const path = join(directory, key);
  const unlock = lockFile(directory, lock)!; // The name is unique.
  let file: Deno.FsFile | undefined;
  try {
    const { size, mode } = Deno.statSync(source);
    const { onProgress } = options;
    // The copy is read again to hash it: copying and hashing are half of the progress each.
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
    removeAndClose(path, file);
    unlock();
    throw error;
  }
}

/** Interval for polling the size of a file that the kernel writes, in milliseconds. */
const LOOK_EVERY = 200;

/** Reports the size of a growing file until the returned function is called. */
function watchGrowth(path: string, report: (bytes: number) => void): () => void {
  const timer = setInterval(() => {
    ignoreErrors(() => report(Deno.lstatSync(path).size));
  }, LOOK_EVERY);
  return () => clearInterval(timer);
}

/**
 * Returns the permission bits that the umask allows, from the mode of a lock file created with all
 * bits.
 */
function permittedBy(lock: string): number {
  const mode = Deno.lstatSync(lock).mode ?? 0o666;
  // Read permission includes execute permission.
  return (mode & 0o444) | (mode & 0o444) >> 2;
}
