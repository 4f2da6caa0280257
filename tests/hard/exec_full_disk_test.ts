/** exec on a disk that is full: the program goes on, and what was kept is kept. */
import assert from "node:assert/strict";
import { CALL } from "../support/exec_helpers.ts";
import { inTempDir } from "../support/helpers.ts";

/** Calls a script in a namespace of its own, with a small file system at its working directory. */
async function onSmallDisk(dir: string, script: string): Promise<Deno.CommandOutput | undefined> {
  if (Deno.build.os !== "linux") return undefined;
  const mount = 'mount -t tmpfs -o size=3m none "$1" && cd "$1" && ';
  const args = ["--map-root-user", "--mount", "sh", "-c", mount + script, "sh", dir];
  return await new Deno.Command("unshare", { args }).output().catch(() => undefined);
}

const probe = await Deno.makeTempDir({ prefix: "chachaml-test-" });
const works = (await onSmallDisk(probe, "true"))?.success ?? false;
await Deno.remove(probe);

const name =
  "a program whose output fills the disk ends well, and its output is kept as far as it got";
(works ? Deno.test : Deno.test.ignore)(
  works ? name : `${name} (skipped: no file system can be mounted here)`,
  () =>
    inTempDir(async (dir) => {
      const script = [
        `call() { ${CALL} "$@"; }`,
        "call start > /dev/null",
        "call exec --quiet -- sh -c 'yes 0123456789 | head -c 8000000' | wc -c",
        "head -c 100000000 /dev/zero > full 2> /dev/null; rm full",
        "call end @last --failed > /dev/null 2>&1",
        "call cat @last stdout.log | wc -c",
      ].join("\n");
      const { stdout, stderr } = (await onSmallDisk(dir, script))!;
      const words = new TextDecoder().decode(stderr);
      const [passed, kept] = new TextDecoder().decode(stdout).trim().split("\n").map(Number);
      assert.equal(passed, 8_000_000, words);
      assert.ok(kept! > 1_000_000 && kept! < 3_000_000, `${kept} bytes: ${words}`);
      assert.match(words, /keep more of "stdout\.log": the disk is full/);
    }),
);
