/** What is at a path itself, links not followed; `undefined` if nothing is. */
export function lstat(path: string): Deno.FileInfo | undefined {
  try {
    return Deno.lstatSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/** Distinguishes a file from every other that exists; of one that is gone it may be used again. */
export function identityOf({ dev, ino }: Deno.FileInfo): string {
  return `${dev}:${ino}`;
}

/**
 * Opens a regular file that was looked at before, and which is that very file.
 *
 * @returns `undefined` if it is no regular file, or another one by now: opening a FIFO would wait.
 * @throws {Deno.errors.NotFound} If nothing is there.
 */
export function openRegular(path: string): Deno.FsFile | undefined {
  const before = Deno.lstatSync(path);
  if (!before.isFile) return undefined;
  const file = Deno.openSync(path);
  if (identityOf(file.statSync()) === identityOf(before)) return file;
  file.close();
}
