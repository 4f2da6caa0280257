/** Search for a store that the call does not name. */
import { dirname, join, resolve } from "@std/path";
import type { Io } from "./io.ts";

/** File name of a store's database. */
const NAME = "chachaml.db";

/**
 * Searches for a store in the working directory and its parents, like git, up to the directory
 * named by `CHACHAML_CEILING`. Stores of other users, e.g. in `/tmp`, are skipped.
 *
 * @returns Path of the database; if there is none, the path to create it at.
 */
export async function findStore({ env }: Pick<Io, "env">): Promise<string> {
  const here = Deno.cwd();
  const ceiling = env("CHACHAML_CEILING");
  const top = ceiling === undefined ? undefined : resolve(ceiling);
  const own = await ownerOf(here);
  for (let directory = here;; directory = dirname(directory)) {
    const path = join(directory, NAME);
    const owner = await ownerOf(path);
    if (owner !== undefined && (directory === here || owner === own)) return path;
    if (directory === top || dirname(directory) === directory) return join(here, NAME);
  }
}

/**
 * Returns the owner of a file: `null` if the system has none, `undefined` if the file cannot be
 * seen.
 */
async function ownerOf(path: string): Promise<number | null | undefined> {
  // Avoids a permission prompt for a directory that may hold nothing.
  const { state } = Deno.permissions.querySync({ name: "read", path });
  if (state !== "granted") return undefined;
  try {
    return (await Deno.stat(path)).uid;
  } catch {
    return undefined;
  }
}
