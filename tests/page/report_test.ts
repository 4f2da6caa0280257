import assert from "node:assert/strict";
import type { Page } from "npm:playwright-core@~1.65.1";
import type { Store } from "@chachaml/store";
import { createReport } from "@chachaml/store/server";
import { loadAxe, violations } from "./axe.ts";
import { fillSweep, go, pageTest, type Tools, until, waitForCount } from "./browser.ts";
import { attacks, calls, endForeign, fillHostile } from "./hostile_store.ts";

/** Opens a report of runs as a file, with what it asks for. */
async function openReport(
  { store, openAt }: Pick<Tools, "store" | "openAt">,
  ids: readonly string[],
  work: (page: Page, requests: readonly string[]) => Promise<void>,
): Promise<void> {
  const path = await Deno.makeTempFile({ suffix: ".html" });
  try {
    await Deno.writeFile(path, createReport(store, ids));
    const page = await openAt("about:blank");
    const requests: string[] = [];
    page.on("request", (request) => requests.push(request.url()));
    await page.goto(`file://${path}`);
    await work(page, requests.slice(1));
  } finally {
    await Deno.remove(path);
  }
}

async function idsOf(store: Store): Promise<string[]> {
  return (await store.runs.list({})).map(({ id }) => id).toReversed();
}

async function fill(store: Store): Promise<void> {
  const [first] = await fillSweep(store);
  await store.runs.setNote(first!, "A **good** run");
  await store.artifacts.put(
    first!,
    "plots/a.svg",
    `<svg xmlns="http://www.w3.org/2000/svg" width="40" height="30"/>`,
  );
  await store.artifacts.put(first!, "table.csv", "a,b\n1,2\n");
  await store.artifacts.put(first!, "page.html", "<h1>shown</h1>");
  await store.artifacts.put(first!, "stdout.log", "one\ntwo\n");
  await store.artifacts.put(first!, "large.bin", new Uint8Array(1_000_001));
}

pageTest(
  "a report shows runs, curves, files and comparisons without a server",
  async ({ store, openAt, complaints }) => {
    const ids = (await idsOf(store)).slice(0, 4);
    await openReport({ store, openAt }, ids, async (page, requests) => {
      await waitForCount(page, ".lines .line:not(.waiting)", 4);
      await page.waitForSelector(".spark path");
      await page.click(".head button:has-text('loss')");
      await page.waitForSelector("[aria-sort=ascending]");
      await until(async () =>
        (await page.locator(".lines .line").first().innerText()).includes("run-0")
      );
      await page.click(".experiments a:has-text('iris')");
      await waitForCount(page, ".lines .line:not(.waiting)", 2);
      await go(page, `#/runs/${ids[0]}`);
      await page.waitForSelector(".markdown strong:has-text('good')");
      await page.waitForSelector("p:has-text('files of up to 1.0 MB each')");
      await go(page, `#/runs/${ids[0]}/charts`);
      await waitForCount(page, ".card canvas", 2);
      await go(page, `#/runs/${ids[0]}/files/plots/a.svg`);
      await until(async () =>
        await page.locator("img.picture").evaluate((item) =>
          (item as unknown as { naturalWidth: number }).naturalWidth
        ) === 40
      );
      await go(page, `#/runs/${ids[0]}/files/table.csv`);
      await page.waitForSelector(".grid td:has-text('2')");
      await go(page, `#/runs/${ids[0]}/files/page.html`);
      await page.frameLocator("iframe").locator("h1:has-text('shown')").waitFor();
      await go(page, `#/runs/${ids[0]}/files/large.bin`);
      await page.waitForSelector(".empty:has-text('of others only size and hash')");
      await page.waitForSelector(".copy:has-text('sha256')");
      await go(page, `#/runs/${ids[0]}/log`);
      await page.waitForSelector(".log:has-text('two')");
      await go(page, `#/compare?runs=${ids.join()}`);
      await page.waitForSelector(".comparison .best");
      await go(page, `#/compare?runs=${ids.join()}&tab=curves`);
      await waitForCount(page, ".card canvas", 2);
      await go(page, "#/store");
      await page.waitForTimeout(100);
      assert.equal(await page.locator(".checks").count(), 0);
      const outside = requests.filter((url) => !url.startsWith("blob:"));
      assert.deepEqual(outside, []);
    });
    assert.deepEqual(complaints.filter((text) => !/sandbox/.test(text)), []);
  },
  { fill },
);

pageTest("a report of many runs shows the last of them", async ({ store, openAt }) => {
  await openReport({ store, openAt }, await idsOf(store), async (page) => {
    await page.waitForSelector(".counts:has-text('150 runs')");
    await page.evaluate(`document.querySelector(".table").scrollTop = 1e6`);
    await page.waitForSelector(".lines .line[aria-rowindex='151']:has-text('run-0')");
  });
}, { fill: async (store) => void await fillSweep(store, 150) });

pageTest("a report of one run begins with it", async ({ store, openAt }) => {
  const [id] = await idsOf(store);
  await openReport({ store, openAt }, [id!], async (page) => {
    await page.waitForSelector(".page-head h1:has-text('run-0')");
    assert.match(page.url(), new RegExp(`#/runs/${id}$`));
  });
}, { fill });

pageTest(
  "nothing that a report holds runs, or calls a server",
  async ({ store, openAt }) => {
    const ids = (await store.runs.list({})).map(({ id }) => id);
    await openReport({ store, openAt }, ids, async (page, requests) => {
      const visit = async (hash: string, selector: string) => {
        await go(page, hash);
        await page.waitForSelector(selector);
        await page.waitForTimeout(60);
      };
      await visit("#/", ".lines .line:not(.waiting)");
      await visit("#/?group=params.n", ".line.group");
      for (const id of ids.slice(0, 3)) {
        await visit(`#/runs/${id}`, ".facts-table");
        await visit(`#/runs/${id}/charts`, ".card");
        await visit(`#/runs/${id}/log`, ".log");
      }
      for (const name of ["svg", "html", "md", "csv", "json", "ipynb"]) {
        await visit(`#/runs/${ids[0]}/files/a.${name}`, `article[aria-label="a.${name}"]`);
        await page.waitForTimeout(300);
      }
      for (const tab of ["table", "curves", "scatter", "parallel", "box"]) {
        await visit(`#/compare?runs=${ids.join()}&tab=${tab}`, ".compare > *");
      }
      for (const attack of attacks()) {
        await go(page, `#/runs/${encodeURIComponent(attack)}/files/${attack}`);
      }
      await page.waitForTimeout(300);
      for (const frame of page.frames()) {
        const ran = await frame.evaluate(() => Reflect.get(globalThis, "ran")).catch(() =>
          undefined
        );
        assert.equal(ran, undefined);
      }
      assert.deepEqual(calls, []);
      assert.deepEqual(requests.filter((url) => !/^(blob|data):/.test(url)), []);
      assert.equal(await page.locator("#app").count(), 1);
    });
    await endForeign();
  },
  { fill: fillHostile },
);

for (const colorScheme of ["light", "dark"] as const) {
  pageTest(`axe finds nothing wrong with a report, ${colorScheme}`, async ({ store, openAt }) => {
    const ids = await idsOf(store);
    await openReport({ store, openAt }, ids, async (page) => {
      await loadAxe(page);
      const found: string[] = [];
      const views = [
        ["#/", ".spark path"],
        [`#/runs/${ids[0]}`, ".markdown"],
        [`#/runs/${ids[0]}/charts`, ".card canvas"],
        [`#/runs/${ids[0]}/files/large.bin`, ".empty"],
        [`#/compare?runs=${ids.join()}`, ".comparison .best"],
      ] as const;
      for (const [hash, ready] of views) {
        await go(page, hash);
        await page.locator(ready).and(page.locator(":visible")).first().waitFor();
        found.push(...await violations(page, hash));
      }
      assert.deepEqual(found, []);
    });
  }, { fill, context: { colorScheme } });
}
