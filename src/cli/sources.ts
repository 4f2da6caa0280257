/** The files and directories that a call names, by path or pattern. */
import { expandGlob } from "@std/fs";
import { basename } from "@std/path";
import { UsageError } from "./verb.ts";

/** A file or directory to store. */
export interface Source {
  /** Where it is. */
  readonly path: string;
  /** Its name, without folders. */
  readonly name: string;
  /** Whether it is a directory. */
  readonly isDirectory: boolean;
}

/**
 * Finds what is named. A path that is there is taken as it is, whatever characters it has; one with
 * `*`, `?`, `[` or `{` that is not there is a pattern.
 *
 * @throws {UsageError} If a pattern fits nothing.
 */
export async function findSources(named: readonly string[]): Promise<Source[]> {
  const found: Source[] = [];
  for (const path of named) {
    const info = await stat(path);
    if (!info && /[*?[{]/.test(path)) found.push(...await expand(path));
    // Whatever is wrong with one that is not there, the store says it better.
    else found.push({ path, name: nameOf(path), isDirectory: info?.isDirectory ?? false });
  }
  return found;
}

async function expand(pattern: string): Promise<Source[]> {
  const files: Source[] = [];
  for await (const { path, name, isFile } of expandGlob(pattern, { includeDirs: false })) {
    if (isFile) files.push({ path, name, isDirectory: false });
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
