/** What a child says to the shim that it runs below; without one it says it to nobody. */

/** Begins counting, or ends it, or puts a mark into the record: `arm`, `disarm`, `mark:TEXT`. */
export function shim(dir: string, word: "arm" | "disarm" | `mark:${string}`): void {
  try {
    Deno.openSync(`${dir}/shim:${word}`).close();
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
