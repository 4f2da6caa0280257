/** Stand-in for the used part of `@std/fs`, for networks without JSR. */
import { join } from "node:path";

/** Makes a directory, and those above it, unless it is there. */
export async function ensureDir(path: string | URL): Promise<void> {
  await Deno.mkdir(path, { recursive: true });
}

/** Yields matching files and directories, relative to `root`. */
export async function* expandGlob(
  pattern: string,
  { root = Deno.cwd(), includeDirs = true }: { root?: string; includeDirs?: boolean } = {},
): AsyncIterableIterator<{ path: string; name: string; isFile: boolean; isDirectory: boolean }> {
  const { glob } = await import("node:fs/promises");
  for await (const entry of glob(pattern, { cwd: root, withFileTypes: true })) {
    if (!includeDirs && entry.isDirectory()) continue;
    yield {
      path: join(entry.parentPath, entry.name),
      name: entry.name,
      isFile: entry.isFile(),
      isDirectory: entry.isDirectory(),
    };
  }
}
