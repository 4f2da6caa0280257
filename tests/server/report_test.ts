import assert from "node:assert/strict";
import { join } from "@std/path";
import { InvalidOptionError, openStore, RunNotFoundError } from "@chachaml/store";
import { createReport } from "@chachaml/store/server";

/** The data of a report of a kind, with ids. */
function dataOf(html: string, kind: string): { id: string; text: string }[] {
  const pattern = new RegExp(`<script type="text/plain" data-kind="${kind}" data-id="([^"]*)">`);
  return html.split(pattern).slice(1).flatMap((text, at, all) =>
    at % 2 === 0
      ? [{ id: text, text: all[at + 1]!.slice(0, all[at + 1]!.indexOf("</script>")) }]
      : []
  );
}

async function textOf(stream: ReadableStream<Uint8Array>): Promise<string> {
  return await new Response(stream as ReadableStream<Uint8Array<ArrayBuffer>>).text();
}

Deno.test("a report holds runs, curves, and files up to its limits, pictures first", async () => {
  await using store = await openStore({ inMemory: true });
  const run = await store.startRun({ name: "a", environment: false });
  await run.logParams({ layers: [64, 10], text: "[64 10]" });
  for (let step = 0; step < 50; step++) run.log({ loss: step }, { step });
  await run.put("a.txt", "x".repeat(60));
  await run.put("b.png", new Uint8Array(60));
  await run.put("large.bin", new Uint8Array(101));
  await run.end();
  const html = await textOf(
    createReport(store, [run.id, run.id], { maxFile: 100, maxTotal: 100, points: 10 }),
  );
  const info = dataOf(html, "report")[0]!.text;
  const { files } = JSON.parse(info);
  assert.deepEqual([files.included, files.omitted], [1, 2]);
  const [file] = dataOf(html, "file");
  const artifacts = await store.artifacts.list(run.id);
  assert.equal(file!.id, artifacts.find(({ name }) => name === "b.png")!.id);
  assert.deepEqual(Uint8Array.fromBase64(file!.text), new Uint8Array(60));
  const runs = dataOf(html, "run");
  assert.equal(runs.length, 1);
  const { row, detail } = JSON.parse(runs[0]!.text);
  assert.equal(row.params.layers, "[64,10]");
  assert.equal(row.params.text, "[64 10]");
  assert.equal(detail.artifacts.length, 3);
  assert.match(detail.artifacts[2].hash, /^[0-9a-f]{64}$/);
  const curve = JSON.parse(dataOf(html, "curve")[0]!.text);
  assert.deepEqual([curve.count, curve.thinned, curve.values.length], [50, true, 10]);
});

Deno.test("bytes of a report's file are those stored, whatever the sizes of pieces", async () => {
  await using store = await openStore({ inMemory: true });
  const run = await store.startRun({ environment: false });
  const bytes = crypto.getRandomValues(new Uint8Array(65_536));
  const large = new Uint8Array(500_001).map((_, at) => bytes[at % 65_000]!);
  await run.put("a.bin", large);
  const html = await textOf(createReport(store, [run.id]));
  assert.deepEqual(Uint8Array.fromBase64(dataOf(html, "file")[0]!.text), large);
});

Deno.test("no text of a run ends an element of a report, or begins one", async () => {
  await using store = await openStore({ inMemory: true });
  const attack = `</script><!--<script>alert(1)</script>"'&`;
  const run = await store.startRun({ name: attack, tags: { [attack]: attack } });
  await run.logParams({ [attack]: attack });
  run.log({ [attack]: 1 });
  await run.put("a.html", attack);
  await run.end();
  const html = await textOf(createReport(store, [run.id]));
  const body = html.slice(html.indexOf("<body>"));
  assert.ok(!body.includes("alert(1)</script>"));
  assert.ok(!body.includes("<!--"));
  assert.equal(html.match(/<script/g)!.length, html.match(/<\/script>/g)!.length);
  assert.match(html, /<title>&lt;\/script>/);
  assert.equal(JSON.parse(dataOf(html, "run")[0]!.text).row.name, attack);
});

Deno.test("a file that is damaged is named in a report, and does not end it", async () => {
  const dir = await Deno.makeTempDir();
  try {
    await using store = await openStore({ path: join(dir, "a.db") });
    const run = await store.startRun({ environment: false });
    await run.put("a.txt", "whole");
    await run.put("b.txt", "whole");
    await run.end();
    const damaged = await store.artifacts.get(run.id, "a.txt");
    await Deno.chmod(damaged.filePath!, 0o644);
    await Deno.writeTextFile(damaged.filePath!, "other");
    const html = await textOf(createReport(store, [run.id]));
    const [failed, ...others] = dataOf(html, "failed");
    assert.equal(failed!.id, damaged.id);
    assert.equal(others.length, 0);
    assert.equal(dataOf(html, "file").length, 2);
    assert.ok(html.endsWith("</html>\n"));
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});

Deno.test("a report of no runs, too many, unknown ones or by wrong limits is refused", async () => {
  await using store = await openStore({ inMemory: true });
  const run = await store.startRun({ environment: false });
  const many = Array.from({ length: 201 }, (_, at) => `r${at}`);
  for (const ids of [[], many]) {
    assert.throws(() => createReport(store, ids), InvalidOptionError);
  }
  for (const options of [{ points: 2 }, { maxFile: -1 }, { maxTotal: 0.5 }, { size: 1 }]) {
    assert.throws(() => createReport(store, [run.id], options as object), InvalidOptionError);
  }
  await assert.rejects(textOf(createReport(store, [run.id, "none"])), RunNotFoundError);
  const signal = AbortSignal.abort(new Error("stopped"));
  assert.throws(() => createReport(store, [run.id], { signal }), /stopped/);
});
