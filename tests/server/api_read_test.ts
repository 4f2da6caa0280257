/** The HTTP API as it reads. */
import assert from "node:assert/strict";
import { InvalidOptionError, openStore } from "../../mod.ts";
import { apiOf, withApi } from "../support/api_helpers.ts";

Deno.test("a run is answered with everything of it, in the keys of chachaml", () =>
  withApi(async ({ get, problem, store }) => {
    const parent = await store.startRun({ experiment: "iris" });
    const run = await store.startRun({
      experiment: "iris",
      name: "baseline",
      tags: { owner: "ana" },
      parentId: parent.id,
    });
    await run.logParams({ lr: 0.1, layers: [64, 10], bad: NaN, name: "adam" });
    run.log({ loss: 0.5 }, { step: 1 });
    run.log({ loss: NaN }, { step: 2 });
    await run.put("plots/roc.txt", "x");
    await store.runs.logDataset(run.id, { rows: 150, features: ["a"] });
    await run.registerModel("net", { artifact: "plots/roc.txt", stage: "production" });
    const found = await get(`/api/runs/${run.id}`);
    assert.equal(found["parent-run-id"], parent.id);
    assert.equal(found["end-time"], undefined);
    assert.deepEqual(found.params, { bad: "NaN", layers: [64, 10], lr: 0.1, name: "adam" });
    assert.deepEqual(
      found.metrics.map(({ key, value, step }: Record<string, unknown>) => [key, value, step]),
      [["loss", 0.5, 1], ["loss", "NaN", 2]],
    );
    assert.deepEqual(found["metric-summary"].loss, {
      last: "NaN",
      min: 0.5,
      max: 0.5,
      count: 2,
      step: 2,
    });
    assert.deepEqual(found.tags, { owner: "ana" });
    assert.deepEqual(found.models, [{ name: "net", version: 1, stage: "production" }]);
    assert.equal(found.datasets[0]["n-rows"], 150);
    const [artifact] = found.artifacts;
    assert.equal(artifact["run-id"], run.id);
    assert.equal((await get(`/api/runs/${run.id}?points=none`)).metrics, undefined);
    assert.deepEqual((await get(`/api/runs/${parent.id}`)).children, [run.id]);
    assert.deepEqual(await get(`/api/tags/${run.id}`), { owner: "ana" });
    assert.equal((await get(`/api/datasets/${run.id}`)).length, 1);
    assert.deepEqual(await get("/api/experiments"), ["iris"]);
    assert.equal((await get(`/api/artifacts/${artifact.id}`)).name, "plots/roc.txt");
    const { status, error } = await problem("/api/runs/nope");
    assert.equal(status, 404);
    assert.match(error, /Cannot find run "nope"/);
  }));

Deno.test("runs are listed by experiment, status and last value of a metric", () =>
  withApi(async ({ get, problem, store }) => {
    for (const [at, experiment] of ["iris", "iris", "digits"].entries()) {
      const run = await store.startRun({ experiment, name: `r${at}` });
      await store.metrics.log(run.id, { loss: at / 10 });
      if (at > 0) await run.end();
    }
    const names = (runs: { name: string }[]) => runs.map(({ name }) => name);
    assert.deepEqual(names(await get("/api/runs")), ["r2", "r1", "r0"]);
    assert.deepEqual(names(await get("/api/runs?experiment=iris&status=completed")), ["r1"]);
    assert.equal((await get("/api/runs?limit=1")).length, 1);
    const less = encodeURIComponent("<");
    assert.deepEqual(
      names(await get(`/api/search?metric_key=loss&op=${less}&metric_value=0.15`)),
      ["r1", "r0"],
    );
    for (
      const [path, status, words] of [
        ["/api/runs?experiment=irs", 404, /did you mean "iris"/],
        ["/api/runs?experimnt=iris", 400, /no parameter "experimnt".*did you mean experiment/],
        ["/api/runs?limit=0", 400, /"limit" takes a whole number from 1/],
        ["/api/runs?limit=1&limit=2", 400, /more than once/],
        ["/api/runs?status=bogus", 400, /running, completed/],
        ["/api/search?metric_key=loss&op=%3C&metric_value=abc", 400, /a number/],
        ["/api/search?metric_key=loss", 400, /metric_value/],
        ["/api/search?metric_value=1", 400, /metric_key/],
        ["/api/search?metric_key=nope&metric_value=1", 404, /metric "nope"/],
      ] as const
    ) {
      const found = await problem(path);
      assert.equal(found.status, status, path);
      assert.match(found.error, words);
    }
  }));

Deno.test("a path or method that is not there is said so in JSON", () =>
  withApi(async ({ problem, send }) => {
    assert.deepEqual(await problem("/api/nope"), {
      status: 404,
      error: "There is no GET /api/nope",
    });
    const answer = await send("/api/runs", { method: "DELETE" });
    assert.equal(answer.status, 405);
    assert.equal(answer.headers.get("allow"), "GET, HEAD");
    assert.match((await answer.json()).error, /takes GET/);
    const both = await send("/api/tags/r", { method: "DELETE" });
    assert.equal(both.headers.get("allow"), "GET, HEAD, POST");
    assert.match((await both.json()).error, /takes GET and POST, not DELETE/);
  }));

Deno.test("a comparison says what is the same, differs, or lacks", () =>
  withApi(async ({ get, problem, store }) => {
    const ids: string[] = [];
    for (const lr of [0.1, 0.2]) {
      const run = await store.startRun();
      await run.logParams({ lr, epochs: 3, ...lr === 0.1 && { seed: 1 } });
      await run.logMetrics({ loss: lr, ...lr === 0.2 && { f1: 1 } });
      await run.put("w", `${lr}`);
      await run.registerModel("net", { artifact: "w" });
      ids.push(run.id);
    }
    const comparison = await get(`/api/compare?ids=${ids}`);
    assert.deepEqual(comparison, {
      runs: ids,
      params: { same: { epochs: 3 }, differ: { lr: [0.1, 0.2] }, partial: { seed: [1, null] } },
      metrics: { same: {}, differ: { loss: [0.1, 0.2] }, partial: { f1: [null, 1] } },
    });
    assert.deepEqual(await get("/api/diff/net/1/2"), comparison);
    assert.deepEqual((await get("/api/diff/net/1/1")).runs, [ids[0], ids[0]]);
    assert.equal((await problem(`/api/compare?ids=${ids[0]}`)).status, 400);
    assert.equal((await problem("/api/diff/net/1/9")).status, 404);
    assert.equal((await problem("/api/diff/net/1/x")).status, 400);
    const { model, versions } = await get("/api/models/net");
    assert.equal(model.versions, 2);
    assert.deepEqual(versions[1].artifact, "w");
    assert.equal((await get("/api/models"))[0].name, "net");
    assert.equal((await problem("/api/models/nope")).status, 404);
  }));

Deno.test("files are a tree with sizes, and bytes come by range and entity tag", () =>
  withApi(async ({ get, send, problem, store }) => {
    const run = await store.startRun();
    await run.put("plots/a.txt", "0123456789");
    await run.put("plots/deep/b.html", "<script>alert(1)</script>");
    await run.put("w", "w");
    const names = ({ entries }: { entries: { name: string }[] }) => entries.map(({ name }) => name);
    const all = await get(`/api/runs/${run.id}/files`);
    assert.deepEqual(names(all), ["plots", "w"]);
    assert.equal(all.entries[0].size, 35);
    assert.deepEqual(names(await get(`/api/runs/${run.id}/files?prefix=plots/`)), [
      "plots/deep",
      "plots/a.txt",
    ]);
    const deep = await get(`/api/runs/${run.id}/files?recursive=true&prefix=plots`);
    assert.deepEqual(names(deep), ["plots/a.txt", "plots/deep/b.html"]);
    const id = deep.entries[0]["artifact-id"];
    const whole = await send(`/api/artifacts/${id}/download`);
    assert.equal(whole.headers.get("etag"), `"${deep.entries[0].hash}"`);
    assert.equal(await whole.text(), "0123456789");
    const part = await send(`/api/artifacts/${id}/download`, { headers: { range: "bytes=2-4" } });
    assert.deepEqual([part.status, await part.text()], [206, "234"]);
    const etag = whole.headers.get("etag")!;
    const known = await send(`/api/artifacts/${id}/download`, {
      headers: { "if-none-match": etag },
    });
    assert.equal(known.status, 304);
    const html = await send(`/api/artifacts/${deep.entries[1]["artifact-id"]}/download?inline=1`);
    assert.match(html.headers.get("content-security-policy")!, /sandbox/);
    assert.match(html.headers.get("content-disposition")!, /^inline/);
    await html.body?.cancel();
    assert.equal((await problem("/api/artifacts/nope/download")).status, 404);
    assert.equal((await problem("/api/runs/nope/files")).status, 404);
  }));

Deno.test("a log is read from a byte, while it grows and after", () =>
  withApi(async ({ send, problem, store }) => {
    const run = await store.startRun();
    const log = await store.artifacts.startLog(run.id, "stdout.log");
    await log.append("epoch 1\n");
    const first = await send(`/api/runs/${run.id}/log`);
    assert.equal(await first.text(), "epoch 1\n");
    assert.deepEqual(
      [first.headers.get("x-next"), first.headers.get("x-growing")],
      ["8", "true"],
    );
    await log.append("epoch 2\n");
    const second = await send(`/api/runs/${run.id}/log?from=8`);
    assert.equal(await second.text(), "epoch 2\n");
    await log.end();
    const third = await send(`/api/runs/${run.id}/log?from=14`);
    assert.deepEqual([await third.text(), third.headers.get("x-growing")], ["2\n", "false"]);
    assert.equal(await (await send(`/api/runs/${run.id}/log?stream=stderr`)).text(), "");
    assert.equal((await problem(`/api/runs/${run.id}/log?from=99`)).status, 400);
    assert.equal((await problem("/api/runs/nope/log")).status, 404);
  }));

Deno.test("the store counts its runs by experiment and status", () =>
  withApi(async ({ get, store }) => {
    const run = await store.startRun({ experiment: "iris" });
    await store.experiments.describe("later", { description: "soon" });
    await run.put("w", "abc");
    const old = await store.startRun({ experiment: "iris" });
    await old.end();
    await store.runs.archive(old.id);
    const found = await get("/api/store");
    assert.deepEqual(found.experiments, [
      { name: "iris", runs: 2, archived: 1, running: 1 },
      { description: "soon", name: "later", runs: 0, archived: 0, running: 0 },
    ]);
    assert.deepEqual(found.runs, { archived: 1, running: 1 });
    assert.deepEqual([found.artifacts, found.bytes, found.role], [1, 3, "admin"]);
    assert.equal(found.address, "http://localhost:5000");
  }));

Deno.test("counts say how old they are, and a failure to count is not kept", () =>
  withApi(async ({ get, problem, store }) => {
    await store.startRun();
    const list = store.experiments.list.bind(store.experiments);
    // So slow that the next callers get what is answered now.
    const failing = async () => {
      await new Promise((resolve) => setTimeout(resolve, 60));
      throw new InvalidOptionError("The database is away");
    };
    Object.assign(store.experiments, { list: failing });
    assert.equal((await problem("/api/store")).status, 400);
    Object.assign(store.experiments, { list });
    const before = Date.now();
    const found = await get("/api/store");
    assert.deepEqual(found.runs, { running: 1 });
    assert.ok(found["counted-at"] >= before && found["counted-at"] <= Date.now());
  }));

Deno.test("curves are thinned, in the order of steps or of time", () =>
  withApi(async ({ get, problem, store }) => {
    const run = await store.startRun();
    for (let step = 0; step < 2000; step++) run.log({ loss: 1 / (step + 1) }, { step });
    run.log({ acc: Infinity }, { step: 3 });
    await store.metrics.flush();
    const [acc, loss] = await get(`/api/curves?runs=${run.id}&points=50`);
    assert.deepEqual([acc.key, acc.values, acc.thinned], ["acc", ["Infinity"], false]);
    assert.deepEqual([loss.steps.length, loss.count, loss.thinned], [50, 2000, true]);
    assert.equal((await get(`/api/curves?runs=${run.id}&keys=loss&x=time`)).length, 1);
    assert.equal((await problem("/api/curves?runs=nope")).status, 404);
    assert.equal((await problem("/api/curves")).status, 400);
  }));

Deno.test("a store that is only read is answered too", async () => {
  const dir = await Deno.makeTempDir();
  try {
    const path = `${dir}/a.db`;
    {
      await using store = await openStore({ path });
      const run = await store.startRun();
      await run.logMetrics({ loss: 1 });
    }
    await using store = await openStore({ path, readOnly: true });
    const { get } = apiOf(store);
    assert.equal((await get("/api/store"))["read-only"], true);
    assert.equal((await get("/api/table?sort=metrics.loss")).runs[0].metrics.loss.last, 1);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});
