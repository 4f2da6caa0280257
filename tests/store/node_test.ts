/** In Node: an error that says what to do, not a missing global. */
import assert from "node:assert/strict";
import { join } from "@std/path";
import { packageFlags } from "../support/children/flags.ts";
import { inTempDir } from "../support/helpers.ts";

/** The module without types and packages, for a runtime that knows neither JSR nor `npm:`. */
async function bundle(path: string): Promise<void> {
  const entry = join(path, "..", "entry.ts");
  await Deno.writeTextFile(
    entry,
    `export { requireRuntime } from ${JSON.stringify(Deno.realPathSync("src/context/runtime.ts"))};
     export { onProcessEnd } from ${
      JSON.stringify(Deno.realPathSync("src/store/process_end.ts"))
    };`,
  );
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["bundle", ...packageFlags(), "-o", path, entry],
  }).output();
  assert.ok(success, new TextDecoder().decode(stderr));
}

async function node(code: string): Promise<string> {
  const { stdout, stderr } = await new Deno.Command("node", {
    args: ["--input-type=module", "-e", code],
  }).output();
  return new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
}

const hasNode = await new Deno.Command("node", { args: ["--version"] }).output().then(
  ({ success }) => success,
  () => false,
);

Deno.test({
  name: `in Node, opening a store says what to use instead${
    hasNode ? "" : " (skipped: there is no node)"
  }`,
  ignore: !hasNode,
  fn: () =>
    inTempDir(async (dir) => {
      const path = join(dir, "runtime.mjs");
      await bundle(path);
      const printed = await node(
        `import { requireRuntime } from ${JSON.stringify(`file://${path}`)};
         try { requireRuntime(); } catch (error) { console.log(error.code, error.message); }`,
      );
      assert.match(
        printed,
        /^unsupported-runtime Cannot run here: .* Deno 2\.\d+ .*chachaml serve/,
      );
    }),
});
