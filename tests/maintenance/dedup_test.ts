import assert from "node:assert/strict";
import { join } from "@std/path";
import { openStore, type Progress } from "../../mod.ts";
import { archiveOf, membersOf, rowsOf } from "../support/archive_helpers.ts";
import { stateOf, tamper } from "../support/backup_helpers.ts";
import {
  assertTrue,
  byFile,
  fileOf,
  fill,
  paths,
  TEXTS,
  withTwins,
} from "../support/dedup_helpers.ts";
import {
  inTempDir,
  openIn,
  storedIn,
  testEachSqliteDriver,
  testOnOwnFiles,
  testOnSqlite,
} from "../support/helpers.ts";

testEachSqliteDriver(
  "dedup() makes one read-only file of what is the same, and changes no row",
  (driver) =>
    inTempDir(async (dir) => {
      await using store = await openIn(dir, { driver });
      await fill(store);
      const [rows, names] = [rowsOf(store), await storedIn(store)];
      const report = await store.dedup();
      assert.deepEqual(paths(report), { shared: ["r/deep/b", "s/a"], unshared: [] });
      assert.equal(report.bytes, 2 * "the same text".length);
      assert.deepEqual(byFile(store), [["r/a", "r/deep/b", "s/a"]]);
      assert.equal(fileOf(store, "r/a").nlink, 3);
      assert.equal(fileOf(store, "r/a").mode! & 0o222, 0);
      assert.deepEqual([rowsOf(store), await storedIn(store)], [rows, names]);
      await assertTrue(store);
      const again = await store.dedup();
      assert.deepEqual([paths(again), again.bytes], [{ shared: [], unshared: [] }, 0]);
    }),
);

testOnSqlite(
  "dedup() with dryRun tells the same, and changes nothing",
  () =>
    withTwins(async (store) => {
      const before = stateOf(store.artifactDir!);
      const dry = await store.dedup({ dryRun: true });
      assert.deepEqual(stateOf(store.artifactDir!), before);
      const { shared, bytes } = await store.dedup();
      assert.deepEqual([dry.shared, dry.bytes], [shared, bytes]);
      assert.equal((await store.dedup({ dryRun: true })).bytes, 0);
    }),
);

testOnSqlite(
  "dedup() takes the mode of writing from a file that others will share",
  () =>
    withTwins(async (store) => {
      for (const path of ["r/a", "s/a"]) Deno.chmodSync(join(store.artifactDir!, path), 0o666);
      await store.dedup();
      assert.equal(fileOf(store, "s/a").mode! & 0o222, 0);
    }),
);

testOnSqlite(
  "what is done to an artifact that shares a file is done to it alone",
  () =>
    withTwins(async (store) => {
      await store.dedup();
      await store.artifacts.put("r", "a", "new", { ifExists: "replace" });
      await store.artifacts.remove("s", "a");
      const { "s/a": _, ...texts } = TEXTS;
      await assertTrue(store, { ...texts, "r/a": "new" });
      await store.runs.remove("r");
      await assertTrue(store, { "s/empty": "", "s/other": "yet another" });
    }),
);

testOnSqlite(
  "dedup() tells of progress up to all bytes that have a twin",
  () =>
    withTwins(async (store) => {
      const told: Progress[] = [];
      await store.dedup({ onProgress: (progress) => told.push(progress) });
      const total = 3 * "the same text".length;
      assert.deepEqual(told.map(({ bytes }) => bytes), [total / 3, 2 * total / 3, total]);
      assert.ok(told.every((progress) => progress.total === total));
    }),
);

testOnSqlite(
  "put() with dedup shares at once, but only what is whole",
  () =>
    withTwins(async (store) => {
      const once = await store.artifacts.put("s", "once", "the same text", { dedup: true });
      assert.equal(fileOf(store, once.path).ino, fileOf(store, "r/a").ino);
      for (const path of ["r/a", "s/once"]) {
        assert.equal(fileOf(store, path).mode! & 0o222, 0);
      }
      tamper(join(store.artifactDir!, "r/other"), "aNother text");
      const own = await store.artifacts.put("s", "own", "another text", { dedup: true });
      assert.equal(fileOf(store, own.path).nlink, 1);
      assert.equal(await own.text({ verify: true }), "another text");
      await store.artifacts.put("s", "nothing", "", { dedup: true });
      assert.equal(fileOf(store, "s/nothing").nlink, 1);
    }),
);

testOnSqlite(
  "an export of artifacts that share a file holds each of them",
  () =>
    withTwins(async (store, dir) => {
      await store.dedup();
      const archive = await archiveOf(store, ["r", "s"]);
      const members = membersOf(archive).slice(1).map(({ name, body }) => [
        name,
        new TextDecoder().decode(body),
      ]);
      assert.deepEqual(Object.fromEntries(members.sort()), TEXTS);
      await using other = await openIn(dir, { path: join(dir, "other.db") });
      await other.import(store.export(["r", "s"]));
      await assertTrue(other);
      assert.deepEqual(byFile(other), []);
    }),
);

testOnOwnFiles(
  "dedup() meets puts, replacements and removals, and damages none of them",
  () =>
    inTempDir(async (dir) => {
      await using store = await openIn(dir, { durability: "relaxed" });
      await using other = await openIn(dir, { durability: "relaxed" });
      await store.startRun({ id: "r" });
      const names = Array.from({ length: 12 }, (_, at) => `n${at}`);
      const texts = ["one text", "two text"];
      const expected: Record<string, string> = {};
      let busy = true;
      const change = async () => {
        for (let round = 0; round < 25; round++) {
          await Promise.all(names.map(async (name, at) => {
            const text = texts[(round + at) % 3 === 0 ? 0 : 1]!;
            if (round % 5 === 4 && at % 4 === 0) await store.artifacts.remove("r", name);
            const { hash } = await store.artifacts.put("r", name, text, {
              ifExists: "replace",
              dedup: at % 3 === 0,
            });
            assert.ok(hash);
            expected[`r/${name}`] = text;
          }));
        }
        busy = false;
      };
      let shared = 0;
      const share = async () => {
        while (busy) shared += (await other.dedup()).shared.length;
      };
      const look = async () => {
        while (busy) assert.equal((await other.verify().summary()).damaged, 0);
      };
      await Promise.all([change(), share(), look()]);
      assert.ok(shared > 0);
      await store.dedup();
      assert.equal(byFile(store).length, 2);
      await assertTrue(store, Object.fromEntries(Object.entries(expected).sort()));
    }),
);

testOnSqlite("two dedups at the same time come to one file", () =>
  withTwins(async (store) => {
    await using other = await openStore({ path: store.path!, driver: "builtin" });
    await Promise.all([store.dedup(), other.dedup(), store.dedup()]);
    assert.deepEqual(byFile(store).map((group) => group.length), [3]);
    await assertTrue(store);
  }));
