/** The files that a program has left, as artifacts of its run. */
import { expandGlob } from "@std/fs";
import { basename, relative, resolve } from "@std/path";
import { isBelow } from "../base/path.ts";
import type { RunHandle } from "../runs/run_handle.ts";
import { isOpenDatabase } from "../metadata/sqlite/open_files.ts";
import type { Store } from "../store/store.ts";

/**
 * Stores the files that a pattern fits, by their paths below the working directory. The path of a
 * file or of a directory is a pattern, too, whatever characters it has.
 *
 * @returns What could not be stored.
 */
export async function storeFiles(
  run: RunHandle,
  store: Store,
  pattern: string,
  signal: AbortSignal | undefined,
): Promise<string[]> {
  const problems: string[] = [];
  const root = Deno.cwd();
  let found = 0;
  for await (const path of filesOf(pattern, root)) {
    if (await isOfStore(path, store)) continue;
    found++;
    try {
      const inside = isBelow(path, root)
        ? relative(root, path).replaceAll("\\", "/")
        : basename(path);
      await run.putFile(inside, path, { ifExists: "same", ...(signal && { signal }) });
    } catch (error) {
      signal?.throwIfAborted();
      problems.push((error as Error).message);
    }
  }
  if (found === 0) problems.push(`no file fits ${JSON.stringify(pattern)}`);
  return problems;
}

/** Whether a file is the store's own, which may lie where the program works. */
async function isOfStore(path: string, { artifactDir }: Store): Promise<boolean> {
  return isOpenDatabase(path) || isBelow(await Deno.realPath(path), artifactDir);
}

async function* filesOf(pattern: string, root: string): AsyncGenerator<string> {
  const path = resolve(root, pattern);
  const info = await stat(path);
  if (info?.isFile) return yield path;
  const [fitting, within] = info?.isDirectory ? ["**", path] : [pattern, root];
  const entries = expandGlob(fitting, { root: within, includeDirs: false });
  for await (const { path } of entries) if ((await stat(path))?.isFile) yield path;
}

async function stat(path: string): Promise<Deno.FileInfo | undefined> {
  try {
    return await Deno.stat(path);
  } catch {
    return undefined;
  }
}
