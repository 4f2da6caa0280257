import assert from "node:assert/strict";
import { RunStateError, type Store } from "../../mod.ts";
import {
  archiveOf,
  opened,
  openOther,
  packed,
  rowsOf,
  streamOf,
  tamperRows,
} from "../support/archive_helpers.ts";
import { inMemory, inTempDir, openIn } from "../support/helpers.ts";

/** Lets a run come further than it was. */
async function grow(store: Store): Promise<void> {
  const run = await store.run("r");
  await run.logParams({ later: 1 });
  await run.setTags({ later: "yes" });
  await run.logMetrics({ loss: 0.25, other: NaN }, { step: 2 });
  await run.logDataset({ role: "test", rows: 3 });
  await run.put("later", "text of later");
  await run.end();
}

async function started(store: Store): Promise<void> {
  await store.startRun({ id: "r", name: "n" });
  const run = await store.run("r");
  await run.logParams({ lr: 0.1 });
  for (const step of [0, 1]) await run.logMetrics({ loss: 1 - step / 4 }, { step });
  await run.put("a", "text of a");
}

Deno.test("import() of a run that has grown since brings the one that is there up to date", () =>
  inTempDir(async (dir) => {
    await using here = await openIn(dir);
    await using there = await openIn(`${dir}/there`);
    await started(here);
    const early = await archiveOf(here, ["r"]);
    await there.import(streamOf(early));
    await grow(here);
    const late = await archiveOf(here, ["r"]);
    const report = await there.import(streamOf(late));
    assert.deepEqual(report.runs, [{ id: "r", archivedId: "r", imported: false, merged: true }]);
    assert.equal(report.artifacts, 1);
    assert.deepEqual(rowsOf(there), rowsOf(here));
    assert.equal(await (await there.artifacts.get("r", "later")).text(), "text of later");
    // Both again change nothing: what is there contains them.
    const before = rowsOf(there);
    for (const archive of [late, early]) {
      const [run] = (await there.import(streamOf(archive))).runs;
      assert.deepEqual([run!.imported, run!.merged], [false, false]);
    }
    assert.deepEqual(rowsOf(there), before);
    const { damaged, leftovers } = await there.verify().summary();
    assert.deepEqual([damaged, leftovers], [0, 0]);
  }));

Deno.test("import() refuses a run of which neither contains the other, and changes nothing", () =>
  inTempDir(async (dir) => {
    await using here = await openIn(dir);
    await started(here);
    const archive = await archiveOf(here, ["r"]);
    const { manifest, files } = opened(archive);
    const [run] = manifest.runs;
    const [loss] = run.metrics;
    const changes: Record<string, object> = {
      "another param": { params: [["lr", "0.2"]] },
      "another name": { name: "m" },
      "another point": { metrics: [{ ...loss, values: [1, 0.5] }] },
      "a point before": {
        metrics: [{ ...loss, values: [2, 1, 0.75], steps: [9, 0, 1], times: [1, ...loss.times] }],
      },
      "other bytes": { artifacts: [{ ...run.artifacts[0], createdAt: 1 }] },
      "one lacks a param, the other a tag": { params: [], tags: [["t", "x"]] },
    };
    for (const [what, change] of Object.entries(changes)) {
      await using there = await openIn(`${dir}/${what}`);
      await there.import(streamOf(archive));
      const before = rowsOf(there);
      const other = packed({ ...manifest, runs: [{ ...run, ...change }] }, files);
      await assert.rejects(there.import(streamOf(other)), RunStateError, what);
      assert.deepEqual(rowsOf(there), before, what);
    }
    await using ended = await openIn(`${dir}/ended`);
    await ended.import(streamOf(archive));
    await ended.runs.end("r");
    const failed = { ...run, status: "failed", endTime: 9, error: "no" };
    const other = packed({ ...manifest, runs: [failed] }, files);
    await assert.rejects(ended.import(streamOf(other)), RunStateError);
  }));

Deno.test("models travel with the runs that they are made of", () =>
  inMemory(async (store) => {
    await store.artifacts.put("r", "weights", "bytes");
    await store.models.register("net", {
      runId: "r",
      artifact: "weights",
      modelDescription: "ours",
    });
    await store.models.promote("net", 1, "production");
    const archive = await archiveOf(store, ["r"]);
    await using other = await openOther();
    for (let times = 0; times < 2; times++) {
      await other.import(streamOf(archive));
      assert.deepEqual(await other.models.list(), await store.models.list());
      assert.deepEqual(await other.models.versions("net"), await store.models.versions("net"));
    }
    // A number that is taken becomes the next, and one version stays in production.
    await other.import(streamOf(archive), { newIds: true });
    const [first, second] = await other.models.versions("net");
    assert.deepEqual([first!.version, first!.stage], [1, "production"]);
    assert.deepEqual([second!.version, second!.stage], [2, "none"]);
    assert.notEqual(second!.artifactId, first!.artifactId);
    assert.equal((await other.verify().summary()).damaged, 0);
    // The run is there already, the model is not.
    await other.models.remove("net");
    await other.import(streamOf(archive));
    assert.equal((await other.models.versions("net")).length, 1);
  }));

Deno.test("U+0000 in what another program has written survives export and import", () =>
  inTempDir(async (dir) => {
    await using here = await openIn(dir);
    await here.startRun({ id: "r" });
    tamperRows(
      here,
      `INSERT INTO params (run_id, key, value) VALUES
        ('r', 'note', '"one' || char(0) || 'two"'), ('r', 'k' || char(0) || 'y', '1'),
        ('r', 'k', '2')`,
    );
    await using there = await openIn(`${dir}/there`);
    await there.import(streamOf(await archiveOf(here, ["r"])));
    const params = { note: "one\0two", "k\0y": 1, k: 2 };
    assert.deepEqual({ ...await there.runs.params("r") }, params);
    assert.deepEqual({ ...await here.runs.params("r") }, params);
  }));
