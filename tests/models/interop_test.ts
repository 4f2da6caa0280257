/** Models in a database that chachaml 0.7.0 works on too. */
import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { join } from "@std/path";
import { inTempDir, openIn, testEachSqliteDriver } from "../support/helpers.ts";

/** The tables as chachaml 0.7.0 makes them. */
const TABLES = `
  CREATE TABLE models (name TEXT PRIMARY KEY, description TEXT, created_at INTEGER NOT NULL);
  CREATE TABLE model_versions (model_name TEXT NOT NULL, version INTEGER NOT NULL,
    run_id TEXT NOT NULL, artifact_id TEXT NOT NULL, stage TEXT NOT NULL DEFAULT 'none',
    description TEXT, created_at INTEGER NOT NULL, PRIMARY KEY (model_name, version));
  CREATE INDEX idx_versions_stage ON model_versions(model_name, stage);`;

/** What SQLite says of the tables, whoever has made them. */
function shape(database: DatabaseSync): unknown {
  return [
    "table_info('models')",
    "table_info('model_versions')",
    "index_info('idx_versions_stage')",
  ]
    .map((pragma) => database.prepare(`SELECT * FROM pragma_${pragma}`).all());
}

testEachSqliteDriver(
  "the tables of models are chachaml's",
  (driver) =>
    inTempDir(async (dir) => {
      await using store = await openIn(dir, { driver });
      const run = await store.startRun({ id: "r" });
      await run.put("a", "a");
      await store.models.register("net", { runId: "r", artifact: "a" });
      await store.close();
      const ours = new DatabaseSync(join(dir, "t.db"));
      const found = shape(ours);
      ours.close();
      const theirs = new DatabaseSync(":memory:");
      theirs.exec(TABLES);
      assert.deepEqual(found, shape(theirs));
      theirs.close();
    }),
);

testEachSqliteDriver(
  "models that chachaml has registered are read and promoted",
  (driver) =>
    inTempDir(async (dir) => {
      const ids: string[] = [];
      {
        await using store = await openIn(dir, { driver });
        for (const id of ["r1", "r2"]) {
          await store.startRun({ id });
          ids.push((await store.artifacts.put(id, "model", `of ${id}`)).id);
        }
      }
      const database = new DatabaseSync(join(dir, "t.db"));
      database.exec("DROP TABLE models; DROP TABLE model_versions");
      database.exec(TABLES);
      database.exec("INSERT INTO models VALUES ('iris-classifier', 'kNN', 1795410165940)");
      const insert = database.prepare(
        "INSERT INTO model_versions VALUES ('iris-classifier', ?, ?, ?, ?, NULL, 1795410165948)",
      );
      insert.run(1, "r1", ids[0]!, "production");
      insert.run(2, "r2", ids[1]!, "staging");
      insert.run(3, "r2", ids[1]!, "canary");
      database.close();
      await using store = await openIn(dir, { driver });
      const { models } = store;
      assert.deepEqual(await models.list(), [{
        name: "iris-classifier",
        description: "kNN",
        createdAt: new Date(1_795_410_165_940),
        versions: 3,
        production: 1,
      }]);
      assert.equal((await models.find("iris-classifier", { version: 3 })).stage, "canary");
      assert.equal(await (await models.load("iris-classifier")).text({ verify: true }), "of r1");
      await models.promote("iris-classifier", 2);
      assert.equal(await (await models.load("iris-classifier")).text({ verify: true }), "of r2");
      const name = "iris-classifier";
      assert.deepEqual(
        (await models.versions(name)).map(({ version, stage }) => `${version} ${stage}`),
        ["1 archived", "2 production", "3 canary"],
      );
      const { version } = await models.register(name, { runId: "r1", artifact: "model" });
      assert.equal(version, 4);
      assert.equal((await models.get(name)).description, "kNN");
    }),
);
