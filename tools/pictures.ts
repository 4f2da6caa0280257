/**
 * Makes the pictures of the README: runs the notebooks of `examples/notebooks` by the real kernel, and
 * takes pictures of what some of their cells show, on a light page and on a dark one. Needs Debian's
 * `jupyter-nbconvert` and `chromium`.
 */
import { fromFileUrl, join } from "@std/path";
import { execute, kernelMissing, type Notebook, textOf } from "../tests/support/jupyter_kernel.ts";

/** Bytes that a picture may have: it is kept in the repository. */
const MAX_SIZE = 100_000;

/** What there is a picture of: in which notebook, and what the plain form begins with. */
const PICTURES = [
  { name: "run", notebook: "1_first_steps.ipynb", shows: /^Run baseline/, width: 760, dark: false },
  {
    name: "comparison",
    notebook: "2_comparing_a_sweep.ipynb",
    shows: /^run +name +status +lr/,
    width: 760,
    dark: true,
  },
  {
    name: "verification",
    notebook: "3_caring_for_a_store.ipynb",
    shows: /^Damage found/,
    width: 860,
    dark: false,
  },
];

if (kernelMissing !== undefined) throw new Error(`Cannot run the notebooks: ${kernelMissing}`);
const folder = fromFileUrl(new URL("../docs/pictures", import.meta.url));
const dir = await Deno.makeTempDir({ prefix: "pictures-" });
try {
  await Deno.mkdir(folder, { recursive: true });
  for (const picture of PICTURES) {
    const html = shownBy(await execute(picture.notebook), picture.shows);
    const path = join(folder, `${picture.name}.png`);
    await takePicture(html, picture, path);
    console.log(`${path}: ${(await Deno.stat(path)).size} bytes`);
  }
} finally {
  await Deno.remove(dir, { recursive: true });
}

/** The HTML of the output whose plain form fits. */
function shownBy({ cells }: Notebook, pattern: RegExp): string {
  const found = cells.flatMap(({ outputs }) => outputs ?? [])
    .find(({ data }) => pattern.test(textOf(data?.["text/plain"])));
  if (!found) throw new Error(`No cell shows ${pattern}`);
  return textOf(found.data?.["text/html"]);
}

/** Measures how high the page is, then takes the picture of all of it. */
async function takePicture(
  html: string,
  { width, dark }: { width: number; dark: boolean },
  path: string,
): Promise<void> {
  const page = join(dir, "page.html");
  const [back, front] = dark ? ["#111", "#e0e0e0"] : ["#fff", "#212121"];
  await Deno.writeTextFile(
    page,
    `<!doctype html><meta charset="utf-8"><style>body{margin:0;padding:12px 16px;
width:${width - 32}px;background:${back};color:${front};font-family:system-ui,sans-serif}
.chachaml .scroll{max-height:none}</style><body>${html}
<script>document.title = document.documentElement.offsetHeight</script>`,
  );
  const dom = await chromium(["--dump-dom", `--window-size=${width},100`, page]);
  const height = Number(/<title>(\d+)<\/title>/.exec(dom)?.[1]);
  const shot = join(dir, "shot.png");
  // The window's own frame takes some of its height, even of one that is never seen.
  await chromium([`--screenshot=${shot}`, `--window-size=${width},${height}`, page]);
  const { size } = await Deno.stat(shot);
  if (size > MAX_SIZE) throw new Error(`${path} would have ${size} bytes`);
  await Deno.copyFile(shot, path);
}

async function chromium(args: string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command("chromium", {
    args: ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", ...args],
    env: { HOME: dir },
    stdout: "piped",
    stderr: "piped",
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout);
}
