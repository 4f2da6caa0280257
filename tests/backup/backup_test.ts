import assert from "node:assert/strict";
import { join } from "@std/path";
import { openStore, type Progress } from "../../mod.ts";
import {
  assertTidy,
  backedUp,
  contentsOf,
  fill,
  filled,
  namesIn,
  openBackup,
  tamper,
} from "../support/backup_helpers.ts";
import { inTempDir, openIn, testEachDriver, tree } from "../support/helpers.ts";

testEachDriver(
  "a backup opens as a store with the same runs and artifacts",
  (driver) =>
    inTempDir(async (dir) => {
      const dest = join(dir, "b");
      await using store = await filled(dir, { driver });
      const report = await store.backup(dest);
      assert.deepEqual(report, {
        path: join(dest, "chachaml.db"),
        artifactDir: join(dest, "chachaml-artifacts"),
        artifacts: 4,
        bytes: 9 + 9 + 1_600_000,
        copied: 4,
        copiedBytes: 9 + 9 + 1_600_000,
        linked: 0,
        omitted: [],
        droppedRuns: 0,
        droppedArtifacts: 0,
        failed: [],
        removed: [],
        check: undefined,
      });
      assertTidy(dest);
      assert.deepEqual(await backedUp(dest), await contentsOf(store));
      assert.deepEqual(
        tree(report.artifactDir).filter((name) => name.startsWith("r/deep")),
        ["r/deep", "r/deep/er", "r/deep/er/b"],
      );
      // One can go on with it.
      await using again = await openBackup(dest, { driver, readOnly: false });
      await again.artifacts.put("r", "new", "x");
      assert.equal((await again.verify().summary()).damaged, 0);
    }),
);

Deno.test("what a backup holds is read-only, and shares nothing with the store", () =>
  inTempDir(async (dir) => {
    await using store = await filled(dir);
    const { artifactDir } = await store.backup(join(dir, "b"));
    for (const { path, filePath } of await store.artifacts.find({})) {
      const [there, here] = [Deno.statSync(join(artifactDir, path)), Deno.statSync(filePath!)];
      assert.deepEqual([there.nlink, there.mode! & 0o222], [1, 0], path);
      assert.notEqual(there.ino, here.ino);
    }
  }));

Deno.test("a second backup copies only what is new, and drops what is gone", () =>
  inTempDir(async (dir) => {
    const dest = join(dir, "b");
    await using store = await filled(dir);
    const { artifactDir } = await store.backup(dest);
    const { ino } = await Deno.stat(join(artifactDir, "r/large"));
    await store.artifacts.put("r", "new", "12345");
    await store.artifacts.put("r", "a", "other text of a", { ifExists: "replace" });
    await store.artifacts.remove("r", "deep/er/b");
    const { artifacts, copied, copiedBytes, omitted, droppedRuns, droppedArtifacts } = await store
      .backup(dest);
    assert.deepEqual({ artifacts, copied, copiedBytes, omitted, droppedRuns, droppedArtifacts }, {
      artifacts: 4,
      copied: 2,
      copiedBytes: 5 + 15,
      omitted: [],
      droppedRuns: 0,
      droppedArtifacts: 1,
    });
    assertTidy(dest);
    assert.deepEqual(tree(artifactDir), ["r", "r/a", "r/empty", "r/large", "r/new"]);
    assert.equal((await Deno.stat(join(artifactDir, "r/large"))).ino, ino);
    assert.deepEqual(await backedUp(dest), await contentsOf(store));
    assert.equal((await store.backup(dest)).copied, 0);
  }));

Deno.test("a second backup follows files that became directories, and directories that became files", () =>
  inTempDir(async (dir) => {
    const dest = join(dir, "b");
    await using store = await openIn(dir);
    const { id } = await store.startRun();
    // Each state has the names of the one before as directories or files, or in another case.
    const states = [["a", "x/y/z", "Case"], ["a/b", "x/y", "case"], ["a/b/c", "x", "CASE/d"], [
      "a",
      "x/y/z",
      "Case",
    ]];
    for (const [round, names] of states.entries()) {
      for (const { id } of await store.artifacts.find({})) await store.artifacts.remove(id);
      for (const name of names) await store.artifacts.put(id, name, `${name} ${round}`);
      const { artifacts, copied, omitted } = await store.backup(dest);
      assert.deepEqual({ artifacts, copied, omitted }, { artifacts: 3, copied: 3, omitted: [] });
      assertTidy(dest);
      assert.deepEqual(await backedUp(dest), await contentsOf(store));
    }
  }));

Deno.test("a removed run is dropped from the backup with all it had", () =>
  inTempDir(async (dir) => {
    const dest = join(dir, "b");
    await using store = await filled(dir);
    const { artifactDir } = await store.backup(dest);
    await store.runs.remove("r");
    assert.equal((await store.backup(dest)).artifacts, 0);
    assert.deepEqual(tree(artifactDir), []);
    assert.deepEqual((await backedUp(dest)).runs.map(({ run }) => run.id), ["failed"]);
  }));

testEachDriver("a store in memory is backed up", (driver) =>
  inTempDir(async (dir) => {
    const dest = new URL(`file://${dir}/b%20b`);
    await using store = await openStore({ inMemory: true, driver });
    await fill(store);
    assert.equal((await store.backup(dest)).artifacts, 4);
    await store.artifacts.put("r", "new", "x");
    assert.equal((await store.backup(dest)).copied, 1);
    assertTidy(join(dir, "b b"));
    assert.deepEqual(await backedUp(join(dir, "b b")), await contentsOf(store));
  }));

testEachDriver(
  "a read-only store is backed up, and nothing is written where it is",
  (driver) =>
    inTempDir(async (dir) => {
      const home = join(dir, "home");
      const writer = await filled(home, { driver });
      const contents = await contentsOf(writer);
      await writer.close();
      const before = await Deno.readFile(join(home, "t.db"));
      const mtime = Deno.statSync(join(home, "t.db")).mtime;
      await using store = await openIn(home, { driver, readOnly: true });
      await store.backup(join(dir, "b"));
      assert.deepEqual(namesIn(home), ["t-artifacts", "t.db"]);
      assert.deepEqual(namesIn(join(home, "t-artifacts/.staging")), []);
      assert.deepEqual(await Deno.readFile(join(home, "t.db")), before);
      assert.deepEqual(Deno.statSync(join(home, "t.db")).mtime, mtime);
      assertTidy(join(dir, "b"));
      assert.deepEqual(await backedUp(join(dir, "b")), contents);
    }),
);

Deno.test("a read-only store is backed up while another writes to it", () =>
  inTempDir(async (dir) => {
    await using writer = await filled(dir);
    await using store = await openIn(dir, { readOnly: true });
    await writer.artifacts.put("r", "later", "still only in the -wal");
    await store.backup(join(dir, "b"));
    assert.deepEqual(await backedUp(join(dir, "b")), await contentsOf(writer));
  }));

Deno.test("with check, a backup tells what verifying all of it has come to", () =>
  inTempDir(async (dir) => {
    const dest = join(dir, "b");
    await using store = await filled(dir);
    const counts = { artifacts: 4, bytes: 1_600_018, hashed: 4 };
    const whole = { ...counts, damaged: 0, leftovers: 0, foreign: 0 };
    assert.deepEqual((await store.backup(dest, { check: true })).check, whole);
    // Of the same size: only who reads it all, also what was copied before, can tell.
    const path = join(dest, "chachaml-artifacts/r/a");
    const onProgress = ({ bytes, total }: Progress) => {
      if (bytes === total) tamper(path, "damaged!!");
    };
    const { check } = await store.backup(dest, { check: true, onProgress });
    assert.deepEqual(check, { ...whole, damaged: 1 });
  }));

Deno.test("a backup tells how far it has come", () =>
  inTempDir(async (dir) => {
    await using store = await filled(dir);
    const told: Progress[] = [];
    await store.backup(join(dir, "b"), { onProgress: (progress) => told.push(progress) });
    const bytes = told.map(({ bytes }) => bytes);
    assert.deepEqual(bytes, bytes.toSorted((a, b) => a - b));
    assert.ok(told.length > 3 && bytes[0]! < 1_600_018);
    assert.deepEqual(told.at(-1), { bytes: 1_600_018, total: 1_600_018 });
  }));

Deno.test("the backup of a store without artifacts is a store without artifacts", () =>
  inTempDir(async (dir) => {
    const dest = join(dir, "not/there/yet");
    await using store = await openIn(dir);
    const { artifacts, copied, omitted } = await store.backup(dest);
    assert.deepEqual({ artifacts, copied, omitted }, { artifacts: 0, copied: 0, omitted: [] });
    assertTidy(dest);
    assert.deepEqual(await backedUp(dest), { runs: [], artifacts: [] });
  }));
