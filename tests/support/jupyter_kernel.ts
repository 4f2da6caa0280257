/** Runs the notebooks of `examples/notebooks` by the real kernel, without a browser. */
import { dirname, fromFileUrl, join } from "@std/path";
import config from "../../deno.json" with { type: "json" };
import { versionOf } from "./programs.ts";
import standIns from "../../tools/npm_only/import_map.json" with { type: "json" };

const root = fromFileUrl(new URL("../..", import.meta.url));

/** Milliseconds that a cell's output may take behind the word that the cell is done. */
const LATE = 150;

/** A notebook, as far as it is looked at. */
export interface Notebook {
  readonly cells: readonly Cell[];
}

/** A cell of a notebook. */
export interface Cell {
  readonly cell_type: "code" | "markdown";
  readonly execution_count?: number | null;
  readonly outputs?: readonly Output[];
  source: string | string[];
}

/** What a cell has given. */
export interface Output {
  readonly output_type: "execute_result" | "display_data" | "stream" | "error";
  readonly name?: string;
  readonly text?: string | string[];
  readonly data?: Readonly<Record<string, string | string[]>>;
}

/** Why notebooks cannot be run here; `undefined` if they can. */
export const kernelMissing: string | undefined = await versionOf("jupyter-nbconvert") === undefined
  ? "there is no jupyter-nbconvert"
  : undefined;

/** The names of the notebooks. */
export function notebookNames(): string[] {
  return [...Deno.readDirSync(join(root, "examples/notebooks"))]
    .map(({ name }) => name).filter((name) => name.endsWith(".ipynb")).sort();
}

/** A notebook as it is kept. */
export function readNotebook(name: string): Notebook {
  return JSON.parse(Deno.readTextFileSync(join(root, "examples/notebooks", name)));
}

/**
 * Runs a notebook in a copy of the files of the package, which hold all that it needs. Where the
 * packages of JSR are out of reach, the copy's configuration names the stand-ins for them.
 *
 * @returns The notebook with what its cells have given.
 */
export async function execute(name: string): Promise<Notebook> {
  const dir = await Deno.makeTempDir({ prefix: "chachaml-notebook-" });
  try {
    const throughStandIns = !import.meta.resolve("@std/path").startsWith("jsr:");
    const files = [...config.publish.include, ...throughStandIns ? ["tools/npm_only"] : []];
    for (const file of files) await copyTree(join(root, file), join(dir, file));
    if (throughStandIns) await nameStandIns(dir);
    const directory = join(dir, "examples/notebooks");
    await Deno.mkdir(directory, { recursive: true });
    const path = join(directory, name);
    await Deno.writeTextFile(path, JSON.stringify(patiently(readNotebook(name))));
    await runKernel(dir, path);
    return JSON.parse(await Deno.readTextFile(path));
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

async function runKernel(dir: string, path: string): Promise<void> {
  // As `deno jupyter --install` would write it, but for this Deno, and for nobody else to see.
  const kernel = join(dir, "jupyter/kernels/deno");
  await Deno.mkdir(kernel, { recursive: true });
  await Deno.writeTextFile(
    join(kernel, "kernel.json"),
    JSON.stringify({
      argv: [Deno.execPath(), "jupyter", "--kernel", "--conn", "{connection_file}"],
      display_name: "Deno",
      language: "typescript",
    }),
  );
  const { success, stderr } = await new Deno.Command("jupyter-nbconvert", {
    args: ["--to", "notebook", "--execute", "--inplace", "--ExecutePreprocessor.timeout=100", path],
    cwd: dirname(path),
    env: {
      JUPYTER_PATH: join(dir, "jupyter"),
      JUPYTER_RUNTIME_DIR: join(dir, "runtime"),
      JUPYTER_CONFIG_DIR: join(dir, "config"),
      IPYTHONDIR: join(dir, "ipython"),
      NO_COLOR: "1",
    },
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
}

/**
 * The kernel may say that a cell is done before it has sent what the cell has given, and nbconvert
 * does not wait for what comes later, unlike a notebook that is open. So each cell waits itself, which
 * takes showing the value of its last line, too.
 */
function patiently(notebook: Notebook): Notebook {
  for (const cell of notebook.cells) {
    if (cell.cell_type !== "code") continue;
    const lines = textOf(cell.source).trimEnd().split("\n");
    const last = lines.pop()!.replace(/;$/, "");
    const shown = isExpression(last)
      ? `{ const shown = ${last}; if (shown !== undefined) await Deno.jupyter.display(shown); }`
      : `${last};`;
    const wait = `await new Promise((done) => setTimeout(done, ${LATE}));`;
    cell.source = [...lines, shown, wait, "undefined;"].join("\n");
  }
  return notebook;
}

function isExpression(line: string): boolean {
  try {
    new Function(`return async () => (${line}\n);`);
    return true;
  } catch {
    return false;
  }
}

/** Text that Jupyter may keep as a list of lines. */
export function textOf(text: string | string[] | undefined): string {
  return Array.isArray(text) ? text.join("") : text ?? "";
}

async function nameStandIns(dir: string): Promise<void> {
  const map = new URL("tools/npm_only/import_map.json", `file://${dir}/`);
  const imports = Object.fromEntries(
    Object.entries(standIns.imports).map(([name, path]) => [name, new URL(path, map).href]),
  );
  await Deno.writeTextFile(join(dir, "deno.json"), JSON.stringify({ ...config, imports }));
}

async function copyTree(from: string, to: string): Promise<void> {
  if (!(await Deno.stat(from)).isDirectory) {
    await Deno.mkdir(dirname(to), { recursive: true });
    return await Deno.copyFile(from, to);
  }
  for await (const { name } of Deno.readDir(from)) await copyTree(join(from, name), join(to, name));
}
