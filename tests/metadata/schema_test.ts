/** What the tables of a database say of it, and what is added to them. */
import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { join } from "@std/path";
import { NewerFormatError, NotAStoreError, openStore } from "../../mod.ts";
import { FORMAT, INDEXES, TABLES, TRIGGERS } from "../../src/metadata/sqlite/schema.ts";
import { inTempDir, openIn, testEachDriver } from "../support/helpers.ts";

/** Changes the database below `dir` behind the store's back. */
function change(dir: string, sql: string): void {
  const database = new DatabaseSync(join(dir, "t.db"));
  try {
    database.exec(sql);
  } finally {
    database.close();
  }
}

async function openAndClose(dir: string, driver: "ffi" | "builtin"): Promise<void> {
  await (await openIn(dir, { driver })).close();
}

testEachDriver(
  "opening a store for writing creates the whole schema",
  (driver) =>
    inTempDir(async (dir) => {
      await openAndClose(dir, driver);
      const database = new DatabaseSync(join(dir, "t.db"));
      const names = database.prepare("SELECT name FROM sqlite_master").all()
        .map(({ name }) => String(name)).filter((name) => !name.startsWith("sqlite_"));
      const format = database.prepare("SELECT value FROM chachaml_store WHERE key = 'format'")
        .get();
      database.close();
      const expected = [TABLES, INDEXES, TRIGGERS].flatMap((part) => Object.keys(part));
      assert.deepEqual(names.sort(), expected.sort());
      assert.equal(format?.value, String(FORMAT));
    }),
);

testEachDriver(
  "a store of a newer format is read, and not written to",
  (driver) =>
    inTempDir(async (dir) => {
      {
        await using store = await openIn(dir, { driver });
        await store.startRun({ id: "r" });
      }
      change(dir, `UPDATE chachaml_store SET value = '${FORMAT + 1}' WHERE key = 'format'`);
      const before = await Deno.readFile(join(dir, "t.db"));
      await assert.rejects(openIn(dir, { driver }), (error) => {
        assert.ok(error instanceof NewerFormatError);
        assert.match(error.message, /update chachaml, or only read the store/);
        return error.format === FORMAT + 1;
      });
      assert.deepEqual(await Deno.readFile(join(dir, "t.db")), before);
      await using store = await openIn(dir, { driver, readOnly: true });
      assert.equal((await store.runs.get("r")).id, "r");
    }),
);

testEachDriver(
  "a database with a trigger of another program is read, and not written to",
  (driver) =>
    inTempDir(async (dir) => {
      await openAndClose(dir, driver);
      change(
        dir,
        `CREATE TRIGGER endless AFTER INSERT ON runs BEGIN
          INSERT INTO tags WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n)
            SELECT 'r', x, 'y' FROM n; END`,
      );
      await assert.rejects(openIn(dir, { driver }), (error) => {
        assert.ok(error instanceof NotAStoreError);
        assert.match(error.message, /has the trigger "endless".*DROP TRIGGER/);
        return error.foreign;
      });
      await using store = await openIn(dir, { driver, readOnly: true });
      assert.deepEqual(await store.runs.list(), []);
    }),
);

testEachDriver(
  "a store without the later tables and columns is read as it is",
  (driver) =>
    inTempDir(async (dir) => {
      {
        await using store = await openIn(dir, { driver });
        await store.startRun({ id: "parent" });
        const run = await store.startRun({ id: "r", environment: false });
        await run.put("a", "a");
        await run.logMetrics({ loss: 1 });
      }
      const kept = ["runs", "params", "metrics", "tags", "artifacts"];
      const objects = [
        ...Object.keys(TRIGGERS).map((name) => `TRIGGER ${name}`),
        ...Object.keys(INDEXES).map((name) => `INDEX ${name}`),
        ...Object.keys(TABLES).filter((name) => !kept.includes(name)).map((name) =>
          `TABLE ${name}`
        ),
      ];
      change(dir, objects.map((object) => `DROP ${object};`).join("\n"));
      change(dir, "ALTER TABLE runs DROP COLUMN env; ALTER TABLE runs DROP COLUMN parent_run_id");
      const before = await Deno.readFile(join(dir, "t.db"));
      await using store = await openIn(dir, { driver, readOnly: true });
      assert.deepEqual(await store.models.list(), []);
      assert.deepEqual(await store.runs.datasets("r"), []);
      assert.deepEqual((await store.runs.list()).map(({ id }) => id), ["r", "parent"]);
      assert.deepEqual(await store.runs.list({ parentId: "parent" }), []);
      assert.deepEqual((await store.runs.get("r")).environment, null);
      assert.equal((await store.artifacts.find({ name: "a" })).length, 1);
      assert.equal((await store.metrics.summary("r")).length, 1);
      assert.equal((await store.verify().summary()).damaged, 0);
      assert.deepEqual(await Deno.readFile(join(dir, "t.db")), before);
      // A writer adds what is missing, while this reader has it open.
      await using writer = await openIn(dir, { driver });
      await writer.artifacts.put("r", "model", "m");
      await writer.models.register("net", { runId: "r", artifact: "model" });
      await writer.startRun({ id: "child", parentId: "parent" });
      assert.deepEqual((await store.models.list()).map(({ name }) => name), ["net"]);
      assert.deepEqual(
        (await store.runs.list({ parentId: "parent" })).map(({ id }) => id),
        ["child"],
      );
    }),
);

testEachDriver(
  "what chachaml deletes of a run does not live on in the store's own tables",
  (driver) =>
    inTempDir(async (dir) => {
      {
        await using store = await openIn(dir, { driver });
        const run = await store.startRun({ id: "r" });
        await run.logMetrics({ loss: NaN });
      }
      change(dir, "DELETE FROM metrics WHERE run_id = 'r'; DELETE FROM runs WHERE id = 'r'");
      await using store = await openIn(dir, { driver });
      await store.startRun({ id: "r" });
      assert.deepEqual(await store.metrics.points("r"), []);
    }),
);

testEachDriver(
  "another program may add a column to any shared table",
  (driver) =>
    inTempDir(async (dir) => {
      await openAndClose(dir, driver);
      const shared = Object.keys(TABLES).filter((name) => !/chachaml|backup|nans|repl/.test(name));
      change(dir, shared.map((name) => `ALTER TABLE ${name} ADD COLUMN zzz TEXT;`).join("\n"));
      await using store = await openIn(dir, { driver });
      const run = await store.startRun({ tags: { a: "b" } });
      await run.logParams({ lr: 1 });
      await run.logMetrics({ loss: NaN, other: 1 });
      await run.put("a", "a");
      await run.put("a", "b", { ifExists: "replace" });
      await run.logDataset({ rows: 1 });
      await store.experiments.describe("default", { owner: "ana" });
      await store.models.register("net", { runId: run.id, artifact: "a" });
      const archive = store.export([run.id]);
      await using other = await openStore({ path: join(dir, "other.db"), driver });
      await other.import(archive);
      assert.equal((await other.artifacts.list(run.id)).length, 1);
    }),
);
