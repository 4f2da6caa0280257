/** The shell examples of the pages run as they stand, in an environment that has nothing set. */
import assert from "node:assert/strict";
import { join } from "@std/path";
import { packageFlags } from "../support/children/flags.ts";
import { inTempDir } from "../support/helpers.ts";

/** Pages, and what their examples take for granted. */
const PAGES: Readonly<Record<string, string>> = {
  "docs/operators.md": `
    run=$(chachaml start --experiment iris)
    echo weights > model.onnx
    chachaml put "$run" model.onnx && chachaml end "$run"`,
};

/** The `sh` blocks of a page, without those that are marked to be left out. */
function blocksOf(page: string): string[] {
  return [...page.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, block]) => block!);
}

for (const [path, before] of Object.entries(PAGES)) {
  Deno.test(`the shell examples of ${path} run in an empty environment`, () =>
    inTempDir(async (dir) => {
      const blocks = blocksOf(await Deno.readTextFile(path));
      assert.ok(blocks.length > 0, "no example is found");
      const [bin, home, work] = ["bin", "home", "work/project"].map((name) => join(dir, name));
      for (const made of [bin!, home!, work!]) await Deno.mkdir(made, { recursive: true });
      const program = `#!/bin/sh\nexec '${Deno.execPath()}' run -A ${packageFlags().join(" ")} ` +
        `'${Deno.realPathSync("cli.ts")}' "$@"\n`;
      await Deno.writeTextFile(join(bin!, "chachaml"), program, { mode: 0o755 });
      const { DENO_DIR = join(Deno.env.get("HOME") ?? "", ".cache/deno") } = Deno.env.toObject();
      const { success, stderr } = await new Deno.Command("bash", {
        args: ["-euxc", [before, ...blocks].join("\n")],
        cwd: work!,
        clearEnv: true,
        // The cache alone is shared: what it holds is downloaded once.
        env: { HOME: home!, PATH: `${bin}:/usr/bin:/bin`, DENO_DIR },
      }).output();
      assert.ok(success, new TextDecoder().decode(stderr));
    }));
}
