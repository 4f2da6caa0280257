/** Curves of several runs in one picture. */
import assert from "node:assert/strict";
import { openStore, RunNotFoundError } from "../../mod.ts";
import { displayOf } from "../support/jupyter_helpers.ts";

Deno.test("plot() lays the curves of runs over each other, and leaves out runs without the metric", async () => {
  await using store = await openStore({ inMemory: true });
  for (const [id, base] of [["a", 1], ["b", 2]] as const) {
    const run = await store.startRun({ id, name: `run ${id}` });
    for (let step = 0; step < 50; step++) run.log({ loss: base / (step + 1) }, { step });
  }
  await store.startRun({ id: "c" });
  const plot = await store.plot(await store.runs.list(), "loss");
  assert.deepEqual(plot.lines.map(({ run }) => run.id).sort(), ["a", "b"]);
  const { html, text } = await displayOf(plot);
  const svg = String(html);
  assert.match(svg, /<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg"/);
  assert.match(svg, /<title>run a: 0\.02 at step 49<\/title>/);
  // Axes: round numbers within the range of both.
  for (const tick of [">10<", ">40<", ">0.5<", ">1.5<"]) assert.ok(svg.includes(tick), tick);
  assert.match(text, /run a: loss {2}█/);
  assert.match((await displayOf(await store.plot(["c"], "loss"))).text, /no run has loss/);
  await assert.rejects(store.plot(["nosuch"], "loss"), RunNotFoundError);
});

Deno.test("a logarithmic plot leaves out what has no logarithm", async () => {
  await using store = await openStore({ inMemory: true });
  const run = await store.startRun({ id: "a" });
  for (const [step, value] of [1e-4, 0, -1, 1e3].entries()) run.log({ loss: value }, { step });
  const { html } = await displayOf(await store.plot(["a"], "loss", { log: true }));
  assert.match(String(html), />100</);
  assert.doesNotMatch(String(html), /NaN|Infinity/);
});

Deno.test("a run of a list or a query shows its metrics and artifacts, as its handle does", async () => {
  await using store = await openStore({ inMemory: true });
  const run = await store.startRun({ id: "a" });
  await run.logMetrics({ loss: 0.5 });
  await run.put("model.bin", "bytes");
  const card = await displayOf(run);
  for (
    const shown of [
      await store.runs.get("a"),
      (await store.runs.list())[0]!,
      (await store.runs.best({ metric: "loss" }))!,
    ]
  ) {
    assert.deepEqual(await displayOf(shown), card);
    assert.match(card.text, /model\.bin/);
  }
});
