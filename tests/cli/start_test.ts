import assert from "node:assert/strict";
import { fromFileUrl } from "@std/path";
import { packageFlags } from "../support/children/flags.ts";

const ROOT = new URL("../../", import.meta.url).href;

interface Module {
  readonly specifier: string;
  readonly dependencies?: readonly { readonly code?: { readonly specifier?: string } }[];
}

/** Returns the project's modules that Deno reads before a program starts, types left out. */
async function modulesOf(entry: string): Promise<string[]> {
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--json", ...packageFlags(), fromFileUrl(new URL(entry, ROOT))],
  }).output();
  const { modules } = JSON.parse(new TextDecoder().decode(stdout)) as { modules: Module[] };
  const byUrl = new Map(modules.map((module) => [module.specifier, module]));
  const read = new Set<string>();
  const waiting = [new URL(entry, ROOT).href];
  for (let url = waiting.pop(); url !== undefined; url = waiting.pop()) {
    if (read.has(url) || !url.startsWith(ROOT)) continue;
    read.add(url);
    for (const { code } of byUrl.get(url)?.dependencies ?? []) {
      if (code?.specifier !== undefined) waiting.push(code.specifier);
    }
  }
  return [...read].map((url) => url.slice(ROOT.length));
}

Deno.test("the command line reads the modules of a command when it is called", async () => {
  const modules = await modulesOf("cli.ts");
  assert.ok(modules.includes("src/cli/commands/mod.ts"));
  const early = modules.filter((path) =>
    path.startsWith("src/cli/commands/") && path !== "src/cli/commands/mod.ts" ||
    /^src\/(store|server|runs|artifacts|maintenance)\//.test(path)
  );
  assert.deepEqual(early, []);
});

Deno.test("opening a store does not read the modules of database servers", async () => {
  const modules = await modulesOf("mod.ts");
  assert.ok(modules.includes("src/metadata/sqlite/metadata_store.ts"));
  assert.deepEqual(modules.filter((path) => path.startsWith("src/metadata/postgres/")), []);
});
