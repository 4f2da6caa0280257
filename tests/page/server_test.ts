import assert from "node:assert/strict";
import type { Store } from "@chachaml/store";
import { fillSweep, go, pageTest, until, waitForCount } from "./browser.ts";

const ROWS = ".lines .line:not(.waiting)";
const fill = async (store: Store) => void await fillSweep(store);

pageTest(
  "what is logged shows by itself, in table, charts and overview",
  async ({ page, store }) => {
    await page.waitForSelector(".connection-live");
    const run = await store.startRun({ name: "live", experiment: "digits" });
    await page.waitForSelector(`${ROWS}:has-text('live') .status-running`);
    await waitForCount(page, ROWS, 7);
    run.log({ loss: 3, fresh: 1 }, { step: 0 });
    run.log({ loss: 2, fresh: 2 }, { step: 1 });
    await run.flush();
    await page.waitForSelector(`${ROWS}:has-text('live') .cell:has-text('2.')`);
    await go(page, `#/runs/${run.id}/charts`);
    await page.waitForSelector(".card:has-text('fresh') canvas");
    run.log({ fresh: 7.25 }, { step: 2 });
    await run.flush();
    await page.waitForSelector(".card:has-text('fresh') .facts:has-text('7.25')");
    await run.end();
    await page.waitForSelector(".run-page .status-done");
  },
  { fill },
);

pageTest("a server that goes away is reached again, and what was missed shows", async ({
  page,
  store,
  server,
}) => {
  await page.waitForSelector(".connection-live");
  await waitForCount(page, ROWS, 6);
  await server.end();
  await page.waitForSelector(".connection-lost");
  assert.equal(await page.locator(ROWS).count(), 6);
  await go(page, "#/models");
  await page.waitForSelector(".problem:has-text('does not answer')");
  await store.models.register("net", {
    runId: (await store.runs.list({ limit: 1 }))[0]!.id,
    artifact: "config.json",
  });
  await (await store.startRun({ name: "meanwhile" })).end();
  server.begin();
  await page.waitForSelector(".connection-live");
  await page.waitForSelector("td a:has-text('net')");
  await go(page, "#/");
  await waitForCount(page, ROWS, 7);
}, { fill });

const authenticate: NonNullable<Parameters<typeof pageTest>[2]>["authenticate"] = (
  { token, name, password },
) =>
  Promise.resolve(
    token === "letmein" || name === "ana" && password === "secret"
      ? { name: "ana", role: "writer" as const }
      : token === "look"
      ? { name: "guest", role: "reader" as const }
      : undefined,
  );

pageTest("signing in by token opens the page, and signing out closes it", async (tools) => {
  const { page, requests } = tools;
  await page.waitForSelector("h1:has-text('Sign in')");
  await page.fill("[name=token]", "wrong");
  await page.click("[type=submit]");
  await page.waitForSelector("[role=alert]:has-text('not known')");
  await page.fill("[name=token]", "letmein");
  await page.click("[type=submit]");
  await waitForCount(page, ROWS, 6);
  await page.waitForSelector(".connection-live");
  assert.match(await page.locator(".top").innerText(), /ana/);
  assert.ok(requests.every((address) => !address.includes("letmein")));
  await page.reload();
  await waitForCount(page, ROWS, 6);
  await page.click("button:has-text('Sign out')");
  await page.waitForSelector("h1:has-text('Sign in')");
  await page.reload();
  await page.waitForSelector("h1:has-text('Sign in')");
}, { fill, authenticate });

pageTest(
  "signing in by name and password shows pictures and files too",
  async ({ page, store }) => {
    const [run] = await store.runs.list({ limit: 1 });
    await store.artifacts.put(
      run!.id,
      "a.svg",
      `<svg xmlns="http://www.w3.org/2000/svg" width="40" height="30"/>`,
    );
    await page.click("button:has-text('Name and password')");
    await page.fill("[name=user]", "ana");
    await page.fill("[name=password]", "secret");
    await page.click("[type=submit]");
    await waitForCount(page, ROWS, 6);
    await go(page, `#/runs/${run!.id}/files/a.svg`);
    await until(async () =>
      await page.locator("img.picture").evaluate((item) =>
        (item as unknown as { naturalWidth: number }).naturalWidth
      ) === 40
    );
  },
  { fill, authenticate },
);

pageTest("a reader is offered nothing that writes", async ({ page, store }) => {
  await page.fill("[name=token]", "look");
  await page.click("[type=submit]");
  await waitForCount(page, ROWS, 6);
  await assertReadOnly(page, store);
}, { fill, authenticate });

pageTest("a read-only server says so, and offers nothing that writes", async ({ page, store }) => {
  await waitForCount(page, ROWS, 6);
  await page.waitForSelector(".badge:has-text('read-only')");
  await assertReadOnly(page, store);
}, { fill, readOnly: true });

async function assertReadOnly(
  page: Parameters<Parameters<typeof pageTest>[1]>[0]["page"],
  store: Store,
): Promise<void> {
  await page.click(`${ROWS} >> nth=0 >> input`);
  await page.waitForSelector(".bar a:has-text('Compare')");
  assert.equal(await page.locator(".bar button:has-text('Archive')").count(), 0);
  assert.equal(await page.locator(".bar button:has-text('Tag')").count(), 0);
  await page.keyboard.press("e");
  await go(page, `#/runs/${(await store.runs.list({ limit: 1 }))[0]!.id}`);
  await page.waitForSelector(".run-page");
  assert.equal(await page.locator("button:has-text('Edit')").count(), 0);
  assert.equal((await store.runs.list({})).length, 6);
}
