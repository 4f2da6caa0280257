import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import {
  InvalidOptionError,
  type MetricPoint,
  openStore,
  ReadOnlyError,
  RunNotFoundError,
  type Store,
  StoreClosedError,
} from "../../mod.ts";
import { child } from "../support/children/flags.ts";
import {
  inMemory,
  inTempDir,
  openIn,
  testEachDriver,
  testOnOwnFiles,
  testOnSqlite,
} from "../support/helpers.ts";

function testStore(name: string, test: (store: Store) => Promise<void>): void {
  testEachDriver(name, async (driver) => {
    await using store = await openStore({ inMemory: true, driver });
    await store.startRun({ id: "r" });
    await test(store);
  });
}

const valuesOf = async (store: Store, key?: string) =>
  (await store.metrics.points("r", key)).map(({ key, value, step }) => [key, value, step]);

testStore("NaN and the infinities are kept, in their places", async (store) => {
  const values = [NaN, 1, NaN, NaN, Infinity, -Infinity, 2, NaN];
  for (const [step, loss] of values.entries()) await store.metrics.log("r", { loss }, { step });
  await store.metrics.log("r", { other: NaN });
  assert.deepEqual(
    await valuesOf(store, "loss"),
    values.map((value, step) => ["loss", value, step]),
  );
  assert.deepEqual((await valuesOf(store)).at(-1), ["other", NaN, 0]);
  assert.deepEqual(await store.metrics.summary("r"), [
    { key: "loss", count: 8, last: NaN, step: 7, min: -Infinity, max: Infinity },
    { key: "other", count: 1, last: NaN, step: 0, min: NaN, max: NaN },
  ]);
  await store.runs.remove("r");
  await store.startRun({ id: "r" });
  assert.deepEqual(await store.metrics.points("r"), []);
});

testOnSqlite(
  "a metric that is not a number is no row of the shared table",
  () =>
    inTempDir(async (dir) => {
      await using store = await openIn(dir);
      await store.startRun({ id: "r" });
      await store.metrics.log("r", { loss: NaN, gain: Infinity });
      const database = new DatabaseSync(store.path!, { readOnly: true });
      const rows = database.prepare("SELECT key, value FROM metrics").all();
      database.close();
      assert.deepEqual(rows.map((row) => ({ ...row })), [{ key: "gain", value: Infinity }]);
    }),
);

testStore("log() is stored by flush(), and in the order logged", async (store) => {
  const run = await store.startRun({ id: "s" });
  for (let step = 0; step < 1234; step++) {
    run.log({ loss: step / 2, acc: step % 7 ? 1 : NaN }, { step });
  }
  await run.flush();
  const loss = await store.metrics.points("s", "loss");
  assert.deepEqual(loss.map(({ value }) => value), Array.from({ length: 1234 }, (_, at) => at / 2));
  assert.equal((await store.metrics.points("s")).length, 2468);
  assert.deepEqual(
    (await store.metrics.points("s")).slice(0, 4).map(({ key, step }) => [key, step]),
    [
      ["loss", 0],
      ["acc", 0],
      ["loss", 1],
      ["acc", 1],
    ],
  );
});

/** Ways in which what was logged comes to be stored, without a flush being asked for. */
const FLUSHES: Record<string, (store: Store, dir: string) => Promise<unknown>> = {
  "metrics()": (store) => store.metrics.points("r"),
  "curve()": (store) => store.metrics.curve("r", "loss"),
  "metricSummary()": (store) => store.metrics.summary("r"),
  "listRuns()": (store) => store.runs.list(),
  "compareRuns()": (store) => store.runs.compare(["r"]),
  "logMetrics()": (store) => store.metrics.log("r", { loss: 2 }),
  "logPoints()": (store) => store.metrics.logPoints("r", [{ key: "loss", value: 2 }]),
  "endRun()": (store) => store.runs.end("r"),
  "export()": async (store) => {
    for await (const _ of store.export(["r"])) { /* to its end */ }
  },
  "backup()": (store, dir) => store.backup(Deno.makeTempDirSync({ dir })),
  "close()": (store) => store.close(),
};

for (const [call, flush] of Object.entries(FLUSHES)) {
  const test = call === "backup()" ? testOnOwnFiles : Deno.test;
  test(`what was logged is stored by ${call}`, () =>
    inTempDir(async (dir) => {
      await using store = await openIn(dir);
      const run = await store.startRun({ id: "r" });
      run.log({ loss: 1 });
      await flush(store, dir);
      await using other = await openIn(dir, { readOnly: true });
      assert.equal((await other.metrics.points("r", "loss"))[0]?.value, 1);
    }));
}

Deno.test("what was logged is stored after a while, and when there is much of it", () =>
  inTempDir(async (dir) => {
    await using store = await openIn(dir);
    const run = await store.startRun({ id: "r" });
    await using other = await openIn(dir, { readOnly: true });
    const stored = async (count: number) => {
      while ((await other.metrics.points("r")).length < count) {
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    };
    run.log({ loss: 1 });
    await stored(1);
    for (let step = 0; step < 50_000; step++) run.log({ loss: 1 }, { step });
    await stored(50_001);
  }));

testOnSqlite(
  "a process that ends without closing its store has stored what it logged",
  () =>
    inTempDir(async (dir) => {
      await using store = await openIn(dir);
      await store.startRun({ id: "r" });
      const { success, stderr } = await child("log_and_end.ts", [store.path!]).output();
      assert.ok(success, new TextDecoder().decode(stderr));
      assert.equal((await store.metrics.points("r")).length, 10);
    }),
);

Deno.test("log() to a run that is removed is told by the next flush, once", () =>
  inMemory(async (store) => {
    const run = await store.startRun();
    const kept = await store.startRun();
    run.log({ loss: 1 });
    kept.log({ loss: 2 });
    await store.runs.remove(run.id);
    await assert.rejects(store.metrics.flush(), RunNotFoundError);
    await store.metrics.flush();
    assert.equal((await store.metrics.points(kept.id)).length, 1);
  }));

Deno.test("log() refuses what it cannot keep, at once", () =>
  inTempDir(async (dir) => {
    const store = await openIn(dir);
    const run = await store.startRun({ id: "r" });
    const odd = { fine: 1, odd: "1" } as unknown as Record<string, number>;
    assert.throws(() => run.log(odd), InvalidOptionError);
    assert.throws(() => run.log({ loss: 1 }, { step: 0.5 }), InvalidOptionError);
    assert.deepEqual(await store.metrics.points("r"), []);
    await store.close();
    assert.throws(() => run.log({ loss: 1 }), StoreClosedError);
    await using reader = await openIn(dir, { readOnly: true });
    const read = await reader.run("r");
    assert.throws(() => read.log({ loss: 1 }), ReadOnlyError);
  }));

testStore("logPoints() keeps keys, steps and times", async (store) => {
  const timestamp = new Date(1_700_000_000_123);
  const points: MetricPoint[] = [
    { key: "b", value: 2, step: 7, timestamp },
    { key: "a", value: -1.5 },
    ...Array.from({ length: 333 }, (_, step) => ({ key: "c", value: step, step })),
  ];
  await store.metrics.logPoints("r", points);
  const all = await store.metrics.points("r");
  assert.deepEqual(all[0], points[0]);
  assert.deepEqual(
    await valuesOf(store),
    points.map(({ key, value, step = 0 }) => [key, value, step]),
  );
  await assert.rejects(
    store.metrics.logPoints("r", [{ key: "d", value: 1 }, {
      key: "e",
      value: null as unknown as number,
    }]),
    InvalidOptionError,
  );
  await assert.rejects(store.metrics.logPoints("none", points), RunNotFoundError);
  assert.equal((await store.metrics.points("r")).length, points.length);
});

testStore("a curve has all points, or so many that keep the shape", async (store) => {
  const wave = (step: number) => step === 5000 ? 100 : Math.sin(step / 500);
  await store.metrics.logPoints("r", [
    ...Array.from({ length: 10_000 }, (_, step) => ({ key: "wave", value: wave(step), step })),
    { key: "wave", value: NaN, step: 10_000 },
    { key: "other", value: 1 },
  ]);
  const all = await store.metrics.curve("r", "wave");
  assert.deepEqual([all.values.length, all.logged, all.nonFinite], [10_001, 10_001, 1]);
  assert.deepEqual([all.steps[9999], all.values[9999]], [9999, wave(9999)]);
  assert.ok(Math.abs(all.times[0]! - Date.now()) < 60_000);
  const few = await store.metrics.curve("r", "wave", { points: 50 });
  assert.deepEqual([few.values.length, few.logged, few.nonFinite], [50, 10_001, 1]);
  assert.ok(few.values.includes(100), "the peak is lost");
  assert.deepEqual([few.steps[0], few.steps.at(-1)], [0, 9999]);
  assert.deepEqual([...few.steps], [...few.steps].sort((a, b) => a - b));
  assert.equal((await store.metrics.curve("r", "other", { points: 50 })).values.length, 1);
  assert.equal((await store.metrics.curve("r", "none")).values.length, 0);
  for (const points of [2, 0, 2.5, NaN]) {
    await assert.rejects(store.metrics.curve("r", "wave", { points }), InvalidOptionError);
  }
});

testStore("a curve whose steps stand still is drawn in the order logged", async (store) => {
  await store.metrics.logPoints(
    "r",
    Array.from({ length: 1000 }, (_, at) => ({ key: "still", value: at === 400 ? 9 : at % 2 })),
  );
  const { values } = await store.metrics.curve("r", "still", { points: 20 });
  assert.equal(values.length, 20);
  assert.ok(values.includes(9));
});

testStore(
  "a curve has the points of a metric in any mixture of metrics and runs",
  async (store) => {
    await store.startRun({ id: "s" });
    const log = async (runId: string, keys: readonly string[], from: number, count: number) =>
      await store.metrics.logPoints(
        runId,
        Array.from({ length: count }, (_, at) => ({
          key: keys[at % keys.length]!,
          value: at % 997 === 0 ? NaN : at / 7,
          step: from + at,
        })),
      );
    await log("r", ["sparse"], -(2 ** 40), 3000);
    for (let round = 0; round < 4; round++) {
      await log("r", ["dense"], round * 10_000, 3000);
      await log("s", ["other"], 0, 1000);
      await log("r", ["a", "b", "c", "d", "e", "f", "g", "sparse"], round * 10_000, 5000);
    }
    await store.metrics.log("r", { last: Infinity }, { step: Number.MAX_SAFE_INTEGER });
    for (const key of ["dense", "sparse", "a", "last"]) {
      const points = await store.metrics.points("r", key);
      const curve = await store.metrics.curve("r", key);
      assert.deepEqual(
        [[...curve.values], [...curve.steps], [...curve.times]],
        [
          points.map(({ value }) => value),
          points.map(({ step }) => step),
          points.map(({ timestamp }) => timestamp.getTime()),
        ],
      );
    }
  },
);
