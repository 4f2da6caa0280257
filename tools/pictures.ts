/**
 * Takes the pictures of the README from a real JupyterLab page: runs the notebooks of
 * `examples/notebooks` by the real kernel, opens them in JupyterLab, light and dark, and photographs
 * what some of their cells show. Needs `jupyter` with JupyterLab 4 and nbconvert on the PATH (from
 * PyPI: `jupyterlab`), and Debian's `chromium`.
 */
import { fromFileUrl, join } from "@std/path";
import { chromium, type Page } from "npm:playwright-core@~1.65.1";
import { JupyterLab } from "./jupyter_lab.ts";
import { execute, kernelMissing } from "../tests/support/jupyter_kernel.ts";

/** Bytes that a picture may have: it is kept in the repository. */
const MAX_SIZE = 150_000;

/** Margin of a picture, in pixels. */
const MARGIN = 12;

/** Which output of which notebook is photographed, and on which theme. */
const PICTURES = [
  { name: "run", notebook: "1_first_steps.ipynb", shows: "Params", dark: false },
  { name: "comparison", notebook: "2_comparing_a_sweep.ipynb", shows: "Same in all", dark: true },
  {
    name: "verification",
    notebook: "3_caring_for_a_store.ipynb",
    shows: "Damage found",
    dark: false,
  },
];

if (kernelMissing !== undefined) throw new Error(`Cannot run the notebooks: ${kernelMissing}`);
const target = fromFileUrl(new URL("../docs/pictures", import.meta.url));
const dir = await Deno.makeTempDir({ prefix: "pictures-" });
const browser = await chromium.launch({
  executablePath: "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu"],
});
try {
  await Deno.mkdir(target, { recursive: true });
  for (const { name, notebook, shows, dark } of PICTURES) {
    const path = join(dir, notebook);
    await Deno.writeTextFile(path, JSON.stringify(await execute(notebook)));
    await using lab = await JupyterLab.start(dir, dark);
    await lab.trust(path);
    const page = await browser.newPage({
      viewport: { width: 1100, height: 1400 },
      deviceScaleFactor: 1.5,
    });
    await lab.open(page, notebook);
    const file = join(target, `${name}.png`);
    await photograph(page, shows, file);
    await page.close();
    console.log(`${file}: ${(await Deno.stat(file)).size} bytes`);
  }
} finally {
  await browser.close();
  await Deno.remove(dir, { recursive: true });
}

/** Photographs the output whose text contains some words. */
async function photograph(page: Page, words: string, file: string): Promise<void> {
  const output = page.locator(".jp-OutputArea-output", { has: page.locator(".chachaml") })
    .filter({ hasText: new RegExp(words) }).first();
  await output.scrollIntoViewIfNeeded();
  const box = await output.boundingBox();
  // Limited to the width of the content.
  const widths = await output.locator("table, .curves, svg, h4, div.dim").evaluateAll((items) =>
    items.map((item) => {
      const range = item.ownerDocument.createRange();
      range.selectNodeContents(item);
      return range.getBoundingClientRect().right;
    })
  );
  const { x, y, height } = box!;
  const clip = {
    x: x - MARGIN,
    y: y - MARGIN,
    width: Math.min(Math.max(...widths) - x, box!.width) + 2 * MARGIN,
    height: height + 2 * MARGIN,
  };
  await page.screenshot({ path: file, clip });
  const { size } = await Deno.stat(file);
  if (size > MAX_SIZE) throw new Error(`${file} has ${size} bytes`);
}
