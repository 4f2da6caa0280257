import assert from "node:assert/strict";
import { fillSweep, go, pageTest, until, waitForCount } from "./browser.ts";

const fill = {
  fill: async (store: Parameters<typeof fillSweep>[0]) => void await fillSweep(store),
};
const ROWS = ".lines .line:not(.waiting)";

/** Many small runs. */
const many = (count: number) => ({
  fill: async (store: Parameters<typeof fillSweep>[0]) => {
    for (let at = 0; at < count; at++) {
      const run = await store.startRun({ name: `r${at}`, environment: false });
      await run.logParams({ parity: at % 2 });
      await run.end();
    }
  },
});

pageTest("the table shows runs with their values, newest first", async ({ page, complaints }) => {
  await page.waitForSelector(ROWS);
  assert.equal(await page.locator(ROWS).count(), 6);
  const first = page.locator(ROWS).first();
  assert.match(await first.innerText(), /run-5/);
  assert.equal(await page.locator(".status-failed").count(), 1);
  assert.match(await page.locator(".counts").innerText(), /6 runs/);
  await page.waitForSelector(".spark path");
  assert.deepEqual(complaints, []);
}, fill);

pageTest("experiments narrow the table, and the address says so", async ({ page }) => {
  await page.click(".experiments a:has-text('iris')");
  await waitForCount(page, ROWS, 3);
  assert.match(page.url(), /#\/experiments\/iris$/);
  await page.goBack();
  await waitForCount(page, ROWS, 6);
}, fill);

pageTest("a filter narrows the table; its mistake is shown in place", async ({ page }) => {
  await page.waitForSelector(ROWS);
  await page.keyboard.press("/");
  await page.keyboard.type("metrics.loss < 0.25 AND params.lr = '0.1'");
  await page.keyboard.press("Enter");
  await waitForCount(page, ROWS, 2);
  assert.match(page.url(), /filter=metrics\.loss/);
  await page.fill("#filter", "metrics.loss <");
  await page.keyboard.press("Enter");
  await page.waitForSelector("#filter-error");
  assert.equal(await page.getAttribute("#filter", "aria-invalid"), "true");
  await page.fill("#filter", "run-3");
  await page.keyboard.press("Enter");
  await waitForCount(page, ROWS, 1);
  assert.equal(await page.locator("#filter-error").count(), 0);
}, fill);

pageTest("a filter is completed by names, operators and values", async ({ page }) => {
  await page.waitForSelector(ROWS);
  // What is offered follows what is typed, a moment later.
  const offered = (word: string) =>
    until(async () => (await page.locator("#filter-offers li").allInnerTexts()).includes(word));
  const choose = async () => {
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
  };
  await page.focus("#filter");
  await page.keyboard.type("los");
  await offered("metrics.loss");
  await choose();
  assert.equal(await page.inputValue("#filter"), "metrics.loss ");
  await offered("<=");
  await page.keyboard.type("< 3 ");
  await offered("AND");
  await page.keyboard.type("AND status");
  await offered("attributes.status");
  await choose();
  assert.equal(await page.inputValue("#filter"), "metrics.loss < 3 AND attributes.status ");
  await page.keyboard.type("= ");
  await offered("'failed'");
}, fill);

pageTest("headings sort, in the direction that is asked for first", async ({ page }) => {
  await page.waitForSelector(ROWS);
  await page.click(".head button:has-text('loss')");
  await page.waitForSelector("[aria-sort=ascending]");
  await until(async () => (await page.locator(ROWS).first().innerText()).includes("run-0"));
  await page.click(".head button:has-text('loss')");
  await until(async () => (await page.locator(ROWS).first().innerText()).includes("run-5"));
  assert.match(page.url(), /sort=metrics\.loss&direction=desc/);
}, fill);

pageTest("runs are grouped by a param, with the means of their metrics", async ({ page }) => {
  await page.waitForSelector(ROWS);
  await page.selectOption(".toolbar select >> nth=0", "params.optimizer");
  await waitForCount(page, ".line.group", 2);
  assert.match(await page.locator(".line.group").first().innerText(), /⌀/);
  await page.click(".line.group >> nth=0 >> button");
  await waitForCount(page, ROWS, 5);
}, fill);

pageTest("columns are added, moved, pinned and kept in the address", async ({ page, open }) => {
  await page.waitForSelector(ROWS);
  await page.click("button:has-text('Columns')");
  await page.fill(".columns-menu [type=search]", "owner");
  await page.click(".columns-menu input[type=checkbox]");
  await page.waitForSelector(".head [title='tags.owner']");
  assert.match(page.url(), /cols=.*tags\.owner/);
  await page.fill(".columns-menu [type=search]", "");
  await page.click("[aria-label='Pin status']");
  await page.keyboard.press("Escape");
  const other = await open(new URL(page.url()).hash);
  await other.waitForSelector(".head [title='tags.owner']");
  assert.equal(await other.locator(".head .pinned").count(), 3);
}, fill);

pageTest("a column is made wider by dragging, and by keys", async ({ page }) => {
  await page.waitForSelector(ROWS);
  const heading = page.locator(".head [title=name]");
  const width = async () => (await heading.boundingBox())!.width;
  const before = await width();
  const handle = (await heading.locator(".handle").boundingBox())!;
  await page.mouse.move(handle.x + 3, handle.y + 10);
  await page.mouse.down();
  await page.mouse.move(handle.x + 63, handle.y + 10);
  await page.mouse.up();
  assert.ok(Math.abs(await width() - before - 60) < 3);
  await heading.locator(".handle").focus();
  await page.keyboard.press("ArrowLeft");
  assert.ok(await width() < before + 50);
  assert.match(decodeURIComponent(page.url()), /widths=name:/);
}, fill);

pageTest("keys move, select, open, compare and go back", async ({ page }) => {
  await page.waitForSelector(ROWS);
  await page.keyboard.press("j");
  await page.keyboard.press("x");
  await page.keyboard.press("j");
  await page.keyboard.press("x");
  assert.match(await page.locator(".counts").innerText(), /2 selected/);
  await page.keyboard.press("c");
  await page.waitForSelector("h1:has-text('Compare 2 runs')");
  await page.goBack();
  await page.waitForSelector(`${ROWS}.selected`);
  await page.keyboard.press("Enter");
  await page.waitForSelector("h1:has-text('run-4')");
  await page.keyboard.press("Escape");
  await page.waitForSelector(`${ROWS}.selected`);
  await page.keyboard.press("?");
  await page.waitForSelector("dialog[open]");
  await page.keyboard.press("Escape");
  await page.waitForSelector("dialog", { state: "detached" });
}, fill);

pageTest(
  "a run opens beside the table, which goes on working; keys move through runs",
  async (tools) => {
    const { page, open, complaints } = tools;
    await page.waitForSelector(ROWS);
    await page.click(`${ROWS} >> nth=1 >> a`);
    await page.waitForSelector("aside.run-page h1:has-text('run-4')");
    assert.equal(await page.locator(ROWS).count(), 6);
    assert.equal(await page.locator(`${ROWS}.opened`).count(), 1);
    await page.keyboard.press("2");
    await page.waitForSelector("aside .card");
    await page.keyboard.press("j");
    await page.waitForSelector("aside.run-page h1:has-text('run-3')");
    await page.waitForSelector("aside .card");
    await page.click(".head button:has-text('loss')");
    await page.waitForSelector("[aria-sort=ascending]");
    await until(async () => (await page.locator(ROWS).first().innerText()).includes("run-0"));
    assert.match(page.url(), /#\/runs\/[^?]+\/charts$/);
    const link = new URL(page.url()).hash;
    await page.keyboard.press("Escape");
    await page.waitForSelector("aside.run-page", { state: "detached" });
    assert.match(page.url(), /sort=metrics\.loss&direction=asc/);
    await page.goBack();
    await page.waitForSelector("aside.run-page h1:has-text('run-3')");
    await page.click("[aria-label='Show in the whole page']");
    await page.waitForSelector("main.run-page");
    await page.click("[aria-label='Show beside the table']");
    await page.waitForSelector("aside.run-page");
    await page.click("aside [aria-label='Close']");
    await page.waitForSelector(".run-page", { state: "detached" });
    const other = await open(link);
    await other.waitForSelector("main.run-page h1:has-text('run-3')");
    const narrow = await open("", { viewport: { width: 1024, height: 768 } });
    await narrow.click(`${ROWS} >> nth=1 >> a`);
    await narrow.waitForSelector("main.run-page");
    assert.deepEqual(complaints, []);
  },
  fill,
);

pageTest("selected runs are archived, brought back and removed", async ({ page, store }) => {
  await page.waitForSelector(ROWS);
  await page.click(`${ROWS} >> nth=0 >> input`);
  await page.keyboard.press("e");
  await waitForCount(page, ROWS, 5);
  await page.click(".experiments a:has-text('archived')");
  await waitForCount(page, ROWS, 1);
  await page.click(`${ROWS} >> nth=0 >> input`);
  await page.click(".bar button:has-text('Unarchive')");
  await waitForCount(page, ROWS, 0);
  assert.equal((await store.runs.list({})).length, 6);
  const { id } = (await store.runs.list({ limit: 1 }))[0]!;
  await store.runs.archive(id);
  await go(page, "#/?archived=only&x=1");
  await page.waitForSelector(ROWS);
  await page.click(`${ROWS} >> nth=0 >> input`);
  await page.click(".bar button:has-text('Remove')");
  await page.click("dialog button.danger");
  await waitForCount(page, ROWS, 0);
  assert.equal((await store.runs.list({ archived: "include" })).length, 5);
}, fill);

pageTest("selected runs are tagged and exported", async ({ page, store, url }) => {
  await page.waitForSelector(ROWS);
  await page.click(`${ROWS} >> nth=0 >> input`);
  await page.click(`${ROWS} >> nth=2 >> input`, { modifiers: ["Shift"] });
  assert.match(await page.locator(".counts").innerText(), /3 selected/);
  await page.click(".bar button:has-text('Export')");
  const href = await page.getAttribute(".bar a:has-text('CSV')", "href");
  const csv = await (await fetch(url + href)).text();
  assert.equal(csv.trim().split("\n").length, 4);
  await page.keyboard.press("Escape");
  await page.click(".bar button:has-text('Tag')");
  await page.fill("dialog [name=key]", "kept");
  await page.fill("dialog [name=value]", "yes");
  await page.click("dialog [type=submit]");
  await page.waitForSelector("dialog", { state: "detached" });
  assert.equal((await store.runs.list({ tags: { kept: "yes" } })).length, 3);
}, fill);

pageTest("the table stays where it was while a run is open", async ({ page }) => {
  await page.waitForSelector(ROWS);
  await page.evaluate(`document.querySelector(".table").scrollTop = 5600`);
  await page.waitForSelector(`${ROWS}[aria-rowindex="215"]`);
  await page.click(`${ROWS}[aria-rowindex="215"] a`);
  await page.waitForSelector(".run-page");
  await page.goBack();
  await page.waitForSelector(".table:visible");
  assert.equal(await page.evaluate(`document.querySelector(".table").scrollTop`), 5600);
}, many(400));

pageTest("a jump to any place of a long table loads what is there, and no more", async (tools) => {
  const { page, requests } = tools;
  await page.waitForSelector(ROWS);
  const jump = async (row: number) => {
    await page.evaluate(`document.querySelector(".table").scrollTop = ${row * 28}`);
    await page.waitForSelector(`${ROWS}[aria-rowindex="${row + 6}"]:has-text("r${2494 - row}")`);
  };
  await jump(2400);
  await jump(1200);
  const asked = requests.filter((url) => url.includes("/api/table"));
  const rows = asked.reduce(
    (sum, url) => sum + Number(new URL(url).searchParams.get("limit")),
    0,
  );
  assert.ok(rows < 1700, `${rows} rows in ${asked.length} calls`);
}, many(2499));

pageTest("runs that are not loaded are selected too", async ({ page }) => {
  await page.waitForSelector(ROWS);
  await page.click(`${ROWS} >> nth=0 >> input`);
  await page.evaluate(`document.querySelector(".table").scrollTop = ${2400 * 28}`);
  const last = page.locator(`${ROWS}[aria-rowindex="2412"] input`);
  await last.waitFor();
  await last.click({ modifiers: ["Shift"] });
  await page.waitForSelector(".counts:has-text('2411 selected')");
  await page.keyboard.press("Escape");
  await page.click(".head [aria-label='Select all runs']");
  await page.waitForSelector(".counts:has-text('2499 selected')");
  await page.click(".head [aria-label='Select all runs']");
  await page.waitForSelector(".counts:not(:has-text('selected'))");
}, many(2499));

pageTest("an export has the runs of the filter", async ({ page, url }) => {
  await page.waitForSelector(ROWS);
  await page.fill("#filter", "params.optimizer = 'sgd'");
  await page.keyboard.press("Enter");
  await waitForCount(page, ROWS, 3);
  await page.click(".bar button:has-text('Export')");
  await page.waitForSelector(".bar li:has-text('the 3 runs of this filter')");
  const href = await page.getAttribute(".bar a:has-text('CSV')", "href");
  const csv = await (await fetch(url + href)).text();
  assert.equal(csv.trim().split("\n").length, 4);
  assert.ok(!csv.includes("adam"));
}, fill);

pageTest(
  "the addresses that MLflow's client prints open the right views",
  async ({ page, url }) => {
    const call = async (path: string, body: unknown) =>
      await (await fetch(`${url}/api/2.0/mlflow/${path}`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(body),
      })).json();
    const { experiment_id } = await call("experiments/create", { name: "from-client" });
    const { run } = await call("runs/create", { experiment_id, start_time: 1, run_name: "client" });
    const { model } = await call("logged-models", {
      experiment_id,
      name: "net",
      source_run_id: run.info.run_id,
    });
    await go(page, `#/experiments/${experiment_id}`);
    await waitForCount(page, ROWS, 1);
    await go(page, `#/experiments/${experiment_id}/runs/${run.info.run_id}`);
    await page.waitForSelector(".page-head h1:has-text('client')");
    await go(page, `#/experiments/${experiment_id}/models/${model.info.model_id}`);
    await page.waitForSelector(".page-head h1:has-text('net')");
    await go(page, "#/experiments/0");
    await page.waitForSelector(".nothing:has-text('No runs here yet')");
  },
  { fill: async (store) => void await (await store.startRun({ experiment: "a" })).end() },
);

pageTest("an empty store says how to begin, with this very address", async ({ page, url }) => {
  await page.waitForSelector(".begin");
  const snippets = await page.locator(".begin pre").allInnerTexts();
  assert.equal(snippets.length, 3);
  assert.ok(snippets[0]!.includes(`set_tracking_uri("${url}")`));
  assert.ok(snippets[2]!.includes(url));
});

pageTest("an address that is nothing says so", async ({ page }) => {
  await go(page, "#/nowhere/at/all");
  await page.waitForSelector("h1:has-text('Nothing is at this address')");
  await go(page, "#/runs/no-such-run");
  await page.waitForSelector(".problem");
}, fill);
