/** The shell examples of the pages run as they stand, in an environment that has nothing set. */
import assert from "node:assert/strict";
import { join } from "@std/path";
import { packageFlags } from "../support/children/flags.ts";
import { inTempDir } from "../support/helpers.ts";

/** The examples of a page. */
interface Page {
  /** Which of its blocks are run; all if left out. */
  readonly only?: RegExp;
  /** What they take for granted. */
  readonly before: string;
}

const PAGES: Readonly<Record<string, Page>> = {
  "README.md": {
    only: /chachaml exec/,
    // Programs that the examples name, and not every machine has.
    before: `
      deno() { :; }
      nvidia-smi() { echo GPU; }
      ssh() { shift; CHACHAML_DB="$HOME/there.db" CHACHAML_ARTIFACT_DIR="$HOME/there" "$@"; }
      mkdir -p out plots "$HOME/bin"
      echo weights | tee out/model.onnx > model.onnx; echo picture > plots/roc.txt
      printf '#!/bin/sh\\necho training' > "$HOME/bin/python"; chmod +x "$HOME/bin/python"
      export PATH="$HOME/bin:$PATH"
      for id in 3f2a0000 91c00000; do
        chachaml start --id $id; chachaml log $id loss=0.4; chachaml end $id
      done`,
  },
  "docs/operators.md": {
    before: `
      run=$(chachaml start --experiment iris)
      echo weights > model.onnx
      chachaml put "$run" model.onnx && chachaml end "$run"`,
  },
};

/** The `sh` blocks of a page, without those that are marked to be left out. */
function blocksOf(page: string, only = /(?:)/): string[] {
  return [...page.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, block]) => block!)
    .filter((block) => only.test(block));
}

for (const [path, { before, only }] of Object.entries(PAGES)) {
  Deno.test(`the shell examples of ${path} run in an empty environment`, () =>
    inTempDir(async (dir) => {
      const blocks = blocksOf(await Deno.readTextFile(path), only);
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
