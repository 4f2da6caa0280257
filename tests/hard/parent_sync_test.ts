/** New directories are synced from the first that was there before: a power cut loses none of them. */
import assert from "node:assert/strict";
import { fromFileUrl, join } from "@std/path";
import { packageFlags } from "../support/children/flags.ts";
import { inTempDir } from "../support/helpers.ts";
import { versionOf } from "../support/programs.ts";

const CLI = fromFileUrl(new URL("../../cli.ts", import.meta.url));
const missing = await versionOf("strace") === undefined ? "there is no strace" : undefined;

/** Calls the command line in a directory; gives the files and directories that it synced. */
async function synced(dir: string, args: readonly string[]): Promise<Set<string>> {
  const log = join(dir, "strace");
  const { success, stderr } = await new Deno.Command("strace", {
    // With the path of each descriptor.
    args: ["-f", "-y", "-o", log, "-e", "trace=fsync,fdatasync,syncfs", Deno.execPath()]
      .concat("run", "-A", ...packageFlags(), CLI, args),
    cwd: dir,
  }).output();
  assert.ok(success, new TextDecoder().decode(stderr));
  const calls = (await Deno.readTextFile(log)).matchAll(/sync(?:fs)?\(\d+<([^>]*)>/g);
  return new Set([...calls].map(([, path]) => path!));
}

Deno.test({
  name: "the parents of new databases, artifact directories and backups are synced" +
    (missing ? ` (skipped: ${missing})` : ""),
  ignore: missing !== undefined,
  fn: () =>
    inTempDir(async (dir) => {
      const store = ["--db", join(dir, "a/b/store.db"), "--artifact-dir", join(dir, "c/d/files")];
      const made = await synced(dir, ["start", "--id", "r", ...store]);
      for (const parent of ["", "a", "a/b", "c", "c/d"]) {
        assert.ok(made.has(join(dir, parent)), `${parent || "."} is not synced`);
      }
      const saved = await synced(dir, ["backup", join(dir, "e/f/backup"), ...store]);
      for (const parent of ["", "e", "e/f"]) {
        assert.ok(saved.has(join(dir, parent)), `${parent || "."} is not synced`);
      }
    }),
});
