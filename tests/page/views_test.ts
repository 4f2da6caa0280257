import assert from "node:assert/strict";
import type { Store } from "@chachaml/store";
import { fillSweep, go, pageTest, until, waitForCount } from "./browser.ts";

const fill = { fill: async (store: Store) => void await fillSweep(store) };

async function idsOf(store: Store): Promise<string> {
  return (await store.runs.list({})).map(({ id }) => id).join();
}

pageTest("compare marks the best of each metric and says which way", async ({ page, store }) => {
  await go(page, `#/compare?runs=${await idsOf(store)}`);
  await page.waitForSelector(".comparison .best");
  const best = page.locator("tr:has(th:has-text('loss')) .best");
  assert.match(await best.getAttribute("title") ?? "", /^lowest loss: 0\.05$/);
  for (const words of ["highest", "no best", "lowest"]) {
    await page.click("tr:has(th:has-text('loss')) .direction");
    await page.waitForSelector(`tr:has(th:has-text('loss')) .direction:has-text('${words}')`);
  }
  assert.equal(await page.locator("tr:has(th:has-text('experiment'))").count(), 0);
  assert.match(await page.locator(".comparison").innerText(), /optimizer/);
}, fill);

pageTest("compare draws curves, groups, points, lines and boxes", async (tools) => {
  const { page, store, complaints } = tools;
  const runs = await idsOf(store);
  await go(page, `#/compare?runs=${runs}&tab=curves`);
  await page.waitForSelector(".card canvas");
  await waitForCount(page, ".legend li", 6);
  await page.click(".legend button >> nth=0");
  await page.waitForSelector(".legend [aria-pressed=false]");
  await page.selectOption(".controls select >> nth=0", "params.optimizer");
  await waitForCount(page, ".legend li", 2);
  await page.waitForSelector("label:has-text('Band')");
  await go(page, `#/compare?runs=${runs}&tab=scatter&sx=params.lr&sy=metrics.loss&slog=x`);
  await waitForCount(page, "circle.point", 6);
  await page.waitForSelector("text:has-text('lr (log)')");
  await go(page, `#/compare?runs=${runs}&tab=parallel`);
  await waitForCount(page, ".strand", 6);
  const grip = (await page.locator(".grip").first().boundingBox())!;
  await page.mouse.move(grip.x + 5, grip.y + 20);
  await page.mouse.down();
  await page.mouse.move(grip.x + 5, grip.y + 120);
  await page.mouse.up();
  await page.waitForSelector(".brush");
  assert.ok(await page.locator(".strand.out").count() > 0);
  assert.match(page.url(), /brush=/);
  await go(page, `#/compare?runs=${runs}&tab=box&bx=params.optimizer&by=metrics.loss`);
  await waitForCount(page, ".box", 2);
  assert.deepEqual(complaints, []);
}, fill);

pageTest("a link holds the whole state of a comparison", async ({ page, store, open }) => {
  await go(page, `#/compare?runs=${await idsOf(store)}&tab=curves`);
  await page.selectOption(".controls select >> nth=0", "params.optimizer");
  await page.check("label:has-text('log y') input");
  await page.fill("[aria-label='Search metrics']", "loss");
  await waitForCount(page, ".card", 1);
  const other = await open(new URL(page.url()).hash);
  await waitForCount(other, ".card", 1);
  await waitForCount(other, ".legend li", 2);
  assert.ok(await other.isChecked("label:has-text('log y') input"));
}, fill);

pageTest("models show versions, stages and what changed; they are promoted and described", async ({
  page,
  store,
}) => {
  const runs = (await store.runs.list({})).slice(0, 2);
  for (const { id } of runs) {
    await store.models.register("net", { runId: id, artifact: "config.json" });
  }
  await go(page, "#/models");
  await page.click("a:has-text('net')");
  await page.waitForSelector("select[aria-label='Stage of version 2']");
  await page.selectOption("select[aria-label='Stage of version 2']", "production");
  await until(async () => (await store.models.versions("net"))[1]!.stage === "production");
  await page.waitForSelector("section:has-text('What changed') td:has-text('depth')");
  await page.click("button:has-text('Describe')");
  await page.fill("dialog textarea", "For **digits**");
  await page.click("dialog [type=submit]");
  await page.waitForSelector(".markdown strong:has-text('digits')");
}, fill);

pageTest("the store shows sizes, duplicates, health and its last verification", async ({
  page,
  store,
}) => {
  await go(page, "#/store");
  await page.waitForSelector("tr:has-text('verified'):has-text('never')");
  await store.verify().summary();
  await page.reload();
  await page.waitForSelector("tr:has-text('verified'):has-text('6 files, none damaged')");
  await go(page, "#/store");
  await page.waitForSelector("section:has-text('Sizes by experiment') th:has-text('digits')");
  await page.waitForSelector(".checks .check-ok");
  assert.match(await page.locator("main").last().innerText(), /duplicates|twice/);
}, fill);

pageTest("no view is wider than a screen of 360 pixels", async ({ page, store }) => {
  const ids = (await store.runs.list({})).map(({ id }) => id);
  const views = [
    ["#/", ".lines .line:not(.waiting)"],
    [`#/runs/${ids[0]}`, ".run-page"],
    [`#/runs/${ids[0]}/charts`, ".card canvas"],
    [`#/runs/${ids[0]}/files/config.json`, ".code"],
    [`#/compare?runs=${ids}`, ".comparison"],
    [`#/compare?runs=${ids}&tab=curves`, ".card canvas"],
    [`#/compare?runs=${ids}&tab=scatter`, "circle.point"],
    ["#/models", "h1"],
    ["#/store", ".checks"],
  ] as const;
  for (const [hash, ready] of views) {
    await go(page, hash);
    await page.locator(ready).and(page.locator(":visible")).first().waitFor();
    assert.equal(await page.evaluate("document.documentElement.scrollWidth"), 360, hash);
  }
}, { ...fill, context: { viewport: { width: 360, height: 760 } } });

pageTest("light and dark are chosen and remembered", async ({ page }) => {
  const theme = () => page.locator("html").getAttribute("data-theme");
  assert.equal(await theme(), "light");
  await page.keyboard.press("t");
  assert.equal(await theme(), "dark");
  await page.reload();
  await page.waitForSelector(".top");
  assert.equal(await theme(), "dark");
}, fill);
