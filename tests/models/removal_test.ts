/** What model versions are made of stays, unless it goes together with the version. */
import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import {
  ArtifactInUseError,
  ArtifactNotFoundError,
  ModelNotFoundError,
  openStore,
  Store,
} from "../../mod.ts";
import type { MetadataStore } from "../../src/metadata/metadata_store.ts";
import type { ModelStore } from "../../src/metadata/model_store.ts";
import { Models } from "../../src/models/models.ts";
import { openContext } from "../../src/context/compose.ts";
import {
  inTempDir,
  openIn,
  storedIn,
  testEachDriver,
  testEachSqliteDriver,
} from "../support/helpers.ts";

/** Registers artifacts of the run `r`, each put with its name in it. */
async function registerAll(store: Store, names: readonly string[]): Promise<void> {
  await store.startRun({ id: "r" });
  for (const name of names) {
    await store.artifacts.put("r", name, name);
    await store.models.register("net", { runId: "r", artifact: name });
  }
}

/** The artifacts of a model's versions; fails if one is missing or not what its row says. */
async function madeOf(store: Store, model: string): Promise<string[]> {
  const versions = await store.models.versions(model);
  return await Promise.all(versions.map(async ({ version }) => {
    const artifact = await store.models.load(model, { version });
    await artifact.bytes({ verify: true });
    return `${version} ${artifact.name}`;
  }));
}

testEachDriver("an artifact goes by force only, and its versions with it", async (driver) => {
  await using store = await openStore({ inMemory: true, driver });
  await registerAll(store, ["a", "b"]);
  await store.models.register("other", { runId: "r", artifact: "a" });
  await assert.rejects(store.artifacts.remove("r", "a"), (error: unknown) => {
    assert.ok(error instanceof ArtifactInUseError);
    assert.deepEqual(error.versions, ["net 1", "other 1"]);
    assert.match(error.message, /^Cannot remove artifact .*pass force: true/);
    return true;
  });
  assert.deepEqual(await madeOf(store, "net"), ["1 a", "2 b"]);
  await store.artifacts.remove("r", "a", { force: true });
  assert.deepEqual(await madeOf(store, "net"), ["2 b"]);
  assert.equal((await store.models.get("other")).versions, 0);
  await store.models.remove("net", 2);
  await store.artifacts.remove("r", "b");
  assert.deepEqual(await storedIn(store), []);
});

testEachDriver("a run goes by force only, and its versions with it", async (driver) => {
  await using store = await openStore({ inMemory: true, driver });
  await registerAll(store, ["a", "b"]);
  const other = await store.startRun({ id: "other" });
  await other.put("c", "c");
  await other.registerModel("net", { artifact: "c" });
  await assert.rejects(store.runs.remove("r"), ArtifactInUseError);
  assert.deepEqual(await madeOf(store, "net"), ["1 a", "2 b", "3 c"]);
  await store.runs.remove("r", { force: true });
  assert.deepEqual(await madeOf(store, "net"), ["3 c"]);
  await other.end();
  assert.deepEqual((await store.runs.prune({ keepLast: 0 })).kept.map(({ id }) => id), ["other"]);
  await store.runs.prune({ keepLast: 0, force: true });
  assert.deepEqual(await madeOf(store, "net"), []);
  assert.equal((await store.models.list()).length, 1);
});

testEachSqliteDriver(
  "a version that names another run's artifact protects that run",
  (driver) =>
    inTempDir(async (dir) => {
      let path: string;
      {
        await using store = await openIn(dir, { driver });
        path = store.path!;
        await registerAll(store, ["a"]);
        await store.startRun({ id: "trainer" });
      }
      // Ours refuses to register that; chachaml takes any run and artifact id.
      const database = new DatabaseSync(path);
      database.exec("UPDATE model_versions SET run_id = 'trainer'");
      database.close();
      await using store = await openIn(dir, { driver });
      await assert.rejects(store.runs.remove("r"), ArtifactInUseError);
      await assert.rejects(store.runs.remove("trainer"), ArtifactInUseError);
      assert.deepEqual(await madeOf(store, "net"), ["1 a"]);
      await store.runs.remove("r", { force: true });
      assert.deepEqual(await madeOf(store, "net"), []);
    }),
);

testEachSqliteDriver(
  "registering against removing leaves both or neither",
  (driver) =>
    inTempDir(async (dir) => {
      await using store = await openIn(dir, { driver });
      await using twin = await openIn(dir, { driver });
      for (let round = 0; round < 24; round++) {
        const runId = `r${round}`;
        await store.startRun({ id: runId });
        const { id } = await store.artifacts.put(runId, "a", "text");
        const force = round % 2 === 0;
        const remove = () =>
          round % 4 < 2 ? twin.artifacts.remove(id, { force }) : twin.runs.remove(runId, { force });
        const register = () => store.models.register("net", { runId, artifactId: id });
        const calls = round % 3 === 0 ? [remove(), register()] : [register(), remove()];
        for (const outcome of await Promise.allSettled(calls)) {
          if (outcome.status === "fulfilled") continue;
          const { code } = outcome.reason;
          const expected = [
            "artifact-not-found",
            "run-not-found",
            ...force ? [] : ["artifact-in-use"],
          ];
          assert.ok(expected.includes(code), String(outcome.reason));
        }
        const versions = await store.models.versions("net").catch((error) => {
          assert.ok(error instanceof ModelNotFoundError);
          return [];
        });
        for (const { artifactId } of versions) assert.ok(await store.artifacts.has(artifactId));
        assert.equal(
          versions.some(({ artifactId }) => artifactId === id),
          await store.artifacts.has(id),
        );
      }
    }),
);

testEachDriver("load() takes what has come into production since it looked", async (driver) => {
  const parts = await openContext({ inMemory: true, driver });
  await using store = new Store(parts);
  await registerAll(store, ["a", "b"]);
  await store.models.promote("net", 1);
  let looks = 0;
  const find = async (...args: Parameters<ModelStore["find"]>) => {
    const found = await parts.metadata.models.find(...args);
    if (++looks === 1) {
      await store.models.promote("net", 2);
      await store.artifacts.remove("r", "a", { force: true });
    }
    return found;
  };
  const metadata = { ...parts.metadata, models: { find } as unknown as ModelStore };
  const slow = { ...parts, metadata: metadata as MetadataStore };
  const models = new Models({
    use: (work) => work(slow),
    read: (work) => work(slow),
    write: (work) => work(slow),
  });
  assert.equal((await models.load("net")).name, "b");
  assert.equal(looks, 2);
});

testEachSqliteDriver(
  "load() of a version whose artifact another program has removed says so",
  (driver) =>
    inTempDir(async (dir) => {
      let path: string;
      {
        await using store = await openIn(dir, { driver });
        path = store.path!;
        await registerAll(store, ["a"]);
      }
      const database = new DatabaseSync(path);
      database.exec("DELETE FROM artifacts");
      database.close();
      await using store = await openIn(dir, { driver });
      await assert.rejects(store.models.load("net", { version: 1 }), ArtifactNotFoundError);
    }),
);
