/** Returns the metadata of a path without following links; `undefined` if it does not exist. */
export function lstat(path: string): Deno.FileInfo | undefined {
  try {
    return Deno.lstatSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/** Returns the identity of a file, unique among existing files; it may be reused after removal. */
export function identityOf({ dev, ino }: Deno.FileInfo): string {
  return `${dev}:${ino}`;
}

/** Whether the file at a path is the one of an identity. */
export function isFileAt(path: string, identity: string): boolean {
  try {
    const there = Deno.lstatSync(path);
    return there.isFile && identityOf(there) === identity;
  } catch {
    return false;
  }
}

/**
 * Opens a regular file, and ensures that it is the one inspected before.
 *
 * @returns `undefined` if it is not a regular file (opening a FIFO would block), or was replaced
 * meanwhile.
 * @throws {Deno.errors.NotFound} If it does not exist.
 */
export function openRegular(path: string): Deno.FsFile | undefined {
  const before = Deno.lstatSync(path);
  if (!before.isFile) return undefined;
  const file = Deno.openSync(path);
  if (identityOf(file.statSync()) === identityOf(before)) return file;
  file.close();
}
