/** Removes a name in the staging directory and closes its file; never throws. */
export function removeAndClose(path: string, file: Deno.FsFile | undefined): void {
  ignoreErrors(() => Deno.removeSync(path));
  if (file) ignoreErrors(() => file.close());
}

/** Runs a cleanup step and ignores its errors: leftovers are harmless and collected later. */
export function ignoreErrors(step: () => void): void {
  try {
    step();
  } catch {
    // Already removed or closed.
  }
}
