/** What the command line loads before it is known which command it is. */
import assert from "node:assert/strict";
import { fromFileUrl } from "@std/path";

/**
 * The modules that a module loads at once; with `all`, those that Deno reads before it runs, which
 * literal dynamic imports name, too.
 */
async function loadedBy(entry: string, all = false): Promise<string[]> {
  const standIns = import.meta.resolve("@std/fs").includes("npm_only");
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: [
      "info",
      "--json",
      ...standIns ? ["--import-map=tools/npm_only/import_map.json"] : [],
      entry,
    ],
    cwd: fromFileUrl(new URL("../..", import.meta.url)),
    stderr: "null",
  }).output();
  const { roots, modules } = JSON.parse(new TextDecoder().decode(stdout)) as {
    roots: string[];
    modules: {
      specifier: string;
      dependencies?: { code?: { specifier?: string }; isDynamic?: boolean }[];
    }[];
  };
  const bySpecifier = new Map(modules.map((module) => [module.specifier, module]));
  const seen = new Set<string>(roots);
  for (const specifier of seen) {
    for (const { code, isDynamic } of bySpecifier.get(specifier)?.dependencies ?? []) {
      if (code?.specifier !== undefined && (all || !isDynamic)) seen.add(code.specifier);
    }
  }
  return [...seen];
}

/** Modules of others: an npm package and most built-ins of Node cost as much as all else together. */
function isForeign(specifier: string): boolean {
  return /^(npm|node):/.test(specifier);
}

Deno.test("the command line starts without its commands, the store and npm packages", async () => {
  const loaded = await loadedBy("cli.ts");
  assert.deepEqual(loaded.filter(isForeign), []);
  assert.deepEqual(loaded.filter((specifier) => /\/src\/(store|archive)\//.test(specifier)), []);
  assert.ok(loaded.length < 40, `${loaded.length} modules`);
});

Deno.test("opening a store loads no npm package, and of Node's modules only SQLite", async () => {
  const loaded = await loadedBy("src/store/open_store.ts");
  const own = loaded.filter((specifier) => !specifier.includes("/npm_only/"));
  const standIns = ["node:path", "node:url"];
  assert.deepEqual(own.filter(isForeign).filter((name) => !standIns.includes(name)), [
    "node:sqlite",
  ]);
  assert.deepEqual(own.filter((name) => /\/src\/(archive|backup|jupyter)\//.test(name)), []);
});

Deno.test("the command line reads the modules of a command when it is called", async () => {
  const read = await loadedBy("cli.ts", true);
  assert.deepEqual(
    read.filter((specifier) =>
      /\/src\/(store|server)\//.test(specifier) || /\/cli\/commands\/(?!mod\.ts)/.test(specifier)
    ),
    [],
  );
});

Deno.test("opening a store does not read the modules of database servers", async () => {
  const read = await loadedBy("mod.ts", true);
  assert.deepEqual(read.filter((specifier) => specifier.includes("/metadata/postgres/")), []);
});
