import { STAGING } from "../../names/names.ts";

/** Entries of a directory that users did not create. */
const STRAYS: readonly string[] = [STAGING, "lost+found", ".DS_Store"];

/**
 * Returns the name of an entry that was put into an artifact directory; `undefined` if there is
 * none.
 */
export async function firstEntry(artifactDir: string): Promise<string | undefined> {
  for await (const { name } of Deno.readDir(artifactDir)) if (!STRAYS.includes(name)) return name;
}
