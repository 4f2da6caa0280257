/** The files and directories that a call names, by path or pattern. */
import { expandGlob } from "@std/fs";
import { basename } from "@std/path";
import { UsageError } from "./command.ts";

/** A file or directory to store. */
export interface Source {
  /** Where it is. */
  readonly path: string;
  /** Its name, without directories. */
  readonly name: string;
  /** Whether it is a directory. */
  readonly isDirectory: boolean;
}

/**
 * Finds what is named. A path that is there is taken as it is, whatever characters it has; one with
 * `*`, `?`, `[` or `{` that is not there is a pattern.
 *
 * @throws {UsageError} If a pattern fits nothing, or if not all of several could be stored.
 */
export async function findSources(named: readonly string[]): Promise<Source[]> {
  const found: Source[] = [];
  for (const path of named) {
    const info = await stat(path);
    if (!info && /[*?[{]/.test(path)) found.push(...await expand(path));
    else if (!info && named.length > 1) {
      throw new UsageError(`there is no file ${JSON.stringify(path)}`);
    } // Whatever is wrong with a single one, the store says it better.
    else found.push({ path, name: nameOf(path), isDirectory: info?.isDirectory ?? false });
  }
  const names = new Set<string>();
  for (const { name, path, isDirectory } of found) {
    if (!isDirectory && names.has(name)) {
      throw new UsageError(
        `${JSON.stringify(path)} is the second ${
          JSON.stringify(name)
        }; put it by itself, --as another`,
      );
    }
    names.add(name);
  }
  return found;
}

async function expand(pattern: string): Promise<Source[]> {
  const files: Source[] = [];
  for await (const { path, name } of expandGlob(pattern, { includeDirs: false })) {
    // Also through a link, as where one names it.
    if ((await stat(path))?.isFile) files.push({ path, name, isDirectory: false });
  }
  if (files.length > 0) return files.sort((a, b) => a.path < b.path ? -1 : 1);
  throw new UsageError(`no file fits ${JSON.stringify(pattern)}`);
}

function nameOf(path: string): string {
  const name = basename(path);
  return name === "." || name === ".." ? "" : name;
}

async function stat(path: string): Promise<Deno.FileInfo | undefined> {
  try {
    return await Deno.stat(path);
  } catch {
    return undefined;
  }
}
