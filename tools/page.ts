/**
 * Builds the page into `src/server/page/script.ts` and `style.ts`: one script and one style, as modules
 * that work from a JSR import and in the compiled binary. With `--check` it writes nothing and fails if
 * they are not current.
 */
import { fromFileUrl, join } from "@std/path";

const ROOT = new URL("..", import.meta.url);
const PAGE = fromFileUrl(new URL("page", ROOT));
const TARGET = new URL("src/server/page/", ROOT);

/** Builds the script. */
async function script(): Promise<string> {
  const directory = await Deno.makeTempDir({ prefix: "page-" });
  try {
    const output = join(directory, "page.js");
    const config = join(PAGE, "config.json");
    const { success, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["bundle", "--quiet", "--config", config, "--minify", "--platform=browser"]
        .concat(`--output=${output}`, join(PAGE, "main.tsx")),
    }).output();
    if (!success) throw new Error(new TextDecoder().decode(stderr));
    return await Deno.readTextFile(output);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

/** Joins the parts of the style in the order of their names, minified. */
async function style(): Promise<string> {
  const names = [];
  for await (const { name } of Deno.readDir(join(PAGE, "styles"))) names.push(name);
  let text = "";
  for (const name of names.sort()) text += await Deno.readTextFile(join(PAGE, "styles", name));
  return text.replaceAll(/\/\*[\s\S]*?\*\//g, "")
    .replaceAll(/\s+/g, " ")
    .replaceAll(/ ?([{};]) ?/g, "$1")
    .replaceAll(/, /g, ",")
    .replaceAll(/;}/g, "}")
    .trim();
}

/** A module that exports a text. */
function moduleOf(name: string, text: string): string {
  return `// Built by \`deno task page\` from page/. Do not edit.\nexport const ${name}: string =\n  ${
    JSON.stringify(text)
  };\n`;
}

const built = [
  ["script.ts", moduleOf("SCRIPT", await script())],
  ["style.ts", moduleOf("STYLE", await style())],
] as const;
const isCheck = Deno.args.includes("--check");
const old: string[] = [];
for (const [name, code] of built) {
  const file = new URL(name, TARGET);
  if (await Deno.readTextFile(file).catch(() => "") === code) continue;
  old.push(name);
  if (!isCheck) await Deno.writeTextFile(file, code);
}
for (const name of old) console.log(`${name} ${isCheck ? "is not current" : "written"}`);
if (isCheck && old.length > 0) {
  console.error("Run `deno task page` and commit what it writes");
  Deno.exit(1);
}
