/** The examples of docs/http.md and docs/mcp.md run against a server. */
import assert from "node:assert/strict";
import { join } from "@std/path";
import { openStore } from "../../mod.ts";
import { serving } from "../support/serving.ts";
import { packageFlags } from "../support/children/flags.ts";
import { blocksOf } from "../support/examples.ts";
import { inTempDir } from "../support/helpers.ts";
import { firstMissing } from "../support/programs.ts";

/** The examples of a page in a language, as one program. */
async function programOf(page: string, language: string): Promise<string> {
  const blocks = await blocksOf(page, language);
  assert.ok(blocks.length > 0, `${page} has no example in ${language}`);
  return blocks.join("\n");
}

/** Serves a store in a directory, and runs a program there that has the address in its text. */
async function withServer(
  program: string,
  command: (program: string, dir: string) => Deno.Command,
): Promise<string> {
  let output = "";
  await inTempDir(async (dir) => {
    const path = join(dir, "chachaml.db");
    await using store = await openStore({ path });
    await using server = await serving(store);
    const text = program.replaceAll("http://127.0.0.1:5000", server.url);
    const { success, stdout, stderr } = await command(text, dir).output();
    assert.ok(success, new TextDecoder().decode(stderr));
    output = new TextDecoder().decode(stdout);
  });
  return output;
}

function bash(program: string, dir: string): Deno.Command {
  const { PATH = "", HOME = "", DENO_DIR = join(HOME, ".cache/deno") } = Deno.env.toObject();
  const flags = packageFlags().join(" ");
  const cli = Deno.realPathSync("cli.ts");
  const chachaml = `chachaml() { '${Deno.execPath()}' run -A ${flags} '${cli}' "$@"; }\n`;
  return new Deno.Command("bash", {
    args: ["-euo", "pipefail", "-c", chachaml + program],
    cwd: dir,
    clearEnv: true,
    env: { PATH, HOME, DENO_DIR },
  });
}

const lacks = await firstMissing("curl", "jq", "bash");

Deno.test({
  name: `the shell examples of docs/http.md run${lacks ? ` (skipped: no ${lacks} here)` : ""}`,
  ignore: lacks !== undefined,
  fn: async () => {
    const output = await withServer(await programOf("docs/http.md", "sh"), bash);
    assert.match(output, /304$/m);
    assert.match(output, /^event: metrics$/m);
    assert.match(output, /"status":"completed"/);
  },
});

const PYTHON = Deno.env.get("CHACHAML_HTTP_PYTHON") ?? "python3";
const hasRequests = await new Deno.Command(PYTHON, { args: ["-c", "import requests"] }).output()
  .then(({ success }) => success, () => false);

Deno.test({
  name: `the Python example of docs/http.md runs${hasRequests ? "" : " (skipped: no requests)"}`,
  ignore: !hasRequests,
  fn: async () => {
    await withServer(
      await programOf("docs/http.md", "python"),
      (program, cwd) => new Deno.Command(PYTHON, { args: ["-c", program], cwd }),
    );
  },
});

Deno.test({
  name: `the shell examples of docs/mcp.md run${lacks ? ` (skipped: no ${lacks} here)` : ""}`,
  ignore: lacks !== undefined,
  fn: async () => {
    const output = await withServer(await programOf("docs/mcp.md", "sh"), bash);
    assert.match(output, /"serverInfo"/);
    assert.match(output, /experiments/);
    assert.match(output, /runs/);
  },
});
