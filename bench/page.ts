/**
 * How long the page takes, in a real Chromium: the first view of 10,000 runs with
 * an empty cache, and the curve of 100,000 points once its run is open. Prints milliseconds until it is
 * drawn: the middle one of some loads, the least and the most.
 *
 *     deno run -A $(deno run -A tools/npm_only/flag.ts) bench/page.ts [LOADS]
 */
import { chromium, type Page } from "npm:playwright-core@~1.65.1";
import { openStore } from "@chachaml/store";
import { packageFlags } from "../tests/support/children/flags.ts";
import { answers } from "./server_process.ts";

const RUNS = 10_000;
const POINTS = 100_000;
const loads = Number(Deno.args[0] ?? "9");

/** Fills a store: runs with five params and five metrics each, and one run with a long metric. */
async function fill(path: string): Promise<void> {
  await using store = await openStore({ path });
  const archive = await store.startRun({ id: "long", experiment: "curves" });
  const values = Float64Array.from({ length: POINTS }, (_, at) => Math.sin(at / 900) + at / POINTS);
  for (let at = 0; at < POINTS; at += 1_000) {
    const points = [...values.subarray(at, at + 1_000)];
    await store.metrics.logPoints(
      archive.id,
      points.map((value, within) => ({ key: "loss", value, step: at + within })),
    );
  }
  await archive.end();
  for (let at = 0; at < RUNS; at++) {
    const run = await store.startRun({ id: `r${at}`, experiment: `e${at % 4}`, name: `run-${at}` });
    await run.logParams({
      lr: 10 ** -(at % 5),
      depth: at % 7,
      width: at % 11,
      seed: at,
      kind: "a",
    });
    await run.logMetrics({ loss: 1 / (at + 1), acc: at / RUNS, f1: 0.5, time: at, memory: at });
    await run.end();
  }
}

/** What of a page's globals is used here. */
interface Window {
  readonly document: {
    querySelector(selector: string): unknown;
    readonly body: { readonly textContent: string } | null;
  };
  readonly location: { hash: string };
  requestAnimationFrame(work: () => void): void;
}

/** Milliseconds from the navigation until a text is there and drawn, by the page's own clock. */
function untilText(text: string): Promise<number> {
  const { document, requestAnimationFrame } = globalThis as unknown as Window;
  return new Promise((resolve) => {
    const look = () =>
      document.body?.textContent.includes(text)
        // The frame that shows it has been drawn when the next one begins.
        ? requestAnimationFrame(() => resolve(performance.now()))
        : requestAnimationFrame(look);
    look();
  });
}

/** Goes to an address within the page; milliseconds until an element is there and drawn. */
function untilElement([hash, selector]: readonly [string, string]): Promise<number> {
  const { document, location, requestAnimationFrame } = globalThis as unknown as Window;
  const begin = performance.now();
  location.hash = hash;
  return new Promise((resolve) => {
    const look = () =>
      document.querySelector(selector)
        ? requestAnimationFrame(() => resolve(performance.now() - begin))
        : requestAnimationFrame(look);
    look();
  });
}

async function firstView(page: Page, url: string): Promise<number> {
  await page.goto(url, { waitUntil: "commit" });
  return await page.evaluate(untilText, `run-${RUNS - 1}`);
}

async function curve(page: Page, url: string): Promise<number> {
  await page.goto(`${url}#/runs/long`);
  await page.locator("text=Charts").first().waitFor();
  return await page.evaluate(untilElement, ["#/runs/long/charts", "canvas"] as const);
}

const dir = await Deno.makeTempDir({ prefix: "bench-page-" });
const path = `${dir}/store.db`;
await fill(path);
const port = 18_200 + Math.floor(Math.random() * 90);
const server = new Deno.Command(Deno.execPath(), {
  args: ["run", "-A", ...packageFlags(), "cli.ts", "serve", "--db", path, "--port", String(port)],
  stdout: "null",
  stderr: "null",
}).spawn();
const url = `http://127.0.0.1:${port}/`;
while (!await answers(port)) await new Promise((resolve) => setTimeout(resolve, 50));
const browser = await chromium.launch({
  executablePath: Deno.env.get("CHACHAML_CHROMIUM") ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu"],
});
try {
  for (
    const [what, timeOf] of [
      [`first view of ${RUNS} runs`, firstView],
      [`curve of ${POINTS} points`, curve],
    ] as const
  ) {
    const times: number[] = [];
    for (let load = 0; load < loads; load++) {
      // Each load has nothing in its cache.
      const page = await (await browser.newContext()).newPage();
      times.push(await timeOf(page, url));
      await page.context().close();
    }
    times.sort((a, b) => a - b);
    const [least, middle, most] = [0, times.length >> 1, times.length - 1].map((at) =>
      Math.round(times[at]!)
    );
    console.log(`${what}: ${middle} ms (${least} to ${most})`);
  }
} finally {
  await browser.close();
  server.kill("SIGTERM");
  await server.status;
  await Deno.remove(dir, { recursive: true });
}
