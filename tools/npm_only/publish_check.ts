/**
 * Runs `deno publish --dry-run`. It takes no import map, so on a network without JSR it is run on a
 * copy of the package whose configuration names the stand-ins beside this file.
 */
import { dirname, fromFileUrl, join } from "@std/path";
import config from "../../deno.json" with { type: "json" };
import standIns from "./import_map.json" with { type: "json" };

const root = fromFileUrl(new URL("../..", import.meta.url));
const throughStandIns = import.meta.resolve("@std/fs").includes("npm_only");

if (!throughStandIns) Deno.exit(await dryRun(root));
const copy = await Deno.makeTempDir({ prefix: "publish-" });
try {
  for (const name of [...config.publish.include, "tools/npm_only"]) await copyTree(name);
  const imports = Object.fromEntries(
    Object.entries(standIns.imports).map((
      [name, path],
    ) => [name, path.replace("./", "./tools/npm_only/").replace(/^\.\.\/\.\.\//, "./")]),
  );
  const include = [...config.publish.include, "tools/npm_only"];
  await Deno.writeTextFile(
    join(copy, "deno.json"),
    JSON.stringify({ ...config, imports, publish: { include } }),
  );
  Deno.exitCode = await dryRun(copy);
} finally {
  await Deno.remove(copy, { recursive: true });
}

async function dryRun(cwd: string): Promise<number> {
  const args = ["publish", "--dry-run", "--allow-dirty"];
  return (await new Deno.Command(Deno.execPath(), { args, cwd }).spawn().status).code;
}

async function copyTree(name: string): Promise<void> {
  const [from, to] = [join(root, name), join(copy, name)];
  if ((await Deno.stat(from)).isDirectory) {
    for await (const entry of Deno.readDir(from)) await copyTree(join(name, entry.name));
  } else {
    await Deno.mkdir(dirname(to), { recursive: true });
    await Deno.copyFile(from, to);
  }
}
