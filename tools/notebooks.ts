/**
 * Writes what the cells of the notebooks in `examples/notebooks` show into the notebooks, so that they can
 * be read without running them: `deno task notebooks`. Needs `jupyter-nbconvert`.
 */
import { fromFileUrl } from "@std/path";
import {
  execute,
  kernelMissing,
  notebookNames,
  readNotebook,
} from "../tests/support/jupyter_kernel.ts";

if (kernelMissing !== undefined) throw new Error(`Cannot run the notebooks: ${kernelMissing}`);
for (const name of notebookNames()) {
  const executed = await execute(name);
  const notebook = readNotebook(name);
  const cells = notebook.cells.map((cell, at) => {
    if (cell.cell_type !== "code") return cell;
    const { outputs = [] } = executed.cells[at]!;
    // The execution counts of the run include the waits between the cells.
    return { ...cell, execution_count: null, outputs };
  });
  const text = JSON.stringify({ ...notebook, cells }, null, 1);
  // A notebook works in a directory with a random name.
  const named = text.replaceAll(/\/tmp\/[0-9a-f]{8,}(?=\/)/g, "/tmp/chachaml");
  const path = fromFileUrl(new URL(`../examples/notebooks/${name}`, import.meta.url));
  await Deno.writeTextFile(path, named + "\n");
  console.log(`${name}: ${named.length} characters`);
}
