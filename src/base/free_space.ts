/** Space that is left on a file system. */

/** Bytes below which there is little, if they are also a small part of the whole. */
const LITTLE = 1024 ** 3;

/** The part of the whole below which there is little. */
const SMALL_PART = 0.1;

/** Bytes below which there is little in any case. */
const LEAST = 16 * 1024 ** 2;

/**
 * Says in a fragment of a sentence that little space is left where a path is; `undefined` if there is
 * enough, or it may not be asked: that needs `--allow-sys=statfs`.
 */
export async function littleSpace(path: string): Promise<string | undefined> {
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
    // Where it cannot be found out, there is nothing to warn of.
  }
  return undefined;
}
