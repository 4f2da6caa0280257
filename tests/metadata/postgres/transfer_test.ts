/** Runs carried from SQLite to PostgreSQL and back. */
import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { join } from "@std/path";
import { openStore, restoreStore, type Store } from "../../../mod.ts";
import { lifecycleOf } from "../../../src/store/internals.ts";
import { inTempDir } from "../../support/helpers.ts";
import { testWithPostgres } from "../../support/postgres.ts";

/** Fills a store with what is easily lost on the way; gives the id of the run. */
async function fill(store: Store): Promise<string> {
  const run = await store.startRun({ name: 'a "name"', tags: { by: "ana" }, experiment: "e" });
  await run.logParams({ lr: 0.1, layers: [1, 2], "odd key": null, big: 12345678901234567890n });
  await run.setTags({ later: "two" });
  await run.logMetrics({ loss: NaN, top: Infinity }, { step: 2 ** 40 });
  await run.logMetrics({ loss: -1e-300 });
  await run.logDataset({ rows: 3, columns: 2, features: ["x", "y"], hash: "h" });
  await run.put("deep/ünï/模型.bin", "text");
  await run.put("empty", "");
  await run.registerModel("net", { artifact: "empty", stage: "production" });
  await run.end({ error: new Error("no luck") });
  return run.id;
}

/** All that a store keeps of a run. */
async function documentOf(store: Store, id: string): Promise<unknown> {
  return await lifecycleOf(store).require().metadata.runs.document(id);
}

testWithPostgres((test) => {
  test("a run goes from SQLite to PostgreSQL and back with nothing lost", (server) =>
    inTempDir(async (dir) => {
      await using here = await openStore({ path: join(dir, "here.db"), driver: "builtin" });
      await using there = await openStore({
        path: server.newSchema(),
        artifactDir: join(dir, "there"),
      });
      await using back = await openStore({ path: join(dir, "back.db"), driver: "builtin" });
      const id = await fill(here);
      // chachaml writes U+0000 into EDN as it is, which PostgreSQL does not keep.
      const sql = new DatabaseSync(here.path!);
      sql.prepare("INSERT INTO params (run_id, key, value) VALUES (?, 'nul', ?)").run(id, '"a\0b"');
      sql.close();
      await there.import(here.export([id]));
      const original = await documentOf(here, id) as { params: [string, string][] };
      const params = original.params.map(([key, edn]) => [key, edn.replace("\0", "\\u0000")]);
      const expected = { ...original, params };
      assert.deepEqual(await documentOf(there, id), expected);
      assert.deepEqual((await there.runs.params(id)).nul, "a\0b");
      await back.import(there.export([id]));
      assert.deepEqual(await documentOf(back, id), expected);
      assert.equal(
        await (await back.artifacts.get(id, "deep/ünï/模型.bin")).text({ verify: true }),
        "text",
      );
    }));

  test("a backup of a store on a server is a SQLite store of one moment", (server) =>
    inTempDir(async (dir) => {
      await using store = await openStore({
        path: server.newSchema(),
        artifactDir: join(dir, "there"),
      });
      const id = await fill(store);
      const archived = await store.startRun();
      await archived.end();
      await store.runs.archive(archived.id);
      const { artifacts, omitted } = await store.backup(join(dir, "backup"), { check: true });
      assert.deepEqual([artifacts, omitted], [2, []]);
      await using copy = await openStore({
        path: join(dir, "backup/chachaml.db"),
        readOnly: true,
      });
      assert.deepEqual(await documentOf(copy, id), await documentOf(store, id));
      assert.equal((await copy.runs.get(archived.id)).status, "archived");
      assert.deepEqual(await copy.metrics.summary(id), await store.metrics.summary(id));
      await store.backup(join(dir, "backup"));
      await restoreStore(join(dir, "backup"), {
        path: join(dir, "restored.db"),
      });
      await using restored = await openStore({ path: join(dir, "restored.db") });
      assert.deepEqual(await documentOf(restored, id), await documentOf(store, id));
      assert.equal((await restored.verify().summary()).damaged, 0);
    }));
});
