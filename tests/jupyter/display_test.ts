/** What a notebook shows of a store, its runs and lists. */
import assert from "node:assert/strict";
import { dirname, fromFileUrl, join } from "@std/path";
import { openStore, type RunHandle, type Store } from "../../mod.ts";
import { inTempDir, openIn, tree } from "../support/helpers.ts";
import { assertHarmless, displayOf } from "../support/jupyter_helpers.ts";

/** Gives a test a store with a run that has something of everything. */
async function withRun(work: (run: RunHandle, store: Store) => Promise<void>): Promise<void> {
  await using store = await openStore({ inMemory: true, driver: "builtin" });
  const run = await store.startRun({
    id: "run-1",
    name: "baseline",
    experiment: "iris",
    tags: { owner: "ana", note: "It is **good**." },
    environment: false,
  });
  await run.logParams({ lr: 0.1, layers: [64, 10] });
  for (let step = 0; step < 5000; step++) run.log({ loss: 1 / (step + 1) }, { step });
  await run.put("model/weights.bin", new Uint8Array(1500));
  await work(run, store);
}

Deno.test("a run shows its params, metrics, curves, artifacts and note", () =>
  withRun(async (run) => {
    const { text, html } = await displayOf(run);
    const seen = assertHarmless(html);
    for (const words of ["baseline", "iris", "owner=ana", "lr", "[64,10]", "model/weights.bin"]) {
      assert.ok(text.includes(words), words);
      assert.ok(seen.includes(words), words);
    }
    assert.ok(html.includes("It is <strong>good</strong>."));
    assert.ok(text.includes("It is **good**."));
    assert.match(text, /loss +0\.0002 +0\.0002 +1 +4999 +5000/);
    // However many points there are, the curve is as large as a page can bear.
    const points = /<polyline points="([^"]+)"/.exec(html)![1]!.split(" ");
    assert.equal(points.length, 200);
  }));

Deno.test("a run of a closed store shows what it started with", () =>
  withRun(async (run, store) => {
    await store.close();
    assert.match((await displayOf(run)).text, /baseline/);
  }));

Deno.test("a store shows its experiments and newest runs, and that it is closed", () =>
  withRun(async (_, store) => {
    const { text, html } = await displayOf(store);
    assert.match(text, /in memory: 1 run, 1 artifact, 1\.5 kB/);
    assert.match(text, /Newest runs\n.*\nrun-1 +baseline +iris +running/);
    assertHarmless(html);
    await store.close();
    assert.match((await displayOf(store)).text, /it is closed/);
  }));

Deno.test("lists show their first hundred entries, and how many there are", async () => {
  await using store = await openStore({ inMemory: true, driver: "builtin" });
  for (let at = 0; at < 120; at++) await store.startRun({ name: `n${at}`, environment: false });
  const { html, text } = await displayOf(await store.runs.list());
  assert.equal(html.split("<tr>").length - 2, 100);
  assert.match(assertHarmless(html), /120 runs.*… and 20 more/s);
  assert.match(text, /… and 80 more$/);
});

Deno.test("a run shows its first hundred params, and how many there are", () =>
  withRun(async (run) => {
    await run.logParams(Object.fromEntries(Array.from({ length: 150 }, (_, at) => [`p${at}`, at])));
    const { html, text } = await displayOf(run);
    assert.match(assertHarmless(html), /p50.*… and 52 more/s);
    assert.doesNotMatch(html, />p99</);
    assert.match(text, /… and 112 more/);
  }));

Deno.test("a comparison shows what differs, run by run, and what does not", () =>
  withRun(async (run, store) => {
    const other = await store.startRun({ id: "run-2", environment: false });
    await other.logParams({ lr: 0.2, layers: [64, 10] });
    await other.logMetrics({ loss: 0.5 });
    const { text, html } = await displayOf(await store.runs.compare([run.id, other.id]));
    assert.match(text, /run +name +status +lr +loss\nrun-1 +baseline +running +0\.1 +▼ 0\.0002\n/);
    assert.match(text, /Same in all: layers = \[64,10\]$/);
    assertHarmless(html);
  }));

Deno.test("what the store gives shows itself, but has nothing more to enumerate", () =>
  withRun(async (run, store) => {
    const values: object[] = [
      await store.runs.get(run.id),
      await store.runs.list(),
      (await store.runs.list())[0]!,
      await store.artifacts.list(run.id),
      await store.artifacts.find({}),
      await store.metrics.points(run.id),
      await store.metrics.summary(run.id),
      await store.metrics.curve(run.id, "loss"),
      await store.runs.compare([run.id]),
      await store.experiments.list(),
      await store.runs.datasets(run.id),
      await store.models.list(),
      await store.gc(),
      await store.dedup(),
      await store.runs.prune({ keepLast: 5 }),
      await store.info(),
      await store.verify().summary(),
      await store.import(store.export([run.id])),
      await run.end(),
    ];
    for (const value of values) {
      assertHarmless((await displayOf(value)).html);
      assert.deepEqual(Object.getOwnPropertySymbols({ ...value }), []);
      assert.deepEqual(value, Array.isArray(value) ? [...value] : { ...value });
    }
  }));

Deno.test("a report of a dry run says that nothing was done", () =>
  withRun(async (run, store) => {
    await run.end();
    for (const dryRun of [true, false]) {
      for (
        const [report, pattern] of [
          [await store.gc({ dryRun }), dryRun ? /^Would be collected/ : /^Collected/],
          [await store.dedup({ dryRun }), dryRun ? /^Would be deduplicated/ : /^Deduplicated/],
          [
            await store.runs.prune({ keepLast: 0, dryRun }),
            dryRun ? /^Would be pruned: 1 run\n\nWould be removed/ : /^Pruned: 1 run\n\nRemoved/,
          ],
        ] as const
      ) {
        assert.equal(report.dryRun, dryRun);
        assert.match((await displayOf(report)).text, pattern);
      }
    }
  }));

Deno.test("an empty list says so", async () => {
  await using store = await openStore({ inMemory: true, driver: "builtin" });
  assert.equal((await displayOf(await store.runs.list())).text, "no runs");
  assert.equal(
    (await displayOf(await store.metrics.summary((await store.startRun()).id))).text,
    "no metrics",
  );
});

Deno.test("a verification shows its findings, also those that were read before", () =>
  inTempDir(async (dir) => {
    await using store = await openIn(dir);
    const run = await store.startRun();
    const artifact = await run.put("a.bin", new Uint8Array(9));
    const clean = store.verify();
    assert.match((await displayOf(clean)).text, /^Verified: 1 artifact, 9 B: all as stored$/);
    await Deno.chmod(artifact.filePath!, 0o600);
    await Deno.writeFile(artifact.filePath!, new Uint8Array(10));
    await Deno.writeTextFile(join(dirname(artifact.filePath!), "stray"), "x");
    const verification = store.verify();
    assert.equal((await Array.fromAsync(verification)).length, 2);
    const { text, html } = await displayOf(verification);
    assert.match(text, /^Damage found: 1 artifact, 9 B: 1 damaged, 1 leftover for gc/);
    assert.match(text, /wrong-size .*a\.bin/);
    assertHarmless(html);
    assert.match(Deno.inspect(verification), /damaged: 1/);
  }));

Deno.test("a backup shows where it is", () =>
  inTempDir(async (dir) => {
    await using store = await openIn(dir);
    await (await store.startRun()).put("a", "a");
    const { text } = await displayOf(await store.backup(join(dir, "copy")));
    assert.match(text, /^Backed up: 1 artifact, 1 B; copied 1, 1 B, to .*copy/);
  }));

Deno.test("a console shows an active run by its fields", () =>
  withRun((run) => {
    assert.match(Deno.inspect(run), /^RunHandle \{\s+id: "run-1"/);
    return Promise.resolve();
  }));

Deno.test("no more of displays is loaded with the store than their names", async () => {
  const src = fromFileUrl(new URL("../../src", import.meta.url));
  for (const file of tree(src).filter((name) => name.endsWith(".ts"))) {
    if (/^notebook\/(?!displayable|progress)/.test(file)) continue;
    const text = await Deno.readTextFile(join(src, file));
    for (const [line] of text.matchAll(/^(import|export) (?!type )([^;]*from )?"[^"]+";/gm)) {
      const loaded = /notebook\/(\w+)\.ts"/.exec(line)?.[1];
      assert.ok(loaded === undefined || ["displayable", "progress"].includes(loaded), line);
      if (file.startsWith("notebook/")) assert.doesNotMatch(line, /npm:|"\.\/(?!html)/);
    }
  }
});
