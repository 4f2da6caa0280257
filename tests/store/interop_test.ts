import assert from "node:assert/strict";
import { join } from "@std/path";
import { EdnValue, type ParamValue } from "../../mod.ts";
import { openIn, testEachDriver } from "../support/helpers.ts";
import {
  assertHoldsAll,
  assertRegistered,
  assertSound,
  BASELINE_PARAMS,
  RUNS,
} from "../support/interop_contents.ts";
import {
  BASELINE,
  contents,
  DEEP,
  onDatabase,
  row,
  rows,
  shape,
  withFixture,
} from "../support/interop_helpers.ts";

const edn = EdnValue.of;

for (const readOnly of [true, false]) {
  testEachDriver(
    `a store of chachaml 0.7.0 opens ${readOnly ? "read-only " : ""}with all that it holds`,
    (driver) =>
      withFixture(async (dir) => {
        const before = [shape(dir), contents(dir)];
        const database = await Deno.readFile(join(dir, "t.db"));
        {
          await using store = await openIn(dir, { driver, readOnly });
          await assertHoldsAll(store);
          await assertRegistered(store);
          await assertSound(store);
        }
        if (readOnly) assert.deepEqual(await Deno.readFile(join(dir, "t.db")), database);
        assert.deepEqual([shape(dir), contents(dir)], before);
      }),
  );
}

testEachDriver(
  "what is added to a store of chachaml 0.7.0 is encoded as that encodes it",
  (driver) =>
    withFixture(async (dir) => {
      const before = [shape(dir), contents(dir)] as const;
      const from = Date.now();
      {
        await using store = await openIn(dir, { driver });
        const run = await store.startRun({
          id: "new",
          experiment: "iris",
          name: "ours",
          tags: { owner: "ana", "ns/key": "v", "two words": "" },
          parentId: BASELINE,
          createdBy: "ada",
        });
        await run.logParams({ lr: 0.5, "ns/key": 1, layers: { sizes: [64, null], "a b": true } });
        await run.logParams({
          kind: edn(":svm"),
          seeds: new Set([1]),
          at: new Date(0),
          n: 2n ** 70n,
        });
        await run.logMetrics({ loss: 1 }, { step: 3 });
        await run.put("plots/a.txt", "abc");
        await run.end();
        await store.startRun({ id: "bare", environment: false });
        await assertSound(store);
      }
      assert.deepEqual(shape(dir), before[0]);
      // The other program's rows are as they were, and come first.
      const after = contents(dir);
      for (const [table, rows] of Object.entries(before[1])) {
        const now = after[table] as unknown[];
        assert.deepEqual(now.slice(0, (rows as unknown[]).length), rows, table);
      }

      const isTime = (time: unknown) => Number(time) >= from && Number(time) <= Date.now();
      const { start_time, end_time, env, ...run } = row(
        dir,
        "SELECT * FROM runs WHERE id = 'new'",
      );
      assert.ok(isTime(start_time) && isTime(end_time));
      assert.match(String(env), /^\{(:git \{:sha "|:deno \{:version ")/);
      assert.deepEqual(run, {
        id: "new",
        experiment: "iris",
        name: "ours",
        status: "completed",
        error: null,
        tags: '{:owner "ana", :ns/key "v", "two words" ""}',
        parent_run_id: BASELINE,
        created_by: "ada",
      });
      const { start_time: _, ...bare } = row(dir, "SELECT * FROM runs WHERE id = 'bare'");
      assert.deepEqual(bare, {
        id: "bare",
        experiment: "default",
        name: null,
        status: "running",
        end_time: null,
        error: null,
        tags: null,
        env: null,
        parent_run_id: null,
        created_by: null,
      });
      const params = "SELECT key, value FROM params WHERE run_id = 'new' ORDER BY rowid";
      assert.deepEqual(rows(dir, params), [
        { key: "lr", value: "0.5" },
        { key: "ns/key", value: "1" },
        { key: "layers", value: '{:sizes [64 nil], "a b" true}' },
        { key: "kind", value: ":svm" },
        { key: "seeds", value: "#{1}" },
        { key: "at", value: '#inst "1970-01-01T00:00:00.000-00:00"' },
        { key: "n", value: "1180591620717411303424N" },
      ]);
      const metric = "SELECT key, value, typeof(value) AS type, step, timestamp FROM metrics";
      const { timestamp, ...logged } = row(dir, `${metric} WHERE run_id = 'new'`);
      assert.ok(isTime(timestamp));
      assert.deepEqual(logged, { key: "loss", value: 1, type: "real", step: 3 });
      const { id, created_at, ...artifact } = row(
        dir,
        "SELECT * FROM artifacts WHERE run_id = 'new'",
      );
      assert.match(String(id), /^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/);
      assert.ok(isTime(created_at));
      assert.deepEqual(artifact, {
        run_id: "new",
        name: "plots/a.txt",
        path: "new/plots/a.txt",
        content_type: "text/plain",
        size: 3,
        hash: "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
      });
      assert.equal(await Deno.readTextFile(join(dir, "t-artifacts/new/plots/a.txt")), "abc");
    }),
);

testEachDriver(
  "params of chachaml 0.7.0 are logged to another run as they were",
  (driver) =>
    withFixture(async (dir) => {
      {
        await using store = await openIn(dir, { driver });
        for (const id of [BASELINE, DEEP]) {
          const copy = await store.startRun({ id: `copy-${id}` });
          await copy.logParams(await store.runs.params(id) as Record<string, ParamValue>);
          assert.deepEqual(await store.runs.params(copy.id), await store.runs.params(id));
        }
      }
      const texts = (id: string) =>
        rows(dir, `SELECT key, value FROM params WHERE run_id = '${id}' ORDER BY key`);
      assert.deepEqual(texts(`copy-${BASELINE}`), texts(BASELINE));
      // The same values in other words.
      const words: Record<string, string> = { nested: "{:a/b 1, :a/c 2}", exp: "1e-10" };
      assert.deepEqual(
        texts(`copy-${DEEP}`),
        texts(DEEP).map(({ key, value }) => ({ key, value: words[String(key)] ?? value })),
      );
    }),
);

testEachDriver(
  "a damaged EDN value costs that value, and not the read",
  (driver) =>
    withFixture(async (dir) => {
      onDatabase(dir, (sql) => {
        sql.exec(`UPDATE params SET value = '{:a [1' WHERE key = 'vec';
        UPDATE params SET value = '' WHERE key = 'set';
        UPDATE params SET value = x'ff00' WHERE key = 'kw';
        UPDATE datasets SET features = '[:a';
        UPDATE runs SET tags = '{:owner', env = '#{' WHERE id = '${BASELINE}'`);
      });
      await using store = await openIn(dir, { driver });
      const { kw, ...params } = await store.runs.params(BASELINE);
      assert.equal((kw as EdnValue).kind, "unreadable");
      const { kw: _, ...expected } = BASELINE_PARAMS;
      assert.deepEqual(params, {
        ...expected,
        vec: new EdnValue("unreadable", "{:a [1", "{:a [1"),
        set: new EdnValue("unreadable", "", ""),
      });
      const run = await store.runs.get(BASELINE);
      assert.deepEqual(run, {
        ...RUNS[2],
        tags: { owner: "bob", note: "first try" },
        environment: null,
      });
      assert.equal((await store.runs.datasets(BASELINE))[0]!.features, null);
      assert.equal((await store.runs.list()).length, 3);
    }),
);

testEachDriver(
  "tags of a run are text, whatever EDN they are",
  (driver) =>
    withFixture(async (dir) => {
      onDatabase(dir, (sql) => {
        sql.prepare("UPDATE runs SET tags = ? WHERE id = ?").run(
          '{:kind :svm/rbf, "kind of" \\a, :ratio 1/2, :of #{1}, 7 nil, "a" "b"}',
          DEEP,
        );
      });
      await using store = await openIn(dir, { driver });
      assert.deepEqual((await store.runs.get(DEEP)).tags, {
        kind: "svm/rbf",
        "kind of": "\\a",
        ratio: "1/2",
        of: "#{1}",
        "7": "nil",
        a: "b",
      });
    }),
);

for (const readOnly of [true, false]) {
  testEachDriver(
    `a database from before runs had a maker is opened ${readOnly ? "read-only" : "and completed"}`,
    (driver) =>
      withFixture(async (dir) => {
        const columns = ["created_by", "parent_run_id", "env"];
        onDatabase(dir, (sql) => {
          for (const column of columns) sql.exec(`ALTER TABLE runs DROP COLUMN ${column}`);
        });
        const before = shape(dir);
        {
          await using store = await openIn(dir, { driver, readOnly });
          const old = RUNS.map((run) => ({
            ...run,
            parentId: null,
            createdBy: null,
            environment: null,
          }));
          assert.deepEqual(await store.runs.list(), old);
          assert.deepEqual(await store.runs.params(BASELINE), BASELINE_PARAMS);
          await assertSound(store);
          if (!readOnly) {
            const run = await store.startRun({ parentId: DEEP, createdBy: "ada" });
            await run.put("a", "abc");
            const { parentId, createdBy } = await store.runs.get(run.id);
            assert.deepEqual([parentId, createdBy], [DEEP, "ada"]);
          }
        }
        if (readOnly) assert.deepEqual(shape(dir), before);
        const found = rows(dir, "SELECT name, type FROM pragma_table_info('runs')").slice(8);
        const added = columns.toReversed().map((name) => ({ name, type: "TEXT" }));
        assert.deepEqual(found, readOnly ? [] : added);
      }),
  );
}
