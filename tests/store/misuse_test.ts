/** What callers pass who have no types: untyped JavaScript, and notebooks. */
import assert from "node:assert/strict";
import {
  type ChachamlError,
  InvalidNameError,
  InvalidOptionError,
  openStore,
  restoreStore,
  type Store,
} from "../../mod.ts";
import { inMemory, inTempDir, openIn, testEachDriver } from "../support/helpers.ts";

/** The store's calls, without their types. */
// deno-lint-ignore no-explicit-any
type Untyped = Record<string, (...args: any[]) => any>;

function untyped(store: Store): Untyped {
  return store as unknown as Untyped;
}

const NO_TEXT = [undefined, null, 5, true, {}, [], Symbol("x"), new Date(0)];

async function assertRefuses(
  kind: typeof ChachamlError | typeof InvalidNameError | typeof InvalidOptionError,
  call: () => unknown,
  what: string,
): Promise<void> {
  await assert.rejects(async () => await call(), (error: unknown) => {
    assert.ok(error instanceof kind, `${what}: ${error}`);
    assert.doesNotMatch(error.message, /SQLite|datatype|undefined as it is/, what);
    return true;
  }, what);
}

testEachDriver("an id or a name that is no text is refused in words", async (driver) => {
  await using store = await openStore({ inMemory: true, driver });
  await store.startRun({ id: "r" });
  await store.put("r", "a", "text");
  const calls = untyped(store);
  const byId = [
    ...["getRun", "endRun", "removeRun", "params", "metrics", "metricSummary", "datasets", "list"],
    ...["get", "has", "remove"],
  ];
  for (const value of NO_TEXT) {
    const shown = Deno.inspect(value);
    for (const name of byId) {
      await assertRefuses(InvalidNameError, () => calls[name]!(value), `${name}(${shown})`);
    }
    await assertRefuses(InvalidNameError, () => calls.curve!("r", value), `curve(${shown})`);
    await assertRefuses(InvalidNameError, () => calls.compareRuns!([value]), shown);
    await assertRefuses(InvalidNameError, () => Array.fromAsync(calls.export!([value])), shown);
    await assertRefuses(InvalidNameError, () => calls.describeExperiment!(value, {}), shown);
  }
  for (const value of [null, 5, true, Symbol("x")]) {
    const shown = Deno.inspect(value);
    for (const name of ["get", "has", "remove"]) {
      await assertRefuses(InvalidNameError, () => calls[name]!("r", value), `${name}(r, ${shown})`);
    }
    await assertRefuses(InvalidOptionError, () => calls.metrics!("r", value), shown);
  }
  assert.equal(await (await store.get("r", "a")).text(), "text");
});

/** Calls that are refused as options, by their name and arguments. */
const BAD_CALLS: [call: string, ...args: unknown[]][] = [
  ["find"],
  ["find", null],
  ...["abc", 1.5, NaN, Infinity, -5, null].map((limit) => ["find", { limit }] as [string, unknown]),
  ...["runId", "name", "contentType", "hash"].flatMap((key) =>
    [5, null, {}].map((value) => ["find", { [key]: value }] as [string, unknown])
  ),
  ["find", { limt: 5 }],
  ["verify", { runId: {} }],
  ["listRuns", null],
  ...["idPrefix", "experiment", "status", "name", "parentId", "createdBy"].flatMap((key) =>
    [5, null, {}].map((value) => ["listRuns", { [key]: value }] as [string, unknown])
  ),
  ...["tags", "params", "metrics", "sortBy"].flatMap((key) =>
    [5, null, "loss"].map((value) => ["listRuns", { [key]: value }] as [string, unknown])
  ),
  ["listRuns", { tags: { a: 1 } }],
  ["listRuns", { sortBy: {} }],
  ["listRuns", { sortBy: { metric: 5 } }],
  ["bestRun"],
  ["bestRun", "loss"],
  ["bestRun", {}],
  ["prune"],
  ["prune", null],
  ...["2020-01-01", 5, null, new Date(NaN)].map((olderThan) =>
    ["prune", { olderThan }] as [string, unknown]
  ),
  ...["odd", "", null, 5].map((status) => ["prune", { status }] as [string, unknown]),
  ...[1.5, "2", -1, NaN, null].map((keepLast) => ["prune", { keepLast }] as [string, unknown]),
  ["prune", { experiment: 5 }],
  ["prune", { keepLast: 0, statsu: "failed" }],
  ["compareRuns"],
  ["compareRuns", "abc"],
  ["startRun", null],
  ["startRun", 5],
  ["startRun", { tags: null }],
  ["startRun", { tags: "ab" }],
  ["endRun", "r", null],
  ["logParams", "r"],
  ["logParams", "r", 5],
  ["setTags", "r", null],
  ["setTags", "r", "ab"],
  ["setNote", "r", 5],
  ["logMetrics", "r"],
  ["logMetrics", "r", 5],
  ["logMetrics", "r", { loss: 1 }, null],
  ["logMetrics", "r", { loss: 1 }, { timestamp: "2020-01-01" }],
  ["logPoints", "r"],
  ["logPoints", "r", 5],
  ["logPoints", "r", [null]],
  ["logPoints", "r", [{ key: 5, value: 1 }]],
  ["logPoints", "r", [{ key: "loss", value: 1, timestamp: 5 }]],
  ["curve", "r", "loss", null],
  ["curve", "r", "loss", { points: "x" }],
  ["logDataset", "r"],
  ["logDataset", "r", { features: 5 }],
  ["logDataset", "r", { features: [5] }],
  ["describeExperiment", "x"],
  ["describeExperiment", "x", { owner: 5 }],
  ["gc", { grace: null }],
  ["gc", { grace: "x" }],
  ["putFile", "r", "b", 5],
  ["putFile", "r", "b", ""],
  ["putDirectory", "r", ""],
  ["backup"],
  ["backup", null],
];

Deno.test("options of a wrong type are refused, and say which", () =>
  inMemory(async (store) => {
    await store.put("r", "a", "text");
    for (const [name, ...args] of BAD_CALLS) {
      const call = async () => {
        const given = await untyped(store)[name]!(...args);
        return name === "verify" ? await given.summary() : given;
      };
      await assertRefuses(InvalidOptionError, call, `${name} ${Deno.inspect(args)}`);
    }
    assert.deepEqual((await store.listRuns()).map(({ status }) => status), ["running"]);
    assert.deepEqual(await store.metrics("r"), []);
    assert.deepEqual((await store.find({})).map(({ name }) => name), ["a"]);
  }));

Deno.test("prune() names the statuses that there are", () =>
  inMemory(async (store) => {
    await assert.rejects(
      untyped(store).prune!({ status: "odd" }),
      /status takes running, completed, failed, not "odd"/,
    );
  }));

Deno.test("models refuse options of a wrong type", () =>
  inMemory(async (store) => {
    const models = store.models as unknown as Untyped;
    for (const value of [undefined, null, 5]) {
      await assertRefuses(InvalidOptionError, () => models.register!("m", value), "register");
    }
    for (const value of [null, 5, "x"]) {
      await assertRefuses(InvalidOptionError, () => models.load!("m", value), "load");
    }
  }));

Deno.test("openStore() and restoreStore() refuse options of a wrong type", async () => {
  const options = [
    ...[null, 5, "x.db", []],
    ...["x", NaN, -1, null, Symbol("x")].map((busyTimeout) => ({ inMemory: true, busyTimeout })),
    ...["odd", 5, null, Symbol("x"), { __proto__: null }].flatMap((odd) => [
      { inMemory: true, durability: odd },
      { inMemory: true, driver: odd },
    ]),
  ];
  for (const bad of options) {
    const open = async () => {
      await using _store = await openStore(bad as never);
    };
    await assertRefuses(InvalidOptionError, open, Deno.inspect(bad));
  }
  await inTempDir(async (dir) => {
    for (const bad of [undefined, null, 5, ""]) {
      const restore = () => restoreStore(bad as never, { path: `${dir}/t.db` });
      await assertRefuses(InvalidOptionError, restore, Deno.inspect(bad));
    }
  });
});

Deno.test("an artifact is saved to a path only", async () => {
  await inTempDir(async (dir) => {
    await using store = await openIn(dir);
    const run = await store.startRun();
    const artifact = await run.put("a", "text");
    for (const bad of [undefined, null, 5, ""]) {
      const save = () => artifact.saveTo(bad as never);
      await assertRefuses(InvalidOptionError, save, Deno.inspect(bad));
    }
  });
});
