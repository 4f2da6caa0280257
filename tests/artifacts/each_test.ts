import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { join } from "@std/path";
import { InvalidOptionError, StoreClosedError, UnknownNameError } from "../../mod.ts";
import { inMemory, inTempDir, openIn, testOnSqlite } from "../support/helpers.ts";

Deno.test("artifacts.each() gives what find() does, by run and name", () =>
  inMemory(async (store) => {
    await store.startRun({ id: "a" });
    for (
      const [run, name, type] of [
        ["r", "b/2.csv", "text/csv"],
        ["r", "b/10.csv", "text/csv; charset=utf-8"],
        ["r", "x[1].bin", "application/octet-stream"],
        ["a", "b/2.csv", "text/csv"],
        ["a", "zoë.txt", "text/plain"],
      ] as const
    ) await store.artifacts.put(run, name, `${run} ${name}`, { contentType: type });
    const { hash } = await store.artifacts.get("r", "b/2.csv");
    for (
      const query of [
        {},
        { runId: "r" },
        { name: "b/*" },
        { name: "b/2.csv" },
        { name: "x[1].*" },
        { name: "zo?.txt" },
        { name: "*.csv", runId: "a" },
        { contentType: "text/csv" },
        { hash },
        { name: "none*" },
      ]
    ) {
      const keyOf = ({ runId, name }: { runId: string; name: string }) => `${runId}\0${name}`;
      const each = (await Array.fromAsync(store.artifacts.each(query))).map(keyOf);
      const found = (await store.artifacts.find(query)).map(keyOf);
      assert.deepEqual(each.toSorted(), found.toSorted(), JSON.stringify(query));
      if (found.length > 2) assert.deepEqual(each, each.toSorted());
    }
    assert.equal((await Array.fromAsync(store.artifacts.each({ limit: 2 }))).length, 2);
    assert.deepEqual(await Array.fromAsync(store.artifacts.each({ limit: 0 })), []);
    const wrong = store.artifacts.each({ nme: "x" } as never);
    await assert.rejects(Array.fromAsync(wrong), InvalidOptionError);
  }));

testOnSqlite(
  "runs.each() gives what list() does, in its order, however many started at one time",
  () =>
    inTempDir(async (dir) => {
      await using store = await openIn(dir);
      await store.startRun({ id: "first", environment: false });
      const database = new DatabaseSync(join(dir, "t.db"));
      // 1,200 runs of one time across the borders of pages, and others around them.
      database.exec(`WITH RECURSIVE n(x) AS (SELECT 0 UNION ALL SELECT x + 1 FROM n WHERE x < 2199)
      INSERT INTO runs (id, experiment, status, start_time)
      SELECT 'run-' || x, 'e' || (x % 3), 'completed', 1700000000000 +
        CASE WHEN x < 300 THEN x WHEN x < 1500 THEN 300 ELSE x END FROM n`);
      database.close();
      for (
        const query of [
          {},
          { experiment: "e1" },
          { limit: 700 },
          { before: new Date(1700000000301) },
          { sortBy: { time: "start", order: "asc" } as const },
          { limit: 0 },
        ]
      ) {
        const each = (await Array.fromAsync(store.runs.each(query))).map(({ id }) => id);
        const listed = (await store.runs.list(query)).map(({ id }) => id);
        assert.deepEqual(each, listed, JSON.stringify(query));
      }
      await assert.rejects(
        Array.fromAsync(store.runs.each({ metrics: { none: { gt: 0 } } })),
        UnknownNameError,
      );
      const wrong = store.runs.each({ limt: 3 } as never);
      await assert.rejects(Array.fromAsync(wrong), InvalidOptionError);
      const rest = store.runs.each()[Symbol.asyncIterator]();
      await rest.next();
      await store.close();
      await assert.rejects(async () => {
        while (!(await rest.next()).done) { /* go on */ }
      }, StoreClosedError);
    }),
);
