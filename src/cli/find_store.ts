/** Where the store is that a call means, where it does not say so. */
import { dirname, join, resolve } from "@std/path";
import type { Io } from "./io.ts";

/** Name of a store's database. */
const NAME = "chachaml.db";

/**
 * Looks for a store in the working directory and in those above it, as git does, up to the one that
 * `CHACHAML_CEILING` names. A store of somebody else, such as one in `/tmp`, is passed over.
 *
 * @returns The path of its database; where one would be made if there is none.
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

/** The user whose a file is, `null` where the system does not say; `undefined` if none can be seen. */
async function ownerOf(path: string): Promise<number | null | undefined> {
  // Nobody is to be asked for a directory that need not hold anything.
  const { state } = Deno.permissions.querySync({ name: "read", path });
  if (state !== "granted") return undefined;
  try {
    return (await Deno.stat(path)).uid;
  } catch {
    return undefined;
  }
}
