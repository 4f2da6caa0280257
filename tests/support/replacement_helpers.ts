/** What a crash leaves of replacements. */
import { join } from "@std/path";
import { sha256 } from "./helpers.ts";

/** A replacement of the bytes at `key`, noted by a process that is gone; which bytes are in place is up to the test. */
export async function leaveReplacement(
  artifactDir: string,
  { key, artifactId, text, staged = crypto.randomUUID(), contentType = "text/x-new" }: {
    key: string;
    artifactId: string;
    text: string;
    staged?: string;
    contentType?: string;
  },
): Promise<string> {
  const bytes = new TextEncoder().encode(text);
  const size = bytes.length;
  const note = { artifactId, contentType, size, hash: await sha256(bytes), createdAt: Date.now() };
  const name = await sha256(new TextEncoder().encode(key));
  await Deno.mkdir(join(artifactDir, ".staging"), { recursive: true });
  const path = join(artifactDir, ".staging", `${name}.replaces`);
  await Deno.writeTextFile(path, JSON.stringify({ key, staged, note }));
  return path;
}
