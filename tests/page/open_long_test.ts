import assert from "node:assert/strict";
import type { CDPSession, Page } from "npm:playwright-core@~1.65.1";
import type { RunHandle } from "@chachaml/store";
import { pageTest } from "./browser.ts";

/** A page, and a way to ask what it holds. */
interface Opened {
  readonly page: Page;
  readonly cdp: CDPSession;
  readonly hash: string;
}

/** What a page holds after its garbage is collected. */
async function held({ page, cdp }: Opened): Promise<Record<string, number>> {
  // Answers under way are held by right.
  await page.waitForLoadState("networkidle");
  await cdp.send("HeapProfiler.collectGarbage");
  await cdp.send("HeapProfiler.collectGarbage");
  const { metrics } = await cdp.send("Performance.getMetrics");
  return Object.fromEntries(metrics.map(({ name, value }) => [name, value]));
}

pageTest(
  "a page left open on live runs keeps its nodes, listeners and memory",
  async ({ store, url, openAt, requests }) => {
    const runs: RunHandle[] = [];
    for (let at = 0; at < 20; at++) {
      runs.push(await store.startRun({ name: `live-${at}`, environment: false }));
    }
    const ids = runs.map(({ id }) => id).join();
    const views = ["#/", `#/runs/${runs[0]!.id}/charts`, `#/compare?runs=${ids}&tab=curves`];
    const pages: Opened[] = [];
    for (const hash of views) {
      const page = await openAt("about:blank");
      // The page asks at most once a second: its clock goes faster.
      await page.clock.install();
      await page.goto(`${url}/${hash}`);
      const cdp = await page.context().newCDPSession(page);
      await cdp.send("HeapProfiler.enable");
      await cdp.send("Performance.enable");
      pages.push({ page, cdp, hash });
    }
    let step = 0;
    const pass = async (updates: number) => {
      for (let update = 0; update < updates; update++) {
        for (const run of runs) {
          for (let at = 0; at < 40; at++) {
            run.log({ loss: 1 / (step + at + 1), accuracy: step + at }, { step: step + at });
          }
        }
        step += 40;
        await runs[0]!.flush();
        for (const { page } of pages) await page.clock.runFor(2000);
      }
    };
    // Curves have as many points as they are drawn with, from some time on.
    await pass(25);
    const before = await Promise.all(pages.map(held));
    await pass(40);
    const asked = requests.filter((address) => address.includes("/api/curves")).length;
    assert.ok(asked > 20, `${asked} calls for curves`);
    for (const [at, opened] of pages.entries()) {
      const { hash } = opened;
      const [first, last] = [before[at]!, await held(opened)];
      assert.ok(last["Nodes"]! <= first["Nodes"]! + 50, `${hash}: ${last["Nodes"]} nodes`);
      const listeners = last["JSEventListeners"]!;
      assert.ok(listeners <= first["JSEventListeners"]! + 10, `${hash}: ${listeners} listeners`);
      const grown = last["JSHeapUsedSize"]! - first["JSHeapUsedSize"]!;
      // A refresh of the comparison is more than a megabyte: what kept each would be far larger.
      assert.ok(grown < 12_000_000, `${hash}: ${grown} bytes more`);
    }
  },
);
