/** Files and directories named in a call, by path or pattern. */
import { expandGlob } from "@std/fs";
import { basename } from "@std/path";
import { UsageError } from "./command.ts";

/** A file or directory to store. */
export interface Source {
  /** Path. */
  readonly path: string;
  /** Name without directories. */
  readonly name: string;
  /** Whether it is a directory. */
  readonly isDirectory: boolean;
}

/**
 * Resolves the given names. An existing path is taken literally, whatever characters it has;
 * otherwise `*`, `?`, `[` or `{` make it a pattern.
 *
 * @throws {UsageError} If a pattern matches nothing, one of several paths does not exist, or two
 * files have the same name.
 */
export async function findSources(named: readonly string[]): Promise<Source[]> {
  const found: Source[] = [];
  for (const path of named) {
    const info = await stat(path);
    if (!info && /[*?[{]/.test(path)) found.push(...await expand(path));
    else if (!info && named.length > 1) {
      throw new UsageError(`there is no file ${JSON.stringify(path)}`);
    } // The store reports a single missing file in more detail.
    else found.push({ path, name: nameOf(path), isDirectory: info?.isDirectory ?? false });
  }
  const names = new Set<string>();
  for (const { name, path, isDirectory } of found) {
    if (!isDirectory && names.has(name)) {
      throw new UsageError(
        `two sources would both be named ${JSON.stringify(name)}; store ${
          JSON.stringify(path)
        } separately with --as NAME`,
      );
    }
    names.add(name);
  }
  return found;
}

async function expand(pattern: string): Promise<Source[]> {
  const files: Source[] = [];
  for await (const { path, name } of expandGlob(pattern, { includeDirs: false })) {
    // Includes links to files, as for an explicit path.
    if ((await stat(path))?.isFile) files.push({ path, name, isDirectory: false });
  }
  if (files.length > 0) return files.sort((a, b) => a.path < b.path ? -1 : 1);
  throw new UsageError(`no file matches ${JSON.stringify(pattern)}`);
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
