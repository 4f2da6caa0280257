import assert from "node:assert/strict";
import type { Page } from "npm:playwright-core@~1.65.1";
import type { Store } from "@chachaml/store";
import { fillSweep, go, pageTest, until, waitForCount } from "./browser.ts";

const fill = { fill: async (store: Store) => void await fillSweep(store, 2) };

async function newest(store: Store): Promise<string> {
  return (await store.runs.list({ limit: 1 }))[0]!.id;
}

/** Whether something is drawn on a canvas, besides its background. */
async function isDrawn(page: Page, selector: string): Promise<boolean> {
  return await page.locator(selector).first().evaluate((item) => {
    const canvas = item as unknown as {
      width: number;
      height: number;
      getContext(kind: "2d"): {
        getImageData(x: number, y: number, w: number, h: number): { data: Uint8ClampedArray };
      };
    };
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    return data.some((value, at) => at % 4 === 3 && value > 0);
  });
}

/** A PDF of one page with a word. */
function pdfOf(word: string): string {
  const text = `BT /F1 24 Tf 20 40 Td (${word}) Tj ET`;
  const objects = [
    "<< /Type /Catalog /Pages 2 0 R >>",
    "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
    "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 200 100] /Contents 4 0 R /Resources " +
    "<< /Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >> >>",
    `<< /Length ${text.length} >>\nstream\n${text}\nendstream`,
  ];
  let pdf = "%PDF-1.4\n";
  const places = objects.map((object, at) => {
    const place = pdf.length;
    pdf += `${at + 1} 0 obj\n${object}\nendobj\n`;
    return `${String(place).padStart(10, "0")} 00000 n \n`;
  });
  const start = pdf.length;
  return `${pdf}xref\n0 5\n0000000000 65535 f \n${places.join("")}` +
    `trailer << /Size 5 /Root 1 0 R >>\nstartxref\n${start}\n%%EOF`;
}

pageTest("a run shows its params, metrics, tags and note", async ({ page, store, complaints }) => {
  const id = await newest(store);
  await store.runs.setNote(id, "# Title\n\nThe *usual* settings.");
  await go(page, `#/runs/${id}`);
  await page.waitForSelector(".markdown em:has-text('usual')");
  const text = await page.locator(".run-page").innerText();
  for (const words of ["run-1", "optimizer", "sgd", "accuracy", "owner", "wei"]) {
    assert.ok(text.includes(words), words);
  }
  assert.deepEqual(complaints, []);
}, fill);

pageTest("name, note and tags are edited", async ({ page, store }) => {
  const id = await newest(store);
  await go(page, `#/runs/${id}`);
  await page.click("button:has-text('Edit')");
  await page.fill("dialog label:has-text('Name') input", "better");
  await page.fill("#edit-note", "A **good** one");
  await page.click("dialog button:has-text('Preview')");
  await page.waitForSelector("dialog .markdown strong");
  await page.click("[aria-label='Remove tag owner']");
  await page.click("dialog button:has-text('Add a tag')");
  await page.fill("[aria-label='Name of tag 1']", "team");
  await page.fill("[aria-label='Value of tag team']", "vision");
  await page.click("dialog [type=submit]");
  await page.waitForSelector("h1:has-text('better')");
  const run = await store.runs.get(id);
  assert.equal(run.name, "better");
  assert.deepEqual({ ...run.tags }, { team: "vision", note: "A **good** one" });
}, fill);

pageTest("curves are drawn, zoomed, smoothed and enlarged", async ({ page, store, complaints }) => {
  await go(page, `#/runs/${await newest(store)}/charts`);
  await page.waitForSelector(".card canvas");
  assert.equal(await page.locator(".card").count(), 2);
  assert.ok(await isDrawn(page, ".card canvas"));
  const over = (await page.locator(".card .u-over").first().boundingBox())!;
  await page.mouse.move(over.x + over.width / 2, over.y + over.height / 2);
  await page.waitForSelector(".plot-box:visible");
  assert.match(await page.locator(".plot-box:visible").innerText(), /step \d+/);
  await page.check("label:has-text('log y') input");
  await page.waitForSelector(".facts:has-text('log y')");
  await page.locator(".choice input[type=range]").fill("0.6");
  await until(() => Promise.resolve(page.url().includes("smooth=0.6")));
  await page.click("[aria-label='Enlarge loss']");
  await waitForCount(page, ".card", 1);
  assert.match(page.url(), /chart=loss/);
  await page.focus(".plot");
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("ArrowRight");
  assert.match(await page.locator(".plot [aria-live]").innerText(), /step 1: loss/);
  assert.deepEqual(complaints, []);
}, fill);

pageTest("a curve of values that are not finite says so", async ({ page, store }) => {
  const run = await store.startRun({ name: "strange" });
  for (const [step, odd] of [1, NaN, 2, Infinity, 3].entries()) run.log({ odd }, { step });
  for (let step = 0; step < 3; step++) run.log({ never: NaN }, { step });
  await run.end();
  await go(page, `#/runs/${run.id}/charts`);
  await page.waitForSelector(".facts:has-text('2 not finite')");
  await page.waitForSelector(".card:has-text('All 3 values are NaN or infinite')");
});

pageTest(
  "a curve of 100,000 points says that it is thinned, and draws",
  async ({ page, store }) => {
    const run = await store.startRun({ name: "long" });
    for (let step = 0; step < 100_000; step++) run.log({ loss: Math.sin(step / 900) }, { step });
    await run.end();
    await go(page, `#/runs/${run.id}/charts`);
    await page.waitForSelector(".facts:has-text('of 100,000 points')");
    assert.ok(await isDrawn(page, ".card canvas"));
  },
);

pageTest(
  "zooming into a thinned curve loads the points of the range; a double click shows all",
  async ({ page, store, requests, complaints }) => {
    const run = await store.startRun({ name: "long" });
    // Evenly in time, too: a range of times holds as many points as one of steps.
    const points = Array.from({ length: 50_000 }, (_, step) => ({
      key: "loss",
      value: step >= 20_000 && step < 30_000 ? NaN : Math.sin(step / 900),
      step,
      timestamp: new Date(1_700_000_000_000 + step * 10),
    }));
    await run.logPoints(points);
    await run.end();
    for (const x of ["step", "relative"]) {
      requests.length = 0;
      await go(page, `#/runs/${run.id}/charts?x=${x}`);
      await page.waitForSelector(".facts:has-text('of 50,000 points · 10000 not finite')");
      const over = (await page.locator(".card .u-over").first().boundingBox())!;
      const [left, middle] = [over.x + over.width * 0.1, over.y + over.height / 2];
      await page.mouse.move(left, middle);
      await page.mouse.down();
      await page.mouse.move(left + over.width * 0.05, middle, { steps: 3 });
      await page.mouse.up();
      await until(() => Promise.resolve(requests.some((url) => url.includes("from="))));
      const { searchParams } = new URL(requests.find((url) => url.includes("from="))!);
      const span = Number(searchParams.get("to")) - Number(searchParams.get("from"));
      assert.ok(span > 0 && span < 25_000, `${x}: ${span}`);
      const drawn = async () =>
        Number((await page.locator(".facts").innerText()).split(" ")[0]!.replaceAll(",", ""));
      await until(async () => await drawn() > 1100);
      await page.mouse.dblclick(left, middle);
      await until(async () => await drawn() <= 1000);
    }
    assert.deepEqual(complaints, []);
  },
);

pageTest(
  "a PDF is shown by the browser's viewer, which cannot run anything here",
  async (tools) => {
    const { page, store, url } = tools;
    const run = await store.startRun({ name: "documents" });
    await run.put("a.pdf", pdfOf("Hello"));
    await run.put("b.pdf", "<script>top.ran=true</script>", { contentType: "text/html" });
    await run.end();
    await go(page, `#/runs/${run.id}/files/a.pdf`);
    const frame = page.locator("iframe.frame");
    await frame.waitFor();
    const answer = await fetch(url + await frame.getAttribute("src"));
    await answer.body?.cancel();
    assert.equal(answer.headers.get("content-type"), "application/pdf");
    assert.match(answer.headers.get("content-security-policy")!, /^sandbox;/);
    assert.match(answer.headers.get("content-disposition")!, /^inline/);
    await page.waitForSelector("a[target=_blank]:has-text('Open in a new tab')");
    await until(() => Promise.resolve(page.frames().length > 1));
    await go(page, `#/runs/${run.id}/files/b.pdf`);
    await page.waitForSelector("article[aria-label='b.pdf'] iframe");
    await page.waitForTimeout(300);
    assert.equal(await page.evaluate(() => Reflect.get(globalThis, "ran")), undefined);
  },
);

pageTest("files are shown by their types", async ({ page, store, complaints }) => {
  const run = await store.startRun({ name: "files" });
  const png = Uint8Array.fromBase64(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
  );
  await run.put("plots/dot.png", png);
  await run.put(
    "plots/roc.svg",
    `<svg xmlns="http://www.w3.org/2000/svg" width="40" height="30"/>`,
  );
  await run.put("table.csv", 'name,value\n"a, b",1\nc,2\n');
  await run.put("code/train.py", "def f():\n    return 'x' # why\n");
  await run.put("report.md", "# Report\n\n- one\n");
  await run.put("config.json", { lr: 0.1 });
  await run.put("weights.bin", new Uint8Array([0, 1, 2, 255]));
  await run.put("page.html", "<h1>shown</h1><script>document.title='ran'</script>");
  await run.put("book.ipynb", {
    cells: [
      { cell_type: "markdown", source: ["# Cell"] },
      { cell_type: "code", source: ["print(1)"], outputs: [{ text: ["1\n"] }] },
    ],
  });
  await run.end();
  const show = (name: string) => go(page, `#/runs/${run.id}/files/${name}`);
  await show("plots/dot.png");
  await page.waitForSelector("img.picture");
  await until(async () =>
    await page.locator("img.picture").evaluate((item) =>
      (item as unknown as { naturalWidth: number }).naturalWidth
    ) === 1
  );
  await page.click("[aria-label='Directory plots']");
  await page.waitForSelector(".entry:has-text('roc.svg')", { state: "detached" });
  await show("plots/roc.svg");
  await until(async () =>
    await page.locator("img.picture").evaluate((item) =>
      (item as unknown as { naturalWidth: number }).naturalWidth
    ) === 40
  );
  await show("table.csv");
  await page.waitForSelector("td:has-text('a, b')");
  await show("code/train.py");
  await page.waitForSelector(".hl-word:has-text('def')");
  await show("report.md");
  await page.waitForSelector(".markdown h1:has-text('Report')");
  await show("config.json");
  await page.waitForSelector(".code:has-text('\"lr\": 0.1')");
  await show("weights.bin");
  await page.waitForSelector(".code:has-text('00 01 02 ff')");
  await show("book.ipynb");
  await page.waitForSelector(".notebook .nb-output:has-text('1')");
  await show("page.html");
  await page.waitForSelector("iframe[sandbox='']");
  await page.frameLocator("iframe").locator("h1:has-text('shown')").waitFor();
  await page.fill(".tree [type=search]", "train");
  await waitForCount(page, ".tree li", 1);
  // The sandbox says that it did not run the script; nothing else is complained of.
  assert.deepEqual(complaints.filter((text) => !/sandbox/.test(text)), []);
});

pageTest("children and parents are linked", async ({ page, store }) => {
  const parent = await store.startRun({ name: "parent" });
  const child = await store.startRun({ name: "child", parentId: parent.id });
  await child.end();
  await parent.end();
  await go(page, `#/runs/${parent.id}`);
  await page.click(".run-page a:has-text('child')");
  await page.waitForSelector("h1:has-text('child')");
  await page.click(`.crumbs a:has-text('${parent.id.slice(0, 8)}')`);
  await page.waitForSelector("h1:has-text('parent')");
});

pageTest(
  "a log is shown, without the colours of terminals, and searched",
  async ({ page, store }) => {
    const run = await store.startRun({ name: "logged" });
    await run.put("stdout.log", "one\n\u001b[31mtwo\u001b[0m\n10%\r20%\r100%\n");
    await run.end();
    await go(page, `#/runs/${run.id}/log`);
    await page.waitForSelector(".log:has-text('two')");
    assert.equal(await page.locator(".log").innerText(), "one\ntwo\n100%");
    await page.fill("[aria-label='Find lines']", "TWO");
    await until(async () => await page.locator(".log").innerText() === "two");
    await page.click("button:has-text('stderr')");
    await page.waitForSelector(".empty:has-text('Nothing was captured of stderr')");
  },
);
