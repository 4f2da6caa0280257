import assert from "node:assert/strict";
import { COMMANDS } from "../../src/cli/commands/mod.ts";
import { ok } from "../support/cli_helpers.ts";
import { inTempDir } from "../support/helpers.ts";

/** Formats a manual page as `man` does, with all warnings; `undefined` where there is no formatter. */
async function formatted(page: string): Promise<{ text: string; warnings: string } | undefined> {
  for (const formatter of ["groff", "mandoc"]) {
    const args = formatter === "groff" ? ["-man", "-Tutf8", "-ww"] : ["-Wwarning"];
    try {
      const child = new Deno.Command(formatter, {
        args,
        stdin: "piped",
        stdout: "piped",
        stderr: "piped",
      }).spawn();
      const writer = child.stdin.getWriter();
      await writer.write(new TextEncoder().encode(page));
      await writer.close();
      const { stdout, stderr } = await child.output();
      const [text, warnings] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
      return { text: text!, warnings: warnings! };
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
  return undefined;
}

Deno.test("man prints a page with every command and option, and nothing roff would take for its own", async () => {
  await inTempDir(async (dir) => {
    const page = await ok(dir, ["man"]);
    for (const entry of COMMANDS.filter(({ hidden }) => !hidden)) {
      assert.ok(page.includes(`.SS chachaml ${entry.name.replaceAll("-", "\\-")}`), entry.name);
      for (const { name } of (await entry.load()).options) {
        assert.ok(page.includes(`\\-\\-${name.replaceAll("-", "\\-")}`), name);
      }
    }
    const macros = page.split("\n").filter((line) => line.startsWith("."));
    for (const line of macros) assert.match(line, /^\.(TH|SH|SS|TP|B|PP|RS|RE|nf|fi)( |$)/);
    assert.doesNotMatch(page, /^'/m);
  });
});

const hasFormatter = await formatted(".TH A 1\n") !== undefined;

Deno.test({
  name: `the manual page formats without a warning${
    hasFormatter ? "" : " (skipped: neither groff nor mandoc is installed)"
  }`,
  ignore: !hasFormatter,
  fn: async () => {
    await inTempDir(async (dir) => {
      const { text, warnings } = (await formatted(await ok(dir, ["man"])))!;
      assert.equal(warnings, "");
      // deno-lint-ignore no-control-regex
      assert.match(text.replace(/\u001b\[[\d;]*m|.\u0008/g, ""), /chachaml runs/);
    });
  },
});
