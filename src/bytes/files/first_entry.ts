import { STAGING } from "../../names/names.ts";

/** What a directory may have though nobody has put it there. */
const STRAYS: readonly string[] = [STAGING, "lost+found", ".DS_Store"];

/** Name of something that has been put into an artifact directory; `undefined` if nothing has. */
export async function firstEntry(artifactDir: string): Promise<string | undefined> {
  for await (const { name } of Deno.readDir(artifactDir)) if (!STRAYS.includes(name)) return name;
}
