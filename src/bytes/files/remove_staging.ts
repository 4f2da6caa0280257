import { join } from "@std/path";
import { OWNER, STAGING } from "../../names/names.ts";

/** Whether a directory has been used by a byte store. */
export async function hasStaging(root: string): Promise<boolean> {
  return await Deno.lstat(join(root, STAGING)).then(() => true, () => false);
}

/** Removes the internal files of a byte store from a directory, unless something is staged. */
export async function removeStaging(root: string): Promise<void> {
  const staging = join(root, STAGING);
  for (const { name } of Deno.readDirSync(staging)) if (name !== OWNER) return;
  await Deno.remove(join(staging, OWNER)).catch(() => {});
  await Deno.remove(staging);
}
