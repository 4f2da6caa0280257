/**
 * Compiles the command line to `dist/chachaml`, or, with `all`, for each usual system. It is done in an
 * empty folder with the package's own files only, so that nothing else can get into the binary.
 */
import { fromFileUrl, join } from "@std/path";
import config from "../deno.json" with { type: "json" };

/** What a binary may do: nothing over the network, and no native code. Only `exec` runs programs. */
const PERMISSIONS = ["--allow-read", "--allow-write", "--allow-env", "--allow-run", "--no-prompt"];

/** The systems that Deno compiles for. */
const TARGETS = [
  "x86_64-unknown-linux-gnu",
  "aarch64-unknown-linux-gnu",
  "x86_64-apple-darwin",
  "aarch64-apple-darwin",
  "x86_64-pc-windows-msvc",
];

const ROOT = new URL("..", import.meta.url);
const throughStandIns = import.meta.resolve("@std/fs").includes("npm_only");

/** Compiles for one system, this one if none is named; gives the path of the binary. */
export async function compile(output: string, target?: string): Promise<string> {
  const place = await Deno.makeTempDir();
  try {
    await Deno.mkdir(join(place, "tools"));
    for (const name of [...config.publish.include, "tools/npm_only"]) {
      await copy(fromFileUrl(new URL(name, ROOT)), join(place, name));
    }
    const { success, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [
        "compile",
        "--quiet",
        ...PERMISSIONS,
        ...throughStandIns ? ["--import-map=tools/npm_only/import_map.json"] : [],
        ...target === undefined ? [] : [`--target=${target}`],
        `--output=${output}`,
        "cli.ts",
      ],
      cwd: place,
    }).output();
    if (!success) throw new Error(new TextDecoder().decode(stderr).trim());
    return output;
  } finally {
    await Deno.remove(place, { recursive: true });
  }
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
