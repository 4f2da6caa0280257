/** Runs with values that few runs have are looked up, and are those that a scan finds. */
import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { join } from "@std/path";
import { makeLargeStore } from "../../bench/make_large_store.ts";
import { openStore, type RunQuery, type Store } from "../../mod.ts";
import { SqliteMetadata } from "../../src/metadata/sqlite/metadata_store.ts";
import { openDatabase } from "../../src/metadata/sqlite/open_database.ts";
import type { SqlDriver } from "../../src/metadata/sqlite/sql_driver.ts";
import { inTempDir } from "../support/helpers.ts";
import { wrappingDriver } from "../support/wrapping_driver.ts";

const RUNS = 700;

/** Starts runs with values of all kinds: common, rare, long, and of no JavaScript type. */
async function fill(store: Store): Promise<void> {
  for (let at = 0; at < RUNS; at++) {
    const run = await store.startRun({
      id: `run-${String(at).padStart(4, "0")}`,
      name: at % 90 === 0 ? "rare" : `run ${at}`,
      environment: false,
      tags: { half: String(at % 2), ...at % 111 === 0 ? { rare: "start", 'a "b\\': "x" } : {} },
    });
    await run.logParams({
      lr: at % 7 + 0.5,
      each: at,
      ...at % 100 === 0 ? { rare: at % 200 === 0 ? "adam" : ["long".repeat(50), at] } : {},
    });
    if (at % 101 === 0) await run.setTags({ rare: "later", long: "y".repeat(100) });
    await run.logMetrics({ loss: at % 10, ...at % 150 === 0 ? { rare: at === 0 ? NaN : at } : {} });
    await run.end();
  }
}

const QUERIES: readonly RunQuery[] = [
  { tags: { half: "1" } },
  { tags: { rare: "start" } },
  { tags: { rare: "later" } },
  { tags: { rare: "later", half: "0" } },
  { tags: { rare: "nobody" } },
  { tags: { 'a "b\\': "x" } },
  { tags: { long: "y".repeat(100) } },
  { tags: { long: "y".repeat(99) } },
  { params: { lr: 1.5 } },
  { params: { lr: { gt: 100 } } },
  { params: { each: 3 } },
  { params: { each: { lt: 5 } } },
  { params: { rare: "adam" } },
  { params: { rare: { ne: "adam" } } },
  { params: { rare: ["long".repeat(50), 100] } },
  { params: { rare: "adam", each: { gte: 400 } } },
  { metrics: { rare: { gt: 300 } } },
  { metrics: { rare: 300 } },
  { metrics: { rare: NaN } },
  { metrics: { loss: { gt: 3, lte: 5 } }, params: { rare: "adam" } },
  { metrics: { loss: 11 } },
];

const ORDERS: readonly Pick<RunQuery, "sortBy" | "limit" | "experiment">[] = [
  {},
  { limit: 3 },
  { limit: 500 },
  { sortBy: { metric: "loss" }, limit: 4 },
  { sortBy: { metric: "loss", of: "min", order: "asc" }, limit: 4 },
  { sortBy: { metric: "rare", of: "max" }, limit: 9 },
  { sortBy: { param: "lr", order: "asc" } },
  { sortBy: { time: "start", order: "asc" }, limit: 5 },
  { sortBy: { time: "duration" }, limit: 5 },
  { sortBy: { time: "end", order: "asc" }, limit: 5 },
];

Deno.test("a list by rare values has the same runs with and without an index", () =>
  inTempDir(async (dir) => {
    const path = join(dir, "t.db");
    await using store = await openStore({ path, driver: "builtin", durability: "relaxed" });
    await fill(store);
    await store.runs.list({ metrics: { loss: 1 }, limit: 1 });
    const bare = join(dir, "bare.db");
    new DatabaseSync(path).exec(`VACUUM INTO '${bare}'`);
    const database = new DatabaseSync(bare);
    const indexes = database.prepare("SELECT name FROM sqlite_master WHERE type = 'index'").all();
    for (const { name } of indexes) {
      if (`${name}`.startsWith("chachaml_")) database.exec(`DROP INDEX ${name}`);
    }
    database.close();
    await using scanned = await openStore({
      path: bare,
      artifactDir: store.artifactDir!,
      driver: "builtin",
      readOnly: true,
    });
    const ids = async (store: Store, query: RunQuery) =>
      (await store.runs.list(query)).map(({ id }) => id);
    for (const query of [...QUERIES, {}, { name: "rare" }]) {
      for (const order of ORDERS) {
        const both = { ...query, ...order };
        assert.deepEqual(await ids(store, both), await ids(scanned, both), JSON.stringify(both));
      }
    }
  }));

/** A driver that counts the rows that it returns. */
function countingDriver(count: { rows: number }): SqlDriver {
  const counted = <T>(result: T): T => {
    count.rows += Array.isArray(result) ? result.length : 1;
    return result;
  };
  return wrappingDriver((statement) => ({
    run: (...values) => statement.run(...values),
    get: (...values) => counted(statement.get(...values)),
    all: (...values) => counted(statement.all(...values)),
    tuples: (...values) => counted(statement.tuples(...values)),
  }));
}

Deno.test("the rows that a list of few runs reads do not grow with the store", () =>
  inTempDir(async (dir) => {
    const rowsRead = async (runs: number): Promise<number[]> => {
      const path = join(dir, `${runs}.db`);
      await makeLargeStore(path, 50 * runs, 5 * runs);
      const count = { rows: 0 };
      const driver = countingDriver(count);
      const database = await openDatabase({
        path,
        driver,
        readOnly: false,
        durability: "relaxed",
        busyTimeout: 1000,
      });
      const metadata = new SqliteMetadata(database, driver, Date.now);
      const rows: number[] = [];
      for (
        const query of [
          {},
          { tags: { team: "a" } },
          { tags: { host: "nobody" } },
          { tags: { none: "x" } },
          { params: { lr: 1.5 } },
          { params: { lr: { gt: 1000 } } },
          { metrics: { m1: { gt: 2 } } },
          { sortBy: { metric: "m1", of: "min" as const } },
          { sortBy: { time: "duration" as const } },
          { name: "run 7" },
        ]
      ) {
        await metadata.runs.list({ ...query, limit: 10 }); // Updates the summaries.
        count.rows = 0;
        await metadata.runs.list({ ...query, limit: 10 });
        rows.push(count.rows);
      }
      await metadata.close();
      return rows;
    };
    const [few, many] = [await rowsRead(500), await rowsRead(2000)];
    // A list by a value that 1 % of the runs have looks at these.
    few.forEach((rows, at) => assert.ok(many[at]! <= rows + 100, `${at}: ${rows}, ${many[at]}`));
  }));
