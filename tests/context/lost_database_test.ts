import assert from "node:assert/strict";
import { join } from "@std/path";
import { LostDatabaseError, restoreStore } from "../../mod.ts";
import { inTempDir, openIn, testEachDriver, tree } from "../support/helpers.ts";

testEachDriver(
  "a database that is lost, or empty, is not replaced in silence",
  (driver) =>
    inTempDir(async (dir) => {
      const backup = join(dir, "backup");
      {
        await using store = await openIn(dir, { driver });
        await store.startRun({ id: "r" });
        await store.artifacts.put("r", "a", "text");
        await store.backup(backup);
      }
      const path = join(dir, "t.db");
      const files = tree(join(dir, "t-artifacts"));
      for (const lose of [() => Deno.remove(path), () => Deno.writeFile(path, new Uint8Array())]) {
        await lose();
        await assert.rejects(openIn(dir, { driver }), (error) => {
          assert.ok(error instanceof LostDatabaseError);
          assert.match(error.message, /has files, such as "r"; bring the database back \(chachaml/);
          return error.artifactDir === join(dir, "t-artifacts");
        });
        assert.deepEqual(tree(join(dir, "t-artifacts")), files);
      }
      await Deno.remove(path);
      const { database } = await restoreStore(backup, { path, driver });
      assert.equal(database, true);
      await using store = await openIn(dir, { driver });
      assert.equal(await (await store.artifacts.get("r", "a")).text({ verify: true }), "text");
    }),
);

testEachDriver(
  "adoptDirectory creates a store beside files that are not its own, and leaves them",
  (driver) =>
    inTempDir(async (dir) => {
      await Deno.mkdir(join(dir, "t-artifacts", "mine"), { recursive: true });
      await Deno.writeTextFile(join(dir, "t-artifacts", "mine", "file"), "mine");
      await assert.rejects(openIn(dir, { driver }), LostDatabaseError);
      await assert.rejects(Deno.lstat(join(dir, "t.db")), Deno.errors.NotFound);
      {
        await using store = await openIn(dir, { driver, adoptDirectory: true });
        await store.startRun({ id: "r" });
      }
      await using store = await openIn(dir, { driver });
      await store.artifacts.put("r", "a", "text");
      assert.equal(await Deno.readTextFile(join(dir, "t-artifacts", "mine", "file")), "mine");
    }),
);
