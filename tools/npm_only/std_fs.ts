/** Stands in for `@std/fs` where JSR is out of reach: what the code uses of it. */

/** Makes a directory, and those above it, unless it is there. */
export async function ensureDir(path: string | URL): Promise<void> {
  await Deno.mkdir(path, { recursive: true });
}
