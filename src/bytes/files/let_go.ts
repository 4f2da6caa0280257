/** Removes a name of the staging directory and closes its file; never throws. */
export function letGo(path: string, file: Deno.FsFile | undefined): void {
  ignoreErrors(() => Deno.removeSync(path));
  if (file) ignoreErrors(() => file.close());
}

/** Runs a step of tidying up, which goes on whatever fails: what is left is harmless, and collected later. */
export function ignoreErrors(step: () => void): void {
  try {
    step();
  } catch {
    // It is gone already, or was closed before.
  }
}
