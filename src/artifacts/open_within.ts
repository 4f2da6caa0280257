/** Opening of files in a walked directory, without following links. */
import { relative } from "@std/path";
import { InvalidSourceError, UnsafePathError } from "../base/errors.ts";
import { requirePlainDirectories } from "../bytes/files/directories.ts";
import { identityOf } from "../bytes/files/lstat.ts";

/** Maximum number of attempts to open a file that its writer keeps replacing. */
const MAX_TRIES = 100;

/**
 * Opens a regular file below `root` without following links: since the directory was listed, the
 * file or a parent may have been replaced by a link.
 *
 * @throws {InvalidSourceError} If there is a link.
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

/** Returns the metadata of a regular file whose path contains no link. */
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
