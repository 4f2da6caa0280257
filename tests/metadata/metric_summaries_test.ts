/** Summaries say of a metric what its points do, whoever adds, changes or removes them. */
import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { join } from "@std/path";
import type { Store } from "../../mod.ts";
import { inTempDir, openIn, testEachDriver } from "../support/helpers.ts";

/** What the points themselves say: the last is that of the largest step, then time, then logged last. */
async function fromPoints(store: Store, runId: string) {
  const byKey = Map.groupBy(await store.metrics.points(runId), ({ key }) => key);
  return [...byKey].map(([key, points]) => {
    const last = points.reduce((best, point) =>
      point.step > best.step || point.step === best.step && point.timestamp >= best.timestamp
        ? point
        : best
    );
    const numbers = points.map(({ value }) => value).filter((value) => !Number.isNaN(value));
    const extreme = (of: (...values: number[]) => number) =>
      numbers.length === 0 ? NaN : of(...numbers);
    return {
      key,
      count: points.length,
      last: last.value,
      step: last.step,
      min: extreme(Math.min),
      max: extreme(Math.max),
    };
  }).sort((a, b) => a.key < b.key ? -1 : 1);
}

/** Compares all runs, read from the table of summaries, and by a store that only reads. */
async function check(dir: string, store: Store, why: string): Promise<void> {
  await using reader = await openIn(dir, { driver: store.driver!, readOnly: true });
  for (const reading of [reader, store, reader]) {
    for (const { id } of await reading.runs.list()) {
      const expected = await fromPoints(reading, id);
      assert.deepEqual(await reading.metrics.summary(id), expected, `${why}: ${id}`);
    }
  }
}

// By the built-in driver alone: the other program is in this process, and two SQLite libraries in one
// process drop each other's locks.
Deno.test(
  "summaries follow points that are logged, and those that another program removes",
  () =>
    inTempDir(async (dir) => {
      await using store = await openIn(dir);
      let seed = 7;
      const random = (below: number) => {
        seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
        return (seed >>> 8) % below;
      };
      const values = [NaN, Infinity, -Infinity, 0, 1, 2, 3];
      const behindItsBack = (sql: string) => {
        const database = new DatabaseSync(join(dir, "t.db"));
        database.exec(`PRAGMA busy_timeout = 5000; ${sql}`);
        database.close();
      };
      for (let round = 0; round < 40; round++) {
        const id = `r${random(4)}`;
        const there = (await store.runs.list()).some((run) => run.id === id);
        if (!there) await store.startRun({ id, environment: false });
        await store.metrics.logPoints(
          id,
          Array.from({ length: 1 + random(8) }, () => ({
            key: `m${random(2)}`,
            value: values[random(values.length)]!,
            step: random(4),
            timestamp: new Date(random(3)),
          })),
        );
        switch (random(6)) {
          case 0:
            // As chachaml deletes a run; what comes next is given the same numbers of rows.
            behindItsBack(`DELETE FROM metrics WHERE run_id = '${id}';
              DELETE FROM runs WHERE id = '${id}'`);
            break;
          case 1:
            behindItsBack("DELETE FROM metrics WHERE rowid = (SELECT max(rowid) FROM metrics)");
            break;
          case 2:
            behindItsBack(`UPDATE metrics SET value = 9, step = 1 WHERE run_id = '${id}' AND
              rowid = (SELECT min(rowid) FROM metrics WHERE run_id = '${id}')`);
            break;
          case 3:
            await store.runs.remove(id);
        }
        if (random(3) > 0) await check(dir, store, `round ${round}`);
      }
      await check(dir, store, "at last");
    }),
);

testEachDriver(
  "the first runs by a metric are those that sorting all of them gives",
  (driver) =>
    inTempDir(async (dir) => {
      await using store = await openIn(dir, { driver });
      for (let at = 0; at < 60; at++) {
        const id = `r${at}`;
        await store.startRun({ id, environment: false, experiment: `e${at % 3}` });
        const value = [1, 2, 2, 3, NaN, Infinity][at * 7 % 6]!;
        if (at % 5 > 0) await store.metrics.log(id, { m: value });
      }
      for (const order of ["asc", "desc"] as const) {
        for (const query of [{}, { experiment: "e1" }]) {
          const all = await store.runs.list({ ...query, sortBy: { metric: "m", order } });
          for (const limit of [1, 2, 5, 17, 40, 60]) {
            const first = await store.runs.list({
              ...query,
              sortBy: { metric: "m", order },
              limit,
            });
            assert.deepEqual(
              first.map(({ id }) => id),
              all.slice(0, limit).map(({ id }) => id),
              `${order} ${limit}`,
            );
          }
        }
      }
    }),
);

testEachDriver(
  "runs are sorted and found by the last value, the smallest and the largest",
  (driver) =>
    inTempDir(async (dir) => {
      await using store = await openIn(dir, { driver });
      const points: Record<string, [value: number, step: number][]> = {
        a: [[5, 2], [1, 1]], // logged last, but not of the largest step
        b: [[3, 1], [NaN, 0]],
        c: [[NaN, 1]],
        d: [],
      };
      for (const [id, values] of Object.entries(points)) {
        await store.startRun({ id });
        await store.metrics.logPoints(
          id,
          values.map(([value, step]) => ({ key: "m", value, step })),
        );
      }
      const ids = async (query: Parameters<Store["runs"]["list"]>[0]) => {
        await using reader = await openIn(dir, { driver, readOnly: true });
        const found = (await store.runs.list(query)).map(({ id }) => id);
        assert.deepEqual((await reader.runs.list(query)).map(({ id }) => id), found);
        return found;
      };
      assert.deepEqual(await ids({ sortBy: { metric: "m" } }), ["a", "b", "c", "d"]);
      assert.deepEqual(await ids({ sortBy: { metric: "m", of: "min", order: "asc" }, limit: 2 }), [
        "a",
        "b",
      ]);
      assert.deepEqual(await ids({ metrics: { m: { gt: 2 } } }), ["b", "a"]);
      assert.deepEqual(
        await ids({ metrics: { m: { gt: 2 } }, sortBy: { metric: "m" }, limit: 1 }),
        [
          "a",
        ],
      );
      assert.equal((await store.runs.best({ metric: "m" }))?.id, "a");
    }),
);

Deno.test("summaries are right of rows that only SQLite can compare, and of any number of pages", () =>
  inTempDir(async (dir) => {
    await using store = await openIn(dir);
    for (const id of ["r", "s"]) await store.startRun({ id, environment: false });
    const database = new DatabaseSync(join(dir, "t.db"));
    const fill = (key: string, run: string, count: number) =>
      database.exec(
        `INSERT INTO metrics (run_id, key, value, step, timestamp)
          WITH RECURSIVE n(x) AS (SELECT 0 UNION ALL SELECT x + 1 FROM n WHERE x + 1 < ${count})
          SELECT '${run}', ${key}, (x * 7919) % 1009, x / 3, x % 2 FROM n`,
      );
    // Two runs side by side, so that the points of each are found by range and by index.
    fill("'a' || (x % 2)", "r", 25_000);
    fill("'a'", "s", 45_000);
    fill("'a1'", "r", 30);
    await check(dir, store, "pages");
    for (const [key, count] of [["a0", 12_500], ["a1", 12_530]] as const) {
      const { values } = await store.metrics.curve("r", key);
      const points = (await store.metrics.points("r")).filter((point) => point.key === key);
      assert.equal(points.length, count);
      assert.equal(values.length, new Set(points.map(({ step }) => step)).size);
    }
    // A name that the bindings would cut, and a text for a step.
    fill("'b' || char(0) || (x % 2)", "r", 10);
    database.exec("INSERT INTO metrics VALUES ('s', 'c', 1, 'seven', 0), ('s', 'c', 2, 7, 0)");
    assert.deepEqual(
      (await store.metrics.summary("r")).map(({ key, count }) => [key, count]),
      [["a0", 12_500], ["a1", 12_530], ["b\0" + "0", 5], ["b\0" + "1", 5]],
    );
    assert.equal((await store.metrics.summary("s")).find(({ key }) => key === "c")!.count, 2);
    database.close();
  }));
