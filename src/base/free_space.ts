/** Free space of file systems. */

/** Free bytes below which space is low, if `SMALL_PART` agrees. */
const LITTLE = 1024 ** 3;

/** Fraction of the file system below which space or inodes are low. */
const SMALL_PART = 0.1;

/** Free bytes below which space is low on any file system. */
const LEAST = 16 * 1024 ** 2;

/**
 * Returns a sentence fragment that says how little space is left on the file system of `path`;
 * `undefined` if there is enough or it cannot be determined. Needs `--allow-sys=statfs`.
 */
export async function describeLowSpace(path: string): Promise<string | undefined> {
  const { state } = Deno.permissions.querySync({ name: "sys", kind: "statfs" });
  if (state !== "granted") return undefined;
  try {
    const { statfs } = await import("node:fs/promises");
    const { bavail, bsize, blocks, ffree, files } = await statfs(path);
    const [free, total] = [bavail * bsize, blocks * bsize];
    if (total > 0 && (free < LEAST || free < LITTLE && free < total * SMALL_PART)) {
      return `only ${Math.floor(free / 1024 ** 2)} MiB of disk space are left`;
    }
    if (files > 0 && ffree < files * SMALL_PART && ffree < 10_000) {
      return `only ${ffree} more files can be created on its file system`;
    }
  } catch {
    // Best effort: without figures there is no warning.
  }
  return undefined;
}
