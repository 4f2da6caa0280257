import assert from "node:assert/strict";
import fc from "npm:fast-check@~4.11.0";
import {
  ChachamlError,
  InvalidOptionError,
  openStore,
  type Params,
  RunStateError,
} from "../../mod.ts";
import { fromEdn, toEdn } from "../../src/edn/mod.ts";
import { testEachDriver } from "../support/helpers.ts";
import type { Store } from "../../mod.ts";

/** Declares a test of a store in memory with a run `r`, for each driver. */
function testStore(name: string, test: (store: Store) => Promise<void>): void {
  testEachDriver(name, async (driver) => {
    await using store = await openStore({ inMemory: true, driver });
    await store.startRun({ id: "r" });
    await test(store);
  });
}

const VALUES: Params = {
  whole: 3,
  negative: -0.25,
  large: 1e21,
  small: 5e-324,
  largest: Number.MAX_VALUE,
  safe: Number.MAX_SAFE_INTEGER,
  nan: NaN,
  infinite: Infinity,
  "minus infinite": -Infinity,
  text: "plain",
  "empty text": "",
  odd: 'quotes " and \\ and\nlines\tand \u0001 \u001b \u2028 é 🚀',
  ":looks like edn": "{:a 1} #inst nil ##NaN \\a ; no comment",
  number_as_text: "1",
  nan_as_text: "##NaN",
  yes: true,
  no: false,
  nothing: null,
  "empty vector": [],
  "empty map": {},
  nested: { layers: [64, [10, null]], "a b": { "": "", "1": 1, "ns/key": true, ":k": [] } },
  "": "an empty key",
  "clé": "é",
};

testStore("logParams() keeps every kind of value, and params() gives it", async (store) => {
  await store.runs.logParams("r", VALUES);
  assert.deepEqual(await store.runs.params("r"), VALUES);
  assert.deepEqual(Object.keys(await store.runs.params("r")), Object.keys(VALUES).sort());
});

testStore("logParams() keeps NaN and the infinities inside other values", async (store) => {
  const params: Params = { range: [-Infinity, Infinity], scores: { a: [NaN], b: NaN } };
  await store.runs.logParams("r", params);
  assert.deepEqual(await store.runs.params("r"), params);
});

Deno.test("params() gives any value that JSON can say as it was logged", () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 4 }), (value) => {
      // There and back, as JSON itself writes -0 as 0.
      const plain = JSON.parse(JSON.stringify(value));
      assert.deepEqual(fromEdn(toEdn(plain)), plain);
    }),
    { seed: 7, numRuns: 2000 },
  );
});

Deno.test("params() gives any text as it was logged", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      assert.equal(fromEdn(toEdn(text)), text);
      assert.deepEqual(fromEdn(toEdn({ [`k${text}`]: [text] })), { [`k${text}`]: [text] });
    }),
    { seed: 7, numRuns: 2000 },
  );
});

testStore(
  "logParams() refuses another value, sets none then, and takes the same",
  async (store) => {
    await store.runs.logParams("r", { lr: 0.1, layers: [1, { a: 2 }] });
    await store.runs.logParams("r", { layers: [1, { a: 2 }], lr: 0.1, extra: "new" });
    for (const params of [{ lr: 0.2 }, { lr: "0.1" }, { lr: null }, { layers: [1] }] as Params[]) {
      await assert.rejects(
        store.runs.logParams("r", { before: 1, ...params, after: 1 }),
        RunStateError,
      );
    }
    const expected = { extra: "new", layers: [1, { a: 2 }], lr: 0.1 };
    assert.deepEqual(await store.runs.params("r"), expected);
  },
);

testStore("logParams() refuses what would lose its value, and sets none then", async (store) => {
  const values: unknown[] = [
    () => 1,
    Symbol("s"),
    new Map([["a", undefined]]),
    new Set([new Date(0), new Date(0)]),
    new Date(NaN),
    new Blob(),
    { deep: [undefined] },
  ];
  for (const value of values) {
    const params = { before: 1, odd: value } as Params;
    await assert.rejects(store.runs.logParams("r", params), (error) => {
      assert.ok(error instanceof ChachamlError, `${Deno.inspect(value)}: ${error}`);
      return true;
    }, Deno.inspect(value));
  }
  assert.deepEqual(await store.runs.params("r"), {});
});

testStore(
  "logMetrics() adds values, and metrics() gives them in the order logged",
  async (store) => {
    const before = Date.now();
    await store.metrics.log("r", { loss: 0.5, acc: 1 });
    await store.metrics.log("r", { loss: 0.25 }, { step: 2 });
    await store.metrics.log("r", { loss: 0.25 }, { step: 1 });
    await store.metrics.log("r", { loss: 5e-324, 'odd " key': -1.5 }, { step: -3 });
    await store.metrics.log("r", {});
    const all = await store.metrics.points("r");
    assert.deepEqual(all.map(({ key, value, step }) => [key, value, step]), [
      ["loss", 0.5, 0],
      ["acc", 1, 0],
      ["loss", 0.25, 2],
      ["loss", 0.25, 1],
      ["loss", 5e-324, -3],
      ['odd " key', -1.5, -3],
    ]);
    for (const { timestamp } of all) assert.ok(timestamp.getTime() >= before);
    assert.deepEqual((await store.metrics.points("r", "acc")).map(({ value }) => value), [1]);
    assert.deepEqual(await store.metrics.points("r", "ACC"), []);
  },
);

testStore("logMetrics() gives whole numbers beyond 32 bits as they are", async (store) => {
  const values = [2 ** 31, -(2 ** 31) - 1, 2 ** 53 - 1];
  for (const value of values) await store.metrics.log("r", { value }, { step: value });
  const all = await store.metrics.points("r");
  assert.deepEqual(all.map(({ value, step }) => [value, step]), values.map((v) => [v, v]));
});

testStore("logMetrics() gives values of any size as they are", async (store) => {
  const values = [1e16, -(2 ** 62), 2 ** 63, 1e19, -1e20, 1e21, Number.MAX_VALUE, -0.1, 5e-324];
  for (const value of values) await store.metrics.log("r", { value });
  assert.deepEqual((await store.metrics.points("r")).map(({ value }) => value), values);
});

testStore("logMetrics() refuses what is no number, and logs nothing then", async (store) => {
  for (const value of ["1", null, 1n, true]) {
    const metrics = { fine: 1, odd: value as unknown as number, later: 2 };
    await assert.rejects(store.metrics.log("r", metrics), InvalidOptionError);
  }
  for (const step of [1.5, NaN, Infinity, "1" as unknown as number, 2 ** 53]) {
    await assert.rejects(store.metrics.log("r", { fine: 1 }, { step }), InvalidOptionError);
  }
  const timestamp = new Date(NaN);
  await assert.rejects(store.metrics.log("r", { fine: 1 }, { timestamp }), InvalidOptionError);
  assert.deepEqual(await store.metrics.points("r"), []);
});

testEachDriver("the order of keys in a param is no change", async (driver) => {
  await using store = await openStore({ inMemory: true, driver });
  const run = await store.startRun({ id: "r" });
  await run.logParams({ model: { layers: 2, dropout: { p: 0.1, q: [1, 2] } } });
  await run.logParams({ model: { dropout: { q: [1, 2], p: 0.1 }, layers: 2 } });
  const other = await store.startRun({ id: "other" });
  await other.logParams({ model: { dropout: { q: [1, 2], p: 0.1 }, layers: 2 } });
  const { params } = await store.runs.compare(["r", "other"]);
  assert.equal(params[0]!.differs, false);
  await assert.rejects(
    run.logParams({ model: { layers: 3 } }),
    (error: Error) => {
      assert.ok(error instanceof RunStateError);
      assert.match(error.message, /param "model" is \{"layers":2,"dropout".*, not \{"layers":3\}/);
      return true;
    },
  );
});

testEachDriver("a param is corrected on purpose, and what it was is kept", async (driver) => {
  await using store = await openStore({ inMemory: true, driver });
  const run = await store.startRun({ id: "r" });
  await run.logParams({ lr: 0.1, epochs: 3 });
  await assert.rejects(run.logParams({ lr: 0.2 }), /force: true/);
  await run.logParams({ lr: 0.2, epochs: 3, seed: 1 }, { force: true });
  assert.deepEqual(await run.params(), { epochs: 3, lr: 0.2, seed: 1 });
  assert.deepEqual(await run.tags(), { "corrected/lr": "0.1" });
  await run.logParams({ lr: 0.3 }, { force: true });
  assert.deepEqual(await run.tags(), { "corrected/lr": "0.1; 0.2" });
});
