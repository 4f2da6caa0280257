/** Opens files of a directory that is walked, where no link may be followed. */
import { relative } from "@std/path";
import { InvalidSourceError, UnsafePathError } from "../base/errors.ts";
import { requirePlainDirectories } from "../bytes/files/directories.ts";
import { identityOf } from "../bytes/files/lstat.ts";

/** How often a file that its writer replaces meanwhile is opened again. */
const MAX_TRIES = 100;

/**
 * Opens a regular file that no link below `root` leads to: since the directory was listed, one may have
 * been put in the place of the file, or of a directory above it.
 *
 * @throws {InvalidSourceError} If there is one.
 */
export function openWithin(name: string, path: string, root: string): Deno.FsFile {
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const before = lookWithin(name, path, root);
    const file = Deno.openSync(path);
    try {
      lookWithin(name, path, root);
      if (identityOf(file.statSync()) === identityOf(before)) return file;
    } catch (error) {
      file.close();
      throw error;
    }
    file.close();
  }
  throw swapped(name, path);
}

/** What is at a path that leads through no link. */
function lookWithin(name: string, path: string, root: string): Deno.FileInfo {
  const way = relative(root, path);
  try {
    requirePlainDirectories(root, Deno.build.os === "windows" ? way.replaceAll("\\", "/") : way);
  } catch (error) {
    throw error instanceof UnsafePathError ? swapped(name, path, error) : error;
  }
  const info = Deno.lstatSync(path);
  if (!info.isFile) throw swapped(name, path);
  return info;
}

function swapped(name: string, path: string, cause?: Error): InvalidSourceError {
  return new InvalidSourceError(
    name,
    `${JSON.stringify(path)}, or a directory above it, was replaced since it was listed`,
    cause && { cause },
  );
}
