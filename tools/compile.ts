/**
 * Compiles the command line to `dist/chachaml`, or, with `all`, for each usual system, and keeps the
 * lock of the versions in it beside it. This happens in an empty directory with the package's own
 * files only, so that nothing else can get into the binary.
 */
import { fromFileUrl, join } from "@std/path";
import config from "../deno.json" with { type: "json" };

/**
 * What a binary may do: no native code, and nothing over the network but what `serve` listens on; every
 * other command gives that permission up as it starts. Only `exec` runs programs.
 */
export const PERMISSIONS: readonly string[] = [
  "--allow-read",
  "--allow-write",
  "--allow-env",
  "--allow-run",
  "--allow-sys=hostname,cpus,systemMemoryInfo",
  "--allow-net",
  "--deny-import",
  "--no-prompt",
];

/** The systems that Deno compiles for. */
const TARGETS = [
  "x86_64-unknown-linux-gnu",
  "aarch64-unknown-linux-gnu",
  "x86_64-apple-darwin",
  "aarch64-apple-darwin",
  "x86_64-pc-windows-msvc",
];

/**
 * A server keeps some 16 MiB of objects. By default V8 lets garbage gather to several times that before
 * it looks for it; these limits halve the memory. Calls of the server took as long as before, a loop
 * that only allocates up to 1.7 times as long.
 */
export const V8_FLAGS =
  "--max-semi-space-size=4,--initial-old-space-size=24,--heap-growing-percent=50";

const ROOT = new URL("..", import.meta.url);
const throughStandIns = import.meta.resolve("@std/fs").includes("npm_only");

/** Compiles for one system, this one if none is named; returns the path of the binary. */
export async function compile(output: string, target?: string): Promise<string> {
  const place = await Deno.makeTempDir();
  try {
    const entry = await bundle(place);
    await deno(place, [
      "compile",
      "--quiet",
      "--no-check",
      `--v8-flags=${V8_FLAGS}`,
      ...PERMISSIONS,
      ...target === undefined ? [] : [`--target=${target}`],
      `--output=${output}`,
      entry,
    ]);
    await Deno.copyFile(join(place, "deno.lock"), `${output}.lock`);
    return output;
  } finally {
    await Deno.remove(place, { recursive: true });
  }
}

/**
 * Bundles the command line with all that it imports, in the versions of a lock that is made for it;
 * one file starts much faster than some hundred do. Returns the path of the first module.
 */
export async function bundle(place: string): Promise<string> {
  const source = join(place, "source");
  await Deno.mkdir(join(source, "tools"), { recursive: true });
  for (const name of [...config.publish.include, "tools/npm_only"]) {
    await copy(fromFileUrl(new URL(name, ROOT)), join(source, name));
  }
  await includeOnDemand(join(source, "src"));
  const lock = `--lock=${join(place, "deno.lock")}`;
  const map = throughStandIns ? ["--import-map=tools/npm_only/import_map.json"] : [];
  await deno(source, ["cache", "--quiet", lock, ...map, "cli.ts"]);
  const to = join(place, "bundle");
  await deno(source, [
    "bundle",
    "--quiet",
    lock,
    "--frozen",
    ...map,
    "--platform=deno",
    "--code-splitting",
    `--outdir=${to}`,
    "cli.ts",
  ]);
  await deferNodeModules(to);
  return join(to, "cli.js");
}

/** Has the bundler follow the imports that Deno does not follow by itself. */
async function includeOnDemand(directory: string): Promise<void> {
  for await (const { name, isDirectory } of Deno.readDir(directory)) {
    const path = join(directory, name);
    if (isDirectory) await includeOnDemand(path);
    else if (name.endsWith(".ts")) {
      const code = await Deno.readTextFile(path);
      const literal = code.replace(/\bonDemand\(("[^"]*")\)/g, "$1");
      if (literal !== code) await Deno.writeTextFile(path, literal);
    }
  }
}

/** Banner with which bundled CommonJS packages can require modules of Node. */
const REQUIRE =
  /import \{ createRequire as (\w+) \} from "node:module";\s*var __require = \1\(.*\);/;

/** Has the bundle load modules of Node once a package requires one: they slow down every start. */
async function deferNodeModules(directory: string): Promise<void> {
  let found = false;
  for await (const { name } of Deno.readDir(directory)) {
    const path = join(directory, name);
    const code = await Deno.readTextFile(path);
    if (!REQUIRE.test(code)) continue;
    found = true;
    const deferred = "var __require = (name) => globalThis.process.getBuiltinModule(name);";
    await Deno.writeTextFile(path, code.replace(REQUIRE, () => deferred));
  }
  if (!found) throw new Error("the bundler requires modules of Node in another way than before");
}

async function deno(cwd: string, args: string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command(Deno.execPath(), { args, cwd }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr).trim());
}

async function copy(from: string, to: string): Promise<void> {
  if ((await Deno.stat(from)).isFile) return await Deno.copyFile(from, to);
  await Deno.mkdir(to, { recursive: true });
  for await (const { name } of Deno.readDir(from)) await copy(join(from, name), join(to, name));
}

if (import.meta.main) {
  const dist = fromFileUrl(new URL("dist/", ROOT));
  await Deno.mkdir(dist, { recursive: true });
  const targets = Deno.args[0] === "all" ? TARGETS : [undefined];
  for (const target of targets) {
    const end = target?.includes("windows") ? ".exe" : "";
    const name = target === undefined ? "chachaml" : `chachaml-${target}${end}`;
    console.log(await compile(join(dist, name), target));
  }
}
