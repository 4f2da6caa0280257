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

/** Milliseconds from asking for an address until a selector is there, and drawn. */
async function timeOf(page: Page, address: string, selector: string): Promise<number> {
  const begin = performance.now();
  await page.goto(address, { waitUntil: "commit" });
  await page.locator(selector).first().waitFor();
  // The frame that shows it has been drawn when the one after it begins.
  await page.evaluate(() => {
    const next = (globalThis as unknown as {
      requestAnimationFrame(work: (time: number) => void): void;
    }).requestAnimationFrame;
    return new Promise<number>((resolve) => next(() => next(resolve)));
  });
  return performance.now() - begin;
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
    const [what, before, hash, selector] of [
      ["first view of 10,000 runs", "about:blank", "#/", "text=run-9999"],
      ["curve of 100,000 points", `${url}#/runs/long`, "#/runs/long/charts", "canvas"],
    ] as const
  ) {
    const times: number[] = [];
    for (let load = 0; load < loads; load++) {
      // Each load has nothing in its cache.
      const page = await (await browser.newContext()).newPage();
      await page.goto(before, { waitUntil: "load" });
      // The page of the run is there, not yet its curve.
      if (before.endsWith("long")) await page.locator("text=Charts").first().waitFor();
      times.push(await timeOf(page, `${url}${hash}`, selector));
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
