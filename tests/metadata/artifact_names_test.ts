/** Names that other connections change while a store has them in memory; SQLite only. */
import assert from "node:assert/strict";
import { DatabaseSync, type SQLInputValue, StatementSync } from "node:sqlite";
import { join } from "@std/path";
import { InvalidNameError, openStore, type Store } from "../../mod.ts";
import { inTempDir } from "../support/helpers.ts";

function open(dir: string): Promise<Store> {
  return openStore({ path: join(dir, "t.db"), driver: "builtin" });
}

/** Runs a statement as another program. */
function change(dir: string, statement: string): void {
  const sql = new DatabaseSync(join(dir, "t.db"));
  sql.exec(statement);
  sql.close();
}

const INSERT = `INSERT INTO artifacts (id, run_id, name, path, size, hash, created_at)
  VALUES ('other', 'r', 'Model', 'r/Model', 0, '${"0".repeat(64)}', 0)`;

async function refuses(store: Store, name: string): Promise<void> {
  await assert.rejects(store.artifacts.put("r", name, "1"), InvalidNameError);
}

Deno.test("put() knows a name that another program inserts in the place of a removed row", () =>
  inTempDir(async (dir) => {
    await using store = await open(dir);
    await store.startRun({ id: "r" });
    await store.artifacts.put("r", "a", "1");
    await store.artifacts.put("r", "b", "1");
    // SQLite gives the number of the last row again after that is removed.
    change(dir, `DELETE FROM artifacts WHERE name = 'b'; ${INSERT}`);
    await refuses(store, "model");
    await store.artifacts.put("r", "B", "1");
  }));

Deno.test("put() knows a name that another program gives to an artifact", () =>
  inTempDir(async (dir) => {
    await using store = await open(dir);
    await store.startRun({ id: "r" });
    await store.artifacts.put("r", "a", "1");
    await store.artifacts.put("r", "b", "1");
    change(dir, "UPDATE artifacts SET name = 'Model', path = 'r/Model' WHERE name = 'a'");
    await refuses(store, "model");
    await store.artifacts.put("r", "A", "1");
  }));

Deno.test("put() knows the names after another program has renumbered the rows", () =>
  inTempDir(async (dir) => {
    await using store = await open(dir);
    await store.startRun({ id: "r" });
    for (const name of ["a", "b", "c"]) await store.artifacts.put("r", name, "1");
    change(dir, `DELETE FROM artifacts WHERE name = 'a'; VACUUM; ${INSERT}`);
    await refuses(store, "model");
    await store.artifacts.put("r", "A", "1");
  }));

Deno.test("put() reads only the names that others have added since the last one", () =>
  inTempDir(async (dir) => {
    await using one = await open(dir);
    await using other = await open(dir);
    await one.startRun({ id: "r" });
    const names = Array.from({ length: 300 }, (_, at) => `${at}`);
    await Promise.all(names.map((name) => one.artifacts.put("r", name, name)));
    await other.artifacts.put("r", "first", "1");
    await one.artifacts.put("r", "second", "1");
    const all = StatementSync.prototype.all as (...values: SQLInputValue[]) => unknown[];
    let rows = 0;
    StatementSync.prototype.all = function (this: StatementSync, ...values: SQLInputValue[]) {
      const found = all.apply(this, values);
      rows += found.length;
      return found;
    } as typeof StatementSync.prototype.all;
    try {
      for (let at = 0; at < 5; at++) {
        await one.artifacts.put("r", `one/${at}`, "1");
        await other.artifacts.put("r", `other/${at}`, "1");
      }
    } finally {
      StatementSync.prototype.all = all as typeof StatementSync.prototype.all;
    }
    assert.ok(rows < 100, `${rows} rows`);
  }));
