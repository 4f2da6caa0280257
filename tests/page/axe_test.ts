import assert from "node:assert/strict";
import type { Store } from "@chachaml/store";
import { loadAxe, violations } from "./axe.ts";
import { fillSweep, go, pageTest, waitForCount } from "./browser.ts";

const SIZES = [
  { width: 1440, height: 900 },
  { width: 390, height: 844 },
] as const;

async function fill(store: Store): Promise<void> {
  const ids = await fillSweep(store);
  await store.runs.setNote(ids[0]!, "# Note\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n`code`");
  await store.artifacts.put(ids[0]!, "train.py", "def f():\n    return 1  # one\n");
  await store.artifacts.put(ids[0]!, "table.csv", "a,b\n1,2\n");
  await store.artifacts.put(ids[0]!, "stdout.log", "one\ntwo\n");
  await store.models.register("net", { runId: ids[0]!, artifact: "config.json" });
  await store.models.register("net", { runId: ids[1]!, artifact: "config.json" });
}

for (const theme of ["light", "dark"] as const) {
  for (const viewport of SIZES) {
    pageTest(`axe finds nothing wrong, ${theme}, ${viewport.width} pixels wide`, async (tools) => {
      const { page, store } = tools;
      await loadAxe(page);
      const ids = (await store.runs.list({})).map(({ id }) => id);
      const first = ids.at(-1)!;
      const all = ids.join();
      const views: readonly (readonly [hash: string, ready: string])[] = [
        ["#/", ".lines .line:not(.waiting) .spark"],
        ["#/?group=params.optimizer", ".line.group"],
        ["#/?filter=metrics.loss+<", "#filter-error"],
        [`#/runs/${first}`, ".markdown table"],
        [`#/runs/${first}/charts`, ".card canvas"],
        [`#/runs/${first}/files/train.py`, ".hl-word"],
        [`#/runs/${first}/files/table.csv`, ".grid"],
        [`#/runs/${first}/log`, ".log"],
        [`#/compare?runs=${all}`, ".comparison .best"],
        [`#/compare?runs=${all}&tab=curves`, ".card canvas"],
        [`#/compare?runs=${all}&tab=scatter`, "circle.point"],
        [`#/compare?runs=${all}&tab=parallel`, ".strand"],
        [`#/compare?runs=${all}&tab=box`, "circle.point"],
        ["#/compare", ".empty"],
        ["#/models", "td a"],
        ["#/models/net", "section:has-text('What changed') td"],
        ["#/store", ".checks"],
        ["#/nowhere", "h1"],
      ];
      const found: string[] = [];
      for (const [hash, ready] of views) {
        await go(page, hash);
        await page.locator(ready).and(page.locator(":visible")).first().waitFor();
        found.push(...await violations(page, hash));
      }
      await go(page, "#/");
      await waitForCount(page, ".lines .line:not(.waiting)", 6);
      await page.click(".lines .line input >> nth=0");
      await page.click("button:has-text('Columns')");
      found.push(...await violations(page, "columns"));
      await page.keyboard.press("Escape");
      await page.keyboard.press("?");
      await page.waitForSelector("dialog[open]");
      found.push(...await violations(page, "help"));
      assert.deepEqual(found, []);
    }, { fill, context: { viewport, colorScheme: theme } });
  }
}

pageTest("axe finds nothing wrong with an empty store", async ({ page }) => {
  await page.waitForSelector(".begin");
  await loadAxe(page);
  assert.deepEqual(await violations(page, "empty"), []);
});

pageTest("axe finds nothing wrong with the sign-in", async ({ page }) => {
  await page.waitForSelector(".sign-in");
  await loadAxe(page);
  assert.deepEqual(await violations(page, "sign-in"), []);
}, { authenticate: () => Promise.resolve(undefined) });
