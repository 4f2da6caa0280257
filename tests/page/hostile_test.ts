import assert from "node:assert/strict";
import { go, pageTest } from "./browser.ts";
import { attacks, calls, endForeign, fillHostile } from "./hostile_store.ts";

pageTest(
  "nothing that is stored runs, or calls a server",
  async ({ page, store, url, requests }) => {
    const runs = await store.runs.list({});
    const ids = runs.map(({ id }) => id);
    const visit = async (hash: string, selector: string) => {
      await go(page, hash);
      await page.waitForSelector(selector);
      await page.waitForTimeout(60);
    };
    await visit("#/", ".lines .line:not(.waiting)");
    await page.hover(".lines .line >> nth=1");
    await page.click("button:has-text('Columns')");
    await page.keyboard.press("Escape");
    await visit("#/?group=params.n", ".line.group");
    for (const id of ids.slice(0, 3)) {
      await visit(`#/runs/${id}`, ".facts-table");
      await visit(`#/runs/${id}/charts`, ".card");
      await page.hover(".card .u-over");
      await visit(`#/runs/${id}/log`, ".log");
    }
    for (const name of ["svg", "html", "md", "csv", "json", "ipynb"]) {
      await visit(`#/runs/${ids[0]}/files/a.${name}`, `article[aria-label="a.${name}"]`);
      await page.waitForTimeout(300);
    }
    for (const tab of ["table", "curves", "scatter", "parallel", "box"]) {
      await visit(`#/compare?runs=${ids.join()}&tab=${tab}`, ".compare > *");
    }
    await visit("#/models/net", "main.page .markdown");
    await visit("#/store", ".checks");
    for (const attack of attacks()) {
      await go(
        page,
        `#/runs/${encodeURIComponent(attack)}/files/${attack}`,
      );
    }
    await go(
      page,
      `#/?filter=${encodeURIComponent(attacks()[1]!)}&cols=${attacks()[0]}&sort=${attacks()[2]}`,
    );
    await page.waitForTimeout(500);
    for (const frame of page.frames()) {
      const ran = await frame.evaluate(() => Reflect.get(globalThis, "ran")).catch(() => undefined);
      assert.equal(ran, undefined);
    }
    assert.deepEqual(calls, []);
    const outside = requests.filter((address) =>
      !address.startsWith(url) && !address.startsWith("data:") && !address.startsWith("blob:")
    );
    assert.deepEqual(outside, []);
    assert.equal(await page.locator("#app").count(), 1);
    await endForeign();
  },
  { fill: fillHostile },
);
