import assert from "node:assert/strict";
import { join } from "@std/path";
import { openStore } from "../../mod.ts";
import { tamperRows } from "../support/archive_helpers.ts";
import { inTempDir, openIn, testEachSqliteDriver, testOnSqlite } from "../support/helpers.ts";

testEachSqliteDriver(
  "info() counts runs, artifacts and bytes",
  (driver) =>
    inTempDir(async (dir) => {
      await using store = await openIn(dir, { driver });
      const [path, artifactDir] = [join(dir, "t.db"), store.artifactDir];
      const location = { database: path, artifacts: artifactDir };
      const place = { location, path, artifactDir, driver };
      const { databaseBytes, ...empty } = await store.info({ files: true });
      assert.deepEqual(empty, {
        ...place,
        runs: {},
        experiments: 0,
        artifacts: 0,
        bytes: 0,
        fileBytes: 0,
      });
      assert.ok(databaseBytes! > 0);
      for (const id of ["a", "b", "c"]) {
        await store.startRun({ id, experiment: id < "c" ? "e" : "f" });
      }
      await store.runs.end("a");
      await store.runs.end("b", { error: new Error("no luck") });
      await store.artifacts.put("a", "one", "12345");
      await store.artifacts.put("a", "two", "12345");
      await store.artifacts.put("c", "deep/three", "123");
      const { databaseBytes: _, ...full } = await store.info({ files: true });
      assert.deepEqual(full, {
        ...place,
        runs: { completed: 1, failed: 1, running: 1 },
        experiments: 2,
        artifacts: 3,
        bytes: 13,
        fileBytes: 13,
      });
    }),
);

testOnSqlite(
  "info() counts a file that artifacts share once, and what no row tells of too",
  () =>
    inTempDir(async (dir) => {
      await using store = await openIn(dir);
      await store.startRun({ id: "r" });
      for (const name of ["a", "b", "c"]) await store.artifacts.put("r", name, "12345");
      await store.dedup();
      const sizes = async () => {
        const { artifacts, bytes, fileBytes } = await store.info({ files: true });
        return { artifacts, bytes, fileBytes };
      };
      assert.deepEqual(await sizes(), { artifacts: 3, bytes: 15, fileBytes: 5 });
      Deno.writeTextFileSync(join(store.artifactDir!, "r/orphan"), "1234567");
      // What is on its way in, and what a link leads to, is no part of it.
      Deno.writeTextFileSync(join(store.artifactDir!, ".staging/left"), "1234");
      Deno.symlinkSync(store.path!, join(store.artifactDir!, "r/link"));
      assert.deepEqual(await sizes(), { artifacts: 3, bytes: 15, fileBytes: 12 });
      tamperRows(store, "UPDATE artifacts SET size = 'much' WHERE name = 'a'");
      assert.deepEqual(await sizes(), { artifacts: 3, bytes: 10, fileBytes: 12 });
    }),
);

testOnSqlite(
  "info() counts the database's log, and knows no path of a store in memory",
  async () => {
    await inTempDir(async (dir) => {
      await using store = await openIn(dir);
      for (let run = 0; run < 20; run++) await store.startRun();
      const { databaseBytes } = await store.info();
      const files = ["t.db", "t.db-wal"].map((name) => Deno.statSync(join(dir, name)).size);
      assert.equal(databaseBytes, files[0]! + files[1]!);
      assert.ok(files[1]! > 0);
      await using reader = await openStore({
        path: store.path!,
        driver: "builtin",
        readOnly: true,
      });
      assert.deepEqual(await reader.info(), await store.info());
      assert.equal((await reader.info()).fileBytes, undefined);
    });
    await using memory = await openStore({ inMemory: true, driver: "builtin" });
    const { path, databaseBytes } = await memory.info();
    assert.deepEqual([path, databaseBytes], [undefined, undefined]);
  },
);
