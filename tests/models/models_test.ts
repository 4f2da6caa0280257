import assert from "node:assert/strict";
import {
  ArtifactNotFoundError,
  InvalidNameError,
  InvalidOptionError,
  ModelNotFoundError,
  openStore,
  ReadOnlyError,
  RunNotFoundError,
  type Store,
  StoreClosedError,
} from "../../mod.ts";
import { inTempDir, openIn, testEachDriver } from "../support/helpers.ts";

/** A store in memory whose run `r` has the artifacts `a`, `b` and `c`, each with its name in it. */
async function storeWithArtifacts(driver: "ffi" | "builtin"): Promise<Store> {
  const store = await openStore({ inMemory: true, driver });
  await store.startRun({ id: "r" });
  for (const name of ["a", "b", "c"]) await store.artifacts.put("r", name, name);
  return store;
}

async function stages(store: Store, model: string): Promise<string[]> {
  return (await store.models.versions(model)).map(({ version, stage }) => `${version} ${stage}`);
}

testEachDriver("register() makes the model and counts its versions", async (driver) => {
  await using store = await storeWithArtifacts(driver);
  const { models } = store;
  assert.deepEqual(await models.list(), []);
  const first = await models.register("net", {
    runId: "r",
    artifact: "a",
    description: "small",
    modelDescription: "digits",
  });
  const { id } = await store.artifacts.get("r", "a");
  assert.ok(Math.abs(Date.now() - first.createdAt.getTime()) < 60_000);
  assert.deepEqual(first, {
    model: "net",
    version: 1,
    runId: "r",
    artifactId: id,
    stage: "none",
    description: "small",
    createdAt: first.createdAt,
  });
  const { id: artifactId } = await store.artifacts.get("r", "b");
  const second = await models.register("net", { runId: "r", artifactId, modelDescription: "no" });
  assert.deepEqual([second.version, second.artifactId, second.description], [2, artifactId, null]);
  await models.register("a net", { runId: "r", artifact: "b", stage: "production" });
  assert.deepEqual(await models.versions("net"), [first, second]);
  const net = {
    name: "net",
    description: "digits",
    createdAt: first.createdAt,
    versions: 2,
    production: null,
  };
  assert.deepEqual(await models.get("net"), net);
  const listed = await models.list();
  assert.deepEqual(listed.map(({ name }) => name), ["a net", "net"]);
  assert.deepEqual(listed[1], net);
  assert.deepEqual([listed[0]!.production, listed[0]!.versions], [1, 1]);
});

testEachDriver("a run registers its own artifacts", async (driver) => {
  await using store = await storeWithArtifacts(driver);
  const run = await store.startRun();
  await run.put("a", "of this run");
  const { runId } = await run.registerModel("net", { artifact: "a", stage: "production" });
  assert.equal(runId, run.id);
  assert.equal(await (await store.models.load("net")).text(), "of this run");
});

testEachDriver("one version is in production at a time", async (driver) => {
  await using store = await storeWithArtifacts(driver);
  const { models } = store;
  for (const artifact of ["a", "b", "c"]) {
    await models.register("net", { runId: "r", artifact, stage: "production" });
    await models.register("other", { runId: "r", artifact, stage: "staging" });
  }
  assert.deepEqual(await stages(store, "net"), ["1 archived", "2 archived", "3 production"]);
  await models.promote("other", 2);
  assert.equal((await models.promote("net", 1)).stage, "production");
  assert.deepEqual(await stages(store, "net"), ["1 production", "2 archived", "3 archived"]);
  assert.deepEqual(await stages(store, "other"), ["1 staging", "2 production", "3 staging"]);
  await models.promote("net", 1);
  assert.deepEqual(await stages(store, "net"), ["1 production", "2 archived", "3 archived"]);
  for (const stage of ["none", "staging", "archived"] as const) {
    await models.promote("net", 2, stage);
    assert.deepEqual(await stages(store, "net"), ["1 production", `2 ${stage}`, "3 archived"]);
  }
  await models.promote("net", 1, "staging");
  assert.equal((await models.get("net")).production, null);
});

testEachDriver("load() takes production, a stage's latest, or a number", async (driver) => {
  await using store = await storeWithArtifacts(driver);
  const { models } = store;
  for (
    const [artifact, stage] of [["a", "production"], ["b", "staging"], ["c", "staging"]] as const
  ) {
    await models.register("net", { runId: "r", artifact, stage });
  }
  const text = async (...args: Parameters<typeof models.load>) =>
    await (await models.load(...args)).text({ verify: true });
  assert.equal(await text("net"), "a");
  assert.equal(await text("net", {}), "a");
  assert.equal(await text("net", { stage: "production" }), "a");
  assert.equal(await text("net", { stage: "staging" }), "c");
  assert.equal(await text("net", { version: 2 }), "b");
  assert.equal((await models.find("net", { stage: "staging" })).version, 3);
  assert.equal((await models.find("net")).version, 1);
});

testEachDriver("what is not there is said, with what is", async (driver) => {
  await using store = await storeWithArtifacts(driver);
  const { models } = store;
  const refusal = async (call: Promise<unknown>) => {
    const error = await call.then(() => undefined, (error) => error);
    assert.ok(error instanceof ModelNotFoundError, String(error));
    assert.equal(error.code, "model-not-found");
    return error;
  };
  for (
    const call of [
      () => models.get("iris"),
      () => models.versions("iris"),
      () => models.load("iris"),
      () => models.promote("iris", 1),
      () => models.describe("iris", "text"),
      () => models.remove("iris"),
      () => models.remove("iris", 1),
    ]
  ) assert.match((await refusal(call())).message, /"iris": no model .*; register it first$/);
  await models.register("iris-classifier", { runId: "r", artifact: "a", stage: "staging" });
  const misspelt = await refusal(models.load("Iris_clasifier"));
  assert.match(misspelt.message, /there is "iris-classifier"$/);
  assert.match((await refusal(models.get("digits"))).message, /register it first$/);
  const production = await refusal(models.load("iris-classifier"));
  assert.deepEqual(
    [production.model, production.stage, production.version],
    ["iris-classifier", "production", undefined],
  );
  assert.match(production.message, /latest version is 1, with the stage "staging"; promote/);
  const second = await refusal(models.find("iris-classifier", { version: 2 }));
  assert.deepEqual([second.version, second.stage], [2, undefined]);
  await refusal(models.promote("iris-classifier", 2));
  await refusal(models.remove("iris-classifier", 2));
  assert.deepEqual(await stages(store, "iris-classifier"), ["1 staging"]);
});

testEachDriver(
  "register() refuses what the run does not have, and changes nothing",
  async (driver) => {
    await using store = await storeWithArtifacts(driver);
    const other = await store.startRun();
    const { id: artifactId } = await store.artifacts.get("r", "a");
    const attempts = [
      [{ runId: "r", artifact: "x" }, ArtifactNotFoundError],
      [{ runId: other.id, artifact: "a" }, ArtifactNotFoundError],
      [{ runId: other.id, artifactId }, ArtifactNotFoundError],
      [{ runId: "r", artifactId: "x" }, ArtifactNotFoundError],
      [{ runId: "x", artifact: "a" }, RunNotFoundError],
      [{ runId: "r" }, InvalidOptionError],
      [{ runId: "r", artifact: "a", artifactId }, InvalidOptionError],
      [{ runId: "r", artifact: 7 }, InvalidOptionError],
      [{ artifact: "a" }, InvalidOptionError],
      [{ runId: "r", artifact: "a", stage: "live" }, /none, staging, production, archived$/],
      [{ runId: "r", artifact: "a", description: 7 }, InvalidOptionError],
    ] as const;
    for (const [options, expected] of attempts) {
      await assert.rejects(store.models.register("net", options as never), expected);
    }
    assert.deepEqual(await store.models.list(), []);
    await assert.rejects(store.models.get("net"), ModelNotFoundError);
  },
);

testEachDriver("names, versions, stages and selectors are checked", async (driver) => {
  await using store = await storeWithArtifacts(driver);
  const { models } = store;
  const refused = {
    "": "empty",
    "two\nlines": "control-character",
    "a\u2028b": "control-character",
    "\ud800": "lone-surrogate",
    ["n".repeat(256)]: "too-long",
  };
  for (const [name, rule] of Object.entries(refused)) {
    await assert.rejects(models.register(name, { runId: "r", artifact: "a" }), (error: unknown) => {
      assert.ok(error instanceof InvalidNameError);
      assert.equal(error.rule, rule);
      return true;
    });
  }
  for (const name of ["😀".repeat(255), "../Ёж: 100% \\ 'net' \"?", "__proto__"]) {
    await models.register(name, { runId: "r", artifact: "a" });
    assert.equal((await models.get(name)).name, name);
  }
  await assert.rejects(models.get(undefined as never), InvalidNameError);
  await models.register("net", { runId: "r", artifact: "a" });
  for (
    const call of [
      () => models.promote("net", 1, "live" as never),
      () => models.promote("net", 1, null as never),
      () => models.promote("net", 1.5),
      () => models.promote("net", "1" as never),
      () => models.find("net", { stage: "live" as never }),
      () => models.find("net", { stage: "none", version: 1 }),
      () => models.load("net", { version: NaN }),
      () => models.describe("net", 7 as never),
      () => models.remove("net", undefined as never),
    ]
  ) await assert.rejects(call(), InvalidOptionError, String(call));
  assert.deepEqual(await stages(store, "net"), ["1 none"]);
});

testEachDriver("describe() and remove() change models, never artifacts", async (driver) => {
  await using store = await storeWithArtifacts(driver);
  const { models } = store;
  for (const artifact of ["a", "b"]) await models.register("net", { runId: "r", artifact });
  await models.register("other", { runId: "r", artifact: "a" });
  assert.equal((await models.describe("net", "digits")).description, "digits");
  assert.equal((await models.describe("net", null)).description, null);
  assert.equal((await models.get("other")).description, null);
  await models.remove("net", 1);
  assert.deepEqual(await stages(store, "net"), ["2 none"]);
  assert.equal((await models.register("net", { runId: "r", artifact: "a" })).version, 3);
  for (const version of [2, 3]) await models.remove("net", version);
  assert.equal((await models.get("net")).versions, 0);
  assert.deepEqual(await models.versions("net"), []);
  await assert.rejects(models.load("net"), /it has no version; register one first$/);
  await models.register("net", { runId: "r", artifact: "c" });
  await models.remove("net");
  assert.deepEqual((await models.list()).map(({ name }) => name), ["other"]);
  await assert.rejects(models.versions("net"), ModelNotFoundError);
  assert.deepEqual(await stages(store, "other"), ["1 none"]);
  assert.equal((await store.artifacts.list("r")).length, 3);
});

testEachDriver(
  "a read-only store gives models and changes none; a closed one neither",
  (driver) =>
    inTempDir(async (dir) => {
      const store = await openIn(dir, { driver });
      const run = await store.startRun({ id: "r" });
      await run.put("a", "a");
      {
        await using before = await openIn(dir, { driver, readOnly: true });
        assert.deepEqual(await before.models.list(), []);
        await assert.rejects(before.models.load("net"), ModelNotFoundError);
      }
      await run.registerModel("net", { artifact: "a", stage: "production" });
      await using reader = await openIn(dir, { driver, readOnly: true });
      assert.equal(await (await reader.models.load("net")).text(), "a");
      {
        const { models } = reader;
        await assert.rejects(models.register("net", { runId: "r", artifact: "a" }), ReadOnlyError);
        await assert.rejects(models.promote("net", 1), ReadOnlyError);
        await assert.rejects(models.describe("net", "x"), ReadOnlyError);
        await assert.rejects(models.remove("net"), ReadOnlyError);
      }
      await store.close();
      await assert.rejects(store.models.list(), StoreClosedError);
      await assert.rejects(store.models.load("net"), StoreClosedError);
      await assert.rejects(run.registerModel("net", { artifact: "a" }), StoreClosedError);
    }),
);
