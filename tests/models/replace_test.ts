/** The bytes of a model version are not replaced: a version never changes. */
import assert from "node:assert/strict";
import { ArtifactInUseError, openStore } from "../../mod.ts";
import {
  inTempDir,
  openIn,
  stagedOf,
  testEachDriver,
  testEachDriverOnFiles,
  writeStored,
} from "../support/helpers.ts";
import { leaveReplacement } from "../support/replacement_helpers.ts";

testEachDriver("other bytes do not take the place of a version's", async (driver) => {
  await using store = await openStore({ inMemory: true, driver });
  const run = await store.startRun({ id: "r" });
  await run.put("a", "a");
  await run.registerModel("net", { artifact: "a" });
  const { id, hash } = await store.artifacts.get("r", "a");
  await assert.rejects(
    store.artifacts.put("r", "a", "new", { ifExists: "replace" }),
    (error: unknown) => {
      assert.ok(error instanceof ArtifactInUseError);
      assert.match(error.message, /^Cannot replace artifact .*under another name$/);
      return true;
    },
  );
  assert.equal((await store.artifacts.put("r", "a", "a", { ifExists: "replace" })).id, id);
  assert.equal((await store.artifacts.put("r", "a", "a", { ifExists: "same" })).id, id);
  const loaded = await store.models.load("net", { version: 1 });
  assert.equal(loaded.hash, hash);
  assert.equal(await loaded.text({ verify: true }), "a");
  assert.deepEqual(await stagedOf(store), []);
  await store.models.remove("net", 1);
  await store.artifacts.put("r", "a", "new", { ifExists: "replace" });
  assert.equal(await (await store.artifacts.get(id)).text({ verify: true }), "new");
});

testEachDriverOnFiles(
  "a replacement that a crash left noted is settled first",
  (driver) =>
    inTempDir(async (dir) => {
      await using store = await openIn(dir, { driver });
      await store.startRun({ id: "r" });
      const { id } = await store.artifacts.put("r", "a", "old");
      // As left by a process that is gone, since this store was opened: the new bytes are in place.
      const text = "new";
      await leaveReplacement(store.artifactDir!, { key: "r/a", artifactId: id, text });
      await writeStored(store, "r/a", text);
      await store.models.register("net", { runId: "r", artifact: "a", stage: "production" });
      const loaded = await store.models.load("net");
      assert.equal(await loaded.text({ verify: true }), text);
      assert.equal(loaded.contentType, "text/x-new");
    }),
);

testEachDriver(
  "registering against replacing: the bytes registered stay",
  (driver) =>
    inTempDir(async (dir) => {
      await using store = await openIn(dir, { driver });
      await using twin = await openIn(dir, { driver });
      await store.startRun({ id: "r" });
      for (let round = 0; round < 15; round++) {
        const artifact = `a${round}`;
        const { id } = await store.artifacts.put("r", artifact, "old");
        const [registered, replaced] = await Promise.allSettled([
          store.models.register("net", { runId: "r", artifact })
            .then(() => store.artifacts.get(id)).then(({ hash }) => hash),
          twin.artifacts.put("r", artifact, "new", { ifExists: "replace" }),
        ]);
        assert.equal(registered.status, "fulfilled");
        const loaded = await store.models.load("net", { version: round + 1 });
        const text = await loaded.text({ verify: true });
        assert.equal(loaded.hash, (registered as PromiseFulfilledResult<string>).value);
        if (replaced.status === "rejected") {
          assert.ok(replaced.reason instanceof ArtifactInUseError, String(replaced.reason));
        }
        assert.equal(text, replaced.status === "fulfilled" ? "new" : "old");
      }
    }),
);
