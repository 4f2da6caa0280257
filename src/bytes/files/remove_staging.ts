import { join } from "@std/path";
import { OWNER, STAGING } from "../../names/names.ts";

/** Whether a byte store has been in a directory. */
export async function hasStaging(root: string): Promise<boolean> {
  return await Deno.lstat(join(root, STAGING)).then(() => true, () => false);
}

/** Removes what a byte store keeps for itself in a directory, as long as nothing is staged there. */
export async function removeStaging(root: string): Promise<void> {
  const staging = join(root, STAGING);
  for (const { name } of Deno.readDirSync(staging)) if (name !== OWNER) return;
  await Deno.remove(join(staging, OWNER)).catch(() => {});
  await Deno.remove(staging);
}
