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

/** Calls by name, without their types. */
// deno-lint-ignore no-explicit-any
type Untyped = Record<string, (...args: any[]) => any>;

/** The calls of a store and of its rooms: `gc`, `runs.get`. */
function untyped(store: Store): Untyped {
  return new Proxy({}, {
    get: (_, name: string) => {
      const [room, call] = name.split(".");
      const target = (call === undefined ? store : store[room as "runs"]) as unknown as Untyped;
      return target[call ?? room!]!.bind(target);
    },
  });
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
  await store.artifacts.put("r", "a", "text");
  const calls = untyped(store);
  const byId = [
    ...[
      "runs.get",
      "runs.end",
      "runs.remove",
      "runs.params",
      "metrics.points",
      "metrics.summary",
      "runs.datasets",
      "artifacts.list",
    ],
    ...["artifacts.get", "artifacts.has", "artifacts.remove"],
  ];
  for (const value of NO_TEXT) {
    const shown = Deno.inspect(value);
    for (const name of byId) {
      await assertRefuses(InvalidNameError, () => calls[name]!(value), `${name}(${shown})`);
    }
    await assertRefuses(
      InvalidNameError,
      () => calls["metrics.curve"]!("r", value),
      `curve(${shown})`,
    );
    await assertRefuses(InvalidNameError, () => calls["runs.compare"]!([value]), shown);
    await assertRefuses(InvalidNameError, () => Array.fromAsync(calls.export!([value])), shown);
    await assertRefuses(InvalidNameError, () => calls["experiments.describe"]!(value, {}), shown);
  }
  for (const value of [null, 5, true, Symbol("x")]) {
    const shown = Deno.inspect(value);
    for (const name of ["artifacts.get", "artifacts.has", "artifacts.remove"]) {
      await assertRefuses(InvalidNameError, () => calls[name]!("r", value), `${name}(r, ${shown})`);
    }
    await assertRefuses(InvalidOptionError, () => calls["metrics.points"]!("r", value), shown);
  }
  assert.equal(await (await store.artifacts.get("r", "a")).text(), "text");
});

/** Calls that are refused as options, by their name and arguments. */
const BAD_CALLS: [call: string, ...args: unknown[]][] = [
  ["artifacts.find"],
  ["artifacts.find", null],
  ...["abc", 1.5, NaN, Infinity, -5, null].map((limit) =>
    ["artifacts.find", { limit }] as [string, unknown]
  ),
  ...["runId", "name", "contentType", "hash"].flatMap((key) =>
    [5, null, {}].map((value) => ["artifacts.find", { [key]: value }] as [string, unknown])
  ),
  ["artifacts.find", { limt: 5 }],
  ["verify", { runId: {} }],
  ["runs.list", null],
  ...["idPrefix", "experiment", "status", "name", "parentId", "createdBy"].flatMap((key) =>
    [5, null, {}].map((value) => ["runs.list", { [key]: value }] as [string, unknown])
  ),
  ...["tags", "params", "metrics", "sortBy"].flatMap((key) =>
    [5, null, "loss"].map((value) => ["runs.list", { [key]: value }] as [string, unknown])
  ),
  ["runs.list", { tags: { a: 1 } }],
  ["runs.list", { sortBy: {} }],
  ["runs.list", { sortBy: { metric: 5 } }],
  ["runs.best"],
  ["runs.best", "loss"],
  ["runs.best", {}],
  ["runs.prune"],
  ["runs.prune", null],
  ...["2020-01-01", 5, null, new Date(NaN)].map((olderThan) =>
    ["runs.prune", { olderThan }] as [string, unknown]
  ),
  ...["odd", "", null, 5].map((status) => ["runs.prune", { status }] as [string, unknown]),
  ...[1.5, "2", -1, NaN, null].map((keepLast) => ["runs.prune", { keepLast }] as [string, unknown]),
  ["runs.prune", { experiment: 5 }],
  ["runs.prune", { keepLast: 0, statsu: "failed" }],
  ["runs.compare"],
  ["runs.compare", "abc"],
  ["startRun", null],
  ["startRun", 5],
  ["startRun", { tags: null }],
  ["startRun", { tags: "ab" }],
  ["runs.end", "r", null],
  ["runs.logParams", "r"],
  ["runs.logParams", "r", 5],
  ["runs.setTags", "r", null],
  ["runs.setTags", "r", "ab"],
  ["runs.setNote", "r", 5],
  ["metrics.log", "r"],
  ["metrics.log", "r", 5],
  ["metrics.log", "r", { loss: 1 }, null],
  ["metrics.log", "r", { loss: 1 }, { timestamp: "2020-01-01" }],
  ["metrics.logPoints", "r"],
  ["metrics.logPoints", "r", 5],
  ["metrics.logPoints", "r", [null]],
  ["metrics.logPoints", "r", [{ key: 5, value: 1 }]],
  ["metrics.logPoints", "r", [{ key: "loss", value: 1, timestamp: 5 }]],
  ["metrics.curve", "r", "loss", null],
  ["metrics.curve", "r", "loss", { points: "x" }],
  ["runs.logDataset", "r"],
  ["runs.logDataset", "r", { features: 5 }],
  ["runs.logDataset", "r", { features: [5] }],
  ["experiments.describe", "x"],
  ["experiments.describe", "x", { owner: 5 }],
  ["gc", { grace: null }],
  ["gc", { grace: "x" }],
  ["artifacts.putFile", "r", "b", 5],
  ["artifacts.putFile", "r", "b", ""],
  ["artifacts.putDirectory", "r", ""],
  ["backup"],
  ["backup", null],
];

Deno.test("options of a wrong type are refused, and say which", () =>
  inMemory(async (store) => {
    await store.artifacts.put("r", "a", "text");
    for (const [name, ...args] of BAD_CALLS) {
      const call = async () => {
        const given = await untyped(store)[name]!(...args);
        return name === "verify" ? await given.summary() : given;
      };
      await assertRefuses(InvalidOptionError, call, `${name} ${Deno.inspect(args)}`);
    }
    assert.deepEqual((await store.runs.list()).map(({ status }) => status), ["running"]);
    assert.deepEqual(await store.metrics.points("r"), []);
    assert.deepEqual((await store.artifacts.find({})).map(({ name }) => name), ["a"]);
  }));

Deno.test("prune() names the statuses that there are", () =>
  inMemory(async (store) => {
    await assert.rejects(
      untyped(store)["runs.prune"]!({ status: "odd" }),
      /status takes running, completed, failed, archived, not "odd"/,
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
