import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import {
  ArtifactInUseError,
  InvalidOptionError,
  type PruneOptions,
  type Store,
} from "../../mod.ts";
import { inTempDir, openIn, storedIn, testOnSqlite } from "../support/helpers.ts";

/** Starts runs in this order, each with an artifact; all but those named have ended. */
async function makeRuns(store: Store, ids: readonly string[], running: readonly string[] = []) {
  for (const id of ids) {
    await store.startRun({ id, experiment: id.split("-")[0]! });
    await store.artifacts.put(id, "artifact", id);
    if (!running.includes(id)) await store.runs.end(id);
  }
}

async function remaining(store: Store): Promise<string[]> {
  return (await store.runs.list()).map(({ id }) => id).sort();
}

/** Has a model version name an artifact, as the model registry does. */
function register(store: Store, runId: string, artifactId: string): void {
  const database = new DatabaseSync(store.path!);
  database.exec(
    "CREATE TABLE IF NOT EXISTS model_versions (model_name TEXT, version INTEGER, run_id TEXT, " +
      "artifact_id TEXT, stage TEXT, description TEXT, created_at INTEGER)",
  );
  database.prepare("INSERT INTO model_versions VALUES ('net', 3, ?, ?, 'none', NULL, 0)")
    .run(runId, artifactId);
  database.close();
}

Deno.test("prune() keeps the newest of each experiment", async () => {
  await inTempDir(async (dir) => {
    await using store = await openIn(dir);
    await makeRuns(store, ["a-1", "b-1", "a-2", "a-3", "b-2"]);
    const { removed } = await store.runs.prune({ keepLast: 2, dryRun: true });
    assert.deepEqual(removed.map(({ id }) => id), ["a-1"]);
    assert.equal((await remaining(store)).length, 5);
    await store.runs.prune({ keepLast: 1 });
    assert.deepEqual(await remaining(store), ["a-3", "b-2"]);
    assert.deepEqual((await storedIn(store)).filter((path) => !path.includes("/")), [
      "a-3",
      "b-2",
    ]);
  });
});

Deno.test("prune() keeps the newest of those that fit, whatever the others are", async () => {
  await inTempDir(async (dir) => {
    await using store = await openIn(dir);
    const start = async (id: string, error?: string) => {
      await store.startRun({ id, experiment: id.split("-")[0]! });
      if (error !== "running") await store.runs.end(id, error === undefined ? {} : { error });
    };
    for (const id of ["a-1", "a-2", "a-3"]) await start(id, "boom");
    await start("b-1", "boom");
    for (const id of ["a-4", "a-5", "a-6"]) await start(id);
    for (const id of ["a-7", "a-8"]) await start(id, "running");
    const pruned = async (options: PruneOptions) =>
      (await store.runs.prune({ ...options, dryRun: true })).removed.map(({ id }) => id);
    assert.deepEqual(await pruned({ status: "failed", keepLast: 2 }), ["a-1"]);
    assert.deepEqual(await pruned({ keepLast: 5 }), ["a-1"], "running ones do not count");
    assert.deepEqual(await pruned({ experiment: "b", keepLast: 1 }), []);
    const { startTime } = await store.runs.get("a-4");
    const older = (await store.runs.list({ before: startTime })).map(({ id }) => id).reverse();
    const ofA = older.filter((id) => id.startsWith("a"));
    assert.deepEqual(await pruned({ olderThan: startTime, keepLast: 1 }), ofA.slice(0, -1));
  });
});

Deno.test("prune() takes runs of an experiment, a status, an age", async () => {
  await inTempDir(async (dir) => {
    await using store = await openIn(dir);
    await makeRuns(store, ["a-1", "a-2", "b-1", "b-2"], ["a-2", "b-2"]);
    await store.startRun({ id: "a-3", experiment: "a" });
    await store.runs.end("a-3", { error: "boom" });
    await store.runs.prune({ experiment: "a", status: "failed" });
    assert.deepEqual(await remaining(store), ["a-1", "a-2", "b-1", "b-2"]);
    await store.runs.prune({ olderThan: new Date(0) });
    assert.equal((await remaining(store)).length, 4);
    await store.runs.prune({ olderThan: new Date(Date.now() + 1000) });
    assert.deepEqual(await remaining(store), ["a-2", "b-2"], "running ones stay");
    await store.runs.prune({ status: "running", experiment: "b" });
    assert.deepEqual(await remaining(store), ["a-2"]);
  });
});

Deno.test("prune() without a word on which runs, or with a bad one, is refused", async () => {
  await inTempDir(async (dir) => {
    await using store = await openIn(dir);
    await makeRuns(store, ["a-1"]);
    for (const bad of [{}, { dryRun: true }, { keepLast: -1 }, { olderThan: new Date(NaN) }]) {
      await assert.rejects(store.runs.prune(bad), InvalidOptionError);
    }
    assert.deepEqual(await remaining(store), ["a-1"]);
  });
});

testOnSqlite("what a model version is made of is removed by force only", async () => {
  await inTempDir(async (dir) => {
    await using store = await openIn(dir);
    await makeRuns(store, ["a-1", "a-2"]);
    const artifact = await store.artifacts.get("a-1", "artifact");
    register(store, "a-1", artifact.id);
    for (
      const attempt of [
        () => store.artifacts.remove(artifact.id),
        () => store.artifacts.remove("a-1", "artifact"),
        () => store.runs.remove("a-1"),
      ]
    ) {
      await assert.rejects(attempt(), (error: unknown) => {
        assert.ok(error instanceof ArtifactInUseError);
        assert.deepEqual(error.versions, ["net 3"]);
        return true;
      });
      assert.equal(await artifact.text({ verify: true }), "a-1");
    }
    const { removed, kept } = await store.runs.prune({ keepLast: 0 });
    assert.deepEqual([removed, kept].map((runs) => runs.map(({ id }) => id)), [["a-2"], ["a-1"]]);
    await store.artifacts.remove("a-1", "artifact", { force: true });
    assert.equal(await store.artifacts.has(artifact.id), false);
    await store.runs.prune({ keepLast: 0, force: true });
    assert.deepEqual(await remaining(store), []);
    assert.deepEqual(await storedIn(store), []);
  });
});
