import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { join } from "@std/path";
import { DriverError, NotAStoreError, openStore } from "../../mod.ts";
import {
  inTempDir,
  openIn,
  storedIn,
  testEachDriver,
  testWithFfi,
  tree,
} from "../support/helpers.ts";

/** The tables as chachaml 0.7.0 makes them. */
const TABLES = `
  CREATE TABLE runs (id TEXT PRIMARY KEY, experiment TEXT NOT NULL DEFAULT 'default', name TEXT,
    status TEXT NOT NULL, start_time INTEGER NOT NULL, end_time INTEGER, error TEXT, tags TEXT,
    env TEXT, parent_run_id TEXT, created_by TEXT);
  CREATE INDEX idx_runs_experiment ON runs(experiment);
  CREATE INDEX idx_runs_start_time ON runs(start_time);
  CREATE TABLE params (run_id TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL,
    PRIMARY KEY (run_id, key));
  CREATE TABLE metrics (run_id TEXT NOT NULL, key TEXT NOT NULL, value REAL NOT NULL,
    step INTEGER NOT NULL DEFAULT 0, timestamp INTEGER NOT NULL);
  CREATE INDEX idx_metrics_run ON metrics(run_id);
  CREATE TABLE tags (run_id TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL,
    PRIMARY KEY (run_id, key));
  CREATE TABLE artifacts (id TEXT PRIMARY KEY, run_id TEXT NOT NULL, name TEXT NOT NULL,
    path TEXT NOT NULL, content_type TEXT, size INTEGER, hash TEXT, created_at INTEGER NOT NULL);
  CREATE INDEX idx_artifacts_run ON artifacts(run_id);
  CREATE UNIQUE INDEX idx_artifacts_run_name ON artifacts(run_id, name);`;

const CONTENT = `
  INSERT INTO runs VALUES ('r', 'iris', 'baseline', 'completed', 1700000000000, 1700000001000, NULL,
    '{:team "a b", :n 1}', '{:jvm "21"}', NULL, 'ada');
  INSERT INTO params VALUES ('r', 'lr', '1/10'), ('r', 'layers', '[64 10N]'), ('r', 'kind', ':svm');
  INSERT INTO metrics VALUES ('r', 'loss', 0.5, 1, 1700000000500);
  INSERT INTO tags VALUES ('r', 'stage', 'final');
  INSERT INTO artifacts VALUES ('f1', 'r', 'a.txt', 'r/a.txt', 'text/plain', 5,
    '2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824', 1700000000600);`;

function create(path: string, sql: string): void {
  const database = new DatabaseSync(path);
  try {
    database.exec(sql);
  } finally {
    database.close();
  }
}

testEachDriver(
  "a database that has the shared tables alone is a store",
  (driver) =>
    inTempDir(async (dir) => {
      create(join(dir, "t.db"), TABLES + CONTENT);
      await Deno.mkdir(join(dir, "t-artifacts", "r"), { recursive: true });
      await Deno.writeTextFile(join(dir, "t-artifacts", "r", "a.txt"), "hello");
      for (const readOnly of [true, false]) {
        await using store = await openIn(dir, { driver, readOnly });
        const [run] = await store.runs.list();
        assert.deepEqual({ ...run, tags: { ...run!.tags } }, {
          id: "r",
          experiment: "iris",
          name: "baseline",
          status: "completed",
          startTime: new Date(1_700_000_000_000),
          endTime: new Date(1_700_000_001_000),
          error: null,
          tags: { team: "a b", n: "1", stage: "final" },
          parentId: null,
          environment: { jvm: "21" },
          createdBy: "ada",
        });
        assert.equal(String((await store.runs.params("r")).kind), ":svm");
        assert.equal((await store.metrics.points("r"))[0]!.value, 0.5);
        const stored = await store.artifacts.get("r", "a.txt");
        assert.equal(stored.id, "f1");
        assert.equal(stored.createdAt.getTime(), 1_700_000_000_600);
        assert.equal(await stored.text({ verify: true }), "hello");
      }
      await using store = await openIn(dir, { driver });
      await store.artifacts.put("r", "b", "new");
      await store.artifacts.put("r", "a.txt", "newer", { ifExists: "replace" });
      assert.equal((await store.artifacts.get("f1")).size, 5);
      const again = await (await store.artifacts.get("r", "a.txt")).text({ verify: true });
      assert.equal(again, "newer");
      await store.runs.remove("r");
      assert.deepEqual(await storedIn(store), []);
    }),
);

testEachDriver(
  "opening a database leaves the shared tables as they are, column for column",
  (driver) =>
    inTempDir(async (dir) => {
      create(join(dir, "old.db"), TABLES);
      await (await openStore({ path: join(dir, "old.db"), driver })).close();
      await (await openStore({ path: join(dir, "new.db"), driver })).close();
      const columns = (name: string) => {
        const database = new DatabaseSync(join(dir, name), { readOnly: true });
        try {
          return ["runs", "params", "metrics", "tags", "artifacts"].map((table) =>
            database.prepare(
              'SELECT name, type, "notnull", dflt_value, pk FROM pragma_table_info(?)',
            ).all(table).map((row) => ({ ...row }))
          );
        } finally {
          database.close();
        }
      };
      create(join(dir, "reference.db"), TABLES);
      assert.deepEqual(columns("old.db"), columns("reference.db"));
      assert.deepEqual(columns("new.db"), columns("reference.db"));
    }),
);

/** What makes a file that is no store. */
const FOREIGN: Record<string, (path: string) => void | Promise<void>> = {
  "a short text": (path) => Deno.writeTextFile(path, "run,loss\n"),
  "a long text": (path) => Deno.writeTextFile(path, "run,loss\n1,0.5\n".repeat(1000)),
  "a header and nothing sound behind it": (path) =>
    Deno.writeTextFile(path, "SQLite format 3\0" + "x".repeat(5000)),
  "another program's table runs": (path) =>
    create(
      path,
      "CREATE TABLE runs (id INTEGER PRIMARY KEY, distance REAL); INSERT INTO runs VALUES (1, 5)",
    ),
  "another program's table artifacts": (path) =>
    create(path, "CREATE TABLE artifacts (id TEXT, museum TEXT)"),
  "another program's table Tags": (path) => create(path, "CREATE TABLE Tags (tag TEXT)"),
  "nothing but another program's tables": (path) =>
    create(path, "CREATE TABLE moz_places (id INTEGER PRIMARY KEY, url TEXT)"),
  "a view runs": (path) =>
    create(path, "CREATE TABLE x (id TEXT, status TEXT); CREATE VIEW runs AS SELECT * FROM x"),
  "a view artifacts beside the other tables": (path) =>
    create(
      path,
      TABLES + "ALTER TABLE artifacts RENAME TO x; CREATE VIEW artifacts AS SELECT * FROM x",
    ),
  "a view in place of the store's own table": (path) =>
    create(path, TABLES + "CREATE VIEW metric_nans AS SELECT * FROM runs"),
  "another program's table in place of the store's own": (path) =>
    create(path, TABLES + "CREATE TABLE metric_nans (part TEXT)"),
  "two artifacts of one name": (path) =>
    create(
      path,
      TABLES + "DROP INDEX idx_artifacts_run_name;" + CONTENT +
        "INSERT INTO artifacts SELECT 'f2', run_id, name, path, NULL, 5, hash, 1 FROM artifacts",
    ),
};

for (const [what, make] of Object.entries(FOREIGN)) {
  testEachDriver(
    `a file with ${what} is no store, and stays as it is`,
    (driver) =>
      inTempDir(async (dir) => {
        const path = join(dir, "t.db");
        await make(path);
        const before = await Deno.readFile(path);
        await assert.rejects(openIn(dir, { driver }), NotAStoreError);
        assert.deepEqual(await Deno.readFile(path), before);
        assert.deepEqual(tree(dir), ["t.db"]);
      }),
  );
}

testEachDriver(
  "another program's database stays as it is, with what a crash left in its log",
  (driver) =>
    inTempDir(async (dir) => {
      const path = join(dir, "t.db");
      using live = new DatabaseSync(join(dir, "live.db"));
      live.exec("PRAGMA journal_mode = WAL; CREATE TABLE runs (distance REAL)");
      live.exec("PRAGMA wal_checkpoint; INSERT INTO runs VALUES (1)");
      for (const end of ["", "-wal"]) await Deno.copyFile(join(dir, `live.db${end}`), path + end);
      const content = () => Promise.all(["", "-wal"].map((end) => Deno.readFile(path + end)));
      const before = await content();
      for (const readOnly of [false, true]) {
        await assert.rejects(openIn(dir, { driver, readOnly }), NotAStoreError);
        assert.deepEqual(await content(), before);
      }
    }),
);

for (const what of ["a short text", "a view runs", "another program's table artifacts"]) {
  testEachDriver(
    `a file with ${what} is no store to be read either`,
    (driver) =>
      inTempDir(async (dir) => {
        await FOREIGN[what]!(join(dir, "t.db"));
        const before = await Deno.readFile(join(dir, "t.db"));
        await assert.rejects(openIn(dir, { driver, readOnly: true }), NotAStoreError);
        assert.deepEqual(await Deno.readFile(join(dir, "t.db")), before);
        assert.deepEqual(tree(dir), ["t.db"]);
      }),
  );
}

testEachDriver(
  "a database with none of the tables is no store to be read",
  (driver) =>
    inTempDir(async (dir) => {
      for (const sql of ["", "CREATE TABLE customers (id)"]) {
        create(join(dir, "t.db"), sql);
        await assert.rejects(openIn(dir, { driver, readOnly: true }), NotAStoreError);
        assert.deepEqual(tree(dir), ["t.db"]);
      }
    }),
);

testWithFfi("one database is not opened with both drivers at once", () =>
  inTempDir(async (dir) => {
    const path = join(dir, "t.db");
    await (await openStore({ path, driver: "ffi" })).close();
    await Deno.symlink(path, join(dir, "symlink.db"));
    await Deno.link(path, join(dir, "link.db"));
    for (const [first, second] of [["ffi", "builtin"], ["builtin", "ffi"]] as const) {
      for (const readOnly of [false, true]) {
        await using store = await openStore({ path, driver: first, readOnly });
        for (const name of ["t.db", "symlink.db", "link.db"]) {
          for (const options of [{}, { readOnly: true }]) {
            const other = openStore({ path: join(dir, name), driver: second, ...options });
            await assert.rejects(other, DriverError);
          }
        }
        assert.deepEqual(await store.runs.list(), []);
        await using same = await openStore({ path, driver: first });
        assert.deepEqual(await same.runs.list(), []);
      }
    }
    await using other = await openStore({ path: join(dir, "other.db"), driver: "ffi" });
    await using memory = await openStore({ inMemory: true, driver: "builtin" });
    assert.deepEqual([await other.runs.list(), await memory.runs.list()], [[], []]);
  }));
