import assert from "node:assert/strict";
import { fromFileUrl } from "@std/path";
import { childFlags, inTempDir } from "../support/helpers.ts";

const PROGRAM = fromFileUrl(new URL("../support/children/gc_when_full.ts", import.meta.url));

/** Mounts a small file system at `$1`, which is gone with the last process, and runs the rest there. */
const ON_TMPFS = ["unshare", "--map-root-user", "--mount", "sh", "-ec"].concat(
  'mount -t tmpfs -o size=24m none "$1"; shift; exec "$@"',
  "sh",
);

async function run(command: readonly string[]): Promise<string> {
  const [program, ...args] = command;
  const { success, stdout, stderr } = await new Deno.Command(program!, { args }).output();
  const decoder = new TextDecoder();
  assert.ok(success, decoder.decode(stderr));
  return decoder.decode(stdout);
}

const probe = await Deno.makeTempDir({ prefix: "chachaml-test-" });
const missing = await run([...ON_TMPFS, probe, "true"]).then(
  () => undefined,
  () => "no tmpfs here",
);
await Deno.remove(probe);

Deno.test({
  name: "gc makes room on a disk that has not one byte left" + (missing ? ` (${missing})` : ""),
  ignore: missing !== undefined,
  fn: () =>
    inTempDir(async (dir) => {
      const deno = [Deno.execPath(), "run", "--no-prompt", "--quiet", "-A", ...childFlags()];
      const outcome = JSON.parse(await run([...ON_TMPFS, dir, ...deno, PROGRAM, dir]));
      assert.deepEqual(outcome, { removed: ["r/orphan"], damaged: 0, leftovers: 0 });
    }),
});
