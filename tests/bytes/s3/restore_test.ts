/** A store of PostgreSQL and a bucket, saved to files and restored to another schema and bucket. */
import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { join } from "@std/path";
import {
  InvalidOptionError,
  openStore,
  restoreStore,
  StorageError,
  type Store,
} from "../../../mod.ts";
import { lifecycleOf } from "../../../src/store/internals.ts";
import { FaultProxy } from "../../support/fault_proxy.ts";
import { inTempDir, removeStored, storedIn, writeStored } from "../../support/helpers.ts";
import { testWithPostgres } from "../../support/postgres.ts";
import { freshPlace, GATEWAY, s3Missing } from "../../support/s3.ts";

/** Fills a store with what is easily lost on the way. */
async function fill(store: Store): Promise<void> {
  const parent = await store.startRun({ id: "parent", tags: { by: "ana" }, experiment: "e" });
  const run = await store.startRun({ id: "r", name: 'a "name"', parentId: "parent" });
  await run.logParams({ lr: 0.1, layers: [1, 2], "odd key": null, big: 12345678901234567890n });
  await run.setTags({ later: "two" });
  await run.logMetrics({ loss: NaN, top: Infinity }, { step: 2 ** 40 });
  await run.logMetrics({ loss: -1e-300 });
  await run.logDataset({ rows: 3, columns: 2, features: ["x", "y"], hash: "h" });
  await run.put("deep/ünï/模型.bin", "text");
  await run.put("replaced", "old");
  await run.put("replaced", "new", { ifExists: "replace" });
  await run.put("large", new Uint8Array(6_000_000).fill(7));
  await run.registerModel("net", { artifact: "large", stage: "production" });
  await store.models.describe("net", "a net");
  await store.experiments.describe("e", { description: "an experiment", owner: "ana" });
  await run.end({ error: new Error("no luck") });
  await parent.end();
  await store.runs.archive("parent");
  await store.startRun({ id: "gone" });
  await store.runs.remove("gone");
}

/** All that a store keeps. */
async function contentOf(store: Store): Promise<unknown> {
  const { metadata } = lifecycleOf(store).require();
  const runs = await store.runs.list({ archived: "include" });
  return {
    runs: await Promise.all(runs.map(({ id }) => metadata.runs.document(id))),
    models: await store.models.list(),
    versions: await store.models.versions("net"),
    experiments: await store.experiments.list(),
    summaries: await store.metrics.summary("r"),
    known: await metadata.runs.knownOrRemoved(["r", "gone", "never"]),
  };
}

testWithPostgres((declare) => {
  declare(
    "backup() and restoreStore() bring a store of PostgreSQL and a bucket back whole",
    (server) =>
      inTempDir(async (dir) => {
        const backup = join(dir, "backup");
        await using store = await openStore({
          path: server.newSchema(),
          artifactDir: await freshPlace(),
        });
        await fill(store);
        const content = await contentOf(store);
        assert.equal((await store.backup(backup, { check: true })).artifacts, 3);
        // As chachaml writes it into SQLite.
        const sql = new DatabaseSync(join(backup, "chachaml.db"));
        sql.prepare("INSERT INTO params (run_id, key, value) VALUES ('r', 'nul', ?)").run('"a\0b"');
        sql.close();

        const place = { path: server.newSchema(), artifactDir: await freshPlace() };
        const planned = await restoreStore(backup, { ...place, dryRun: true });
        assert.deepEqual([planned.database, planned.restored.length], [true, 3]);
        const report = await restoreStore(backup, place);
        assert.deepEqual(
          [report.database, report.restored.length, report.bytes, report.failed],
          [true, 3, 6_000_007, []],
        );
        assert.doesNotMatch(report.path, /secret/);
        await using restored = await openStore({ ...place, create: false });
        assert.equal((await restored.runs.params("r")).nul, "a\0b");
        await restored.runs.get("r");
        const again = await contentOf(restored) as { runs: { id: string; params: unknown[][] }[] };
        for (const run of again.runs) run.params = run.params.filter(([key]) => key !== "nul");
        assert.deepEqual(again, content);
        assert.deepEqual(
          (({ damaged, leftovers }) => [damaged, leftovers])(await restored.verify().summary()),
          [0, 0],
        );
        await restored.startRun({ id: "later" });

        // From now on only what was lost is restored, and a record never changes.
        await removeStored(restored, "r/large");
        await writeStored(restored, "r/deep/ünï/模型.bin", "tExt");
        const repaired = await restoreStore(backup, place);
        assert.deepEqual(
          [repaired.database, repaired.restored.map(({ name }) => name).sort()],
          [false, ["deep/ünï/模型.bin", "large"]],
        );
        assert.equal((await restored.verify().summary()).damaged, 0);
        assert.equal((await restored.runs.get("later")).status, "running");
        await assert.rejects(restoreStore(backup, { ...place, database: true }), (error: Error) => {
          assert.ok(error instanceof InvalidOptionError);
          assert.match(error.message, /a database on a server is not set aside.*currentSchema/);
          assert.doesNotMatch(error.message, /secret/);
          return true;
        });
      }),
  );

  declare(
    "restoreStore() to a bucket goes on where another one was interrupted",
    (server) =>
      inTempDir(async (dir) => {
        const backup = join(dir, "backup");
        {
          await using store = await openStore({ path: join(dir, "t.db"), driver: "builtin" });
          await store.startRun({ id: "r" });
          for (let at = 0; at < 40; at++) await store.artifacts.put("r", `${at}`, `text ${at}`);
          await store.backup(backup);
        }
        const place = { path: server.newSchema(), artifactDir: await freshPlace() };
        {
          // A bucket that refuses some bytes loses no record: nothing is restored.
          await using proxy = await FaultProxy.start(GATEWAY!);
          proxy.rule = ({ method, path }) =>
            method === "PUT" && path.includes("/r/7")
              ? { status: 403, code: "AccessDenied" }
              : "pass";
          const artifactDir = place.artifactDir.replace(GATEWAY!, proxy.endpoint);
          await assert.rejects(restoreStore(backup, { ...place, artifactDir }), StorageError);
        }
        const stop = new AbortController();
        const onProgress = ({ bytes }: { bytes: number }) => {
          if (bytes > 100) stop.abort(new Error("enough"));
        };
        await assert.rejects(
          restoreStore(backup, { ...place, signal: stop.signal, onProgress }),
          /enough/,
        );
        await using store = await openStore(place);
        // Bytes first, then the records: nothing names what is there.
        assert.deepEqual(await store.runs.list(), []);
        assert.ok((await storedIn(store)).length > 1);
        assert.equal((await restoreStore(backup, place)).restored.length, 40);
        const { artifacts, damaged, leftovers } = await store.verify().summary();
        assert.deepEqual([artifacts, damaged, leftovers], [40, 0, 0]);
      }),
  );
}, { missing: s3Missing });
