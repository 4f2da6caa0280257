import assert from "node:assert/strict";
import { join } from "@std/path";
import { InvalidOptionError, restoreStore } from "../../mod.ts";
import { backedUp, contentsOf, filled, namesIn, stateOf } from "../support/backup_helpers.ts";
import { inTempDir, openIn } from "../support/helpers.ts";

Deno.test("a second backup removes what the first one's records named, and nothing else", () =>
  inTempDir(async (dir) => {
    const dest = join(dir, "b");
    await using store = await filled(dir);
    const { artifactDir } = await store.backup(dest);
    const mine = ["notes.txt", "r/notes.txt", "r/deep/er/notes.txt", "photos/a.jpg"];
    await Deno.mkdir(join(artifactDir, "photos"));
    for (const name of mine) await Deno.writeTextFile(join(artifactDir, name), "mine");
    await Deno.writeTextFile(join(dest, "chachaml.db.new"), "mine");
    await store.artifacts.remove("r", "deep/er/b");
    await store.artifacts.remove("r", "a");
    const report = await store.backup(dest);
    assert.deepEqual([report.droppedArtifacts, report.failed], [2, []]);
    for (const name of mine) {
      assert.equal(await Deno.readTextFile(join(artifactDir, name)), "mine");
    }
    assert.equal(await Deno.readTextFile(join(dest, "chachaml.db.new")), "mine");
    assert.deepEqual(namesIn(join(artifactDir, "r")), ["deep", "empty", "large", "notes.txt"]);
    assert.deepEqual(namesIn(join(artifactDir, "r/deep/er")), ["notes.txt"]);
  }));

Deno.test("a file that no backup has put there is not replaced, and said", () =>
  inTempDir(async (dir) => {
    const dest = join(dir, "b");
    await using store = await filled(dir);
    const { artifactDir } = await store.backup(dest);
    await Deno.writeTextFile(join(artifactDir, "r/later"), "mine");
    await store.artifacts.put("r", "later", "text");
    for (let times = 0; times < 2; times++) {
      const { omitted } = await store.backup(dest);
      assert.deepEqual(omitted.map(({ artifact }) => artifact.name), ["later"]);
      assert.match(omitted[0]!.error.message, /no backup has put there is in its way/);
      assert.equal(await Deno.readTextFile(join(artifactDir, "r/later")), "mine");
    }
    await store.backup(dest, { takeOver: true });
    assert.deepEqual(await backedUp(dest), await contentsOf(store));
  }));

Deno.test("a backup does not follow a link put in place of its artifact directory", () =>
  inTempDir(async (dir) => {
    const dest = join(dir, "b");
    await using store = await filled(dir);
    const { artifactDir } = await store.backup(dest);
    const home = join(dir, "home");
    await Deno.mkdir(join(home, "r"), { recursive: true });
    await Deno.writeTextFile(join(home, "r/a"), "mine");
    await Deno.writeTextFile(join(home, "thesis"), "mine");
    await Deno.rename(artifactDir, `${artifactDir}.away`);
    await Deno.symlink(home, artifactDir);
    await store.artifacts.remove("r", "a");
    const before = stateOf(dir);
    for (const takeOver of [false, true]) {
      await assert.rejects(
        store.backup(dest, { takeOver }),
        (error: Error) =>
          error instanceof InvalidOptionError && /is a symbolic link, which/.test(error.message),
      );
      assert.deepEqual(stateOf(dir), before);
    }
  }));

Deno.test("another directory in place of a backup's is refused; a copy of it is not", () =>
  inTempDir(async (dir) => {
    const dest = join(dir, "b");
    await using store = await filled(dir);
    const { artifactDir } = await store.backup(dest);
    await Deno.rename(artifactDir, `${artifactDir}.away`);
    await Deno.mkdir(join(artifactDir, "r"), { recursive: true });
    await Deno.writeTextFile(join(artifactDir, "r/other"), "mine");
    await store.artifacts.remove("r", "a");
    const before = stateOf(dest);
    await assert.rejects(
      store.backup(dest),
      /is not the directory of the backup there.*takeOver/,
    );
    assert.deepEqual(stateOf(dest), before);
    await Deno.remove(artifactDir, { recursive: true });
    const copy = await new Deno.Command("cp", {
      args: ["-r", `${artifactDir}.away`, artifactDir],
    }).output();
    assert.ok(copy.success);
    assert.equal((await store.backup(dest)).copied, 0);
    assert.deepEqual(await backedUp(dest), await contentsOf(store));
  }));

Deno.test("a restore removes no file that it has not made", () =>
  inTempDir(async (dir) => {
    const home = join(dir, "home");
    const store = await filled(home);
    await store.backup(join(dir, "b"));
    const path = store.path!;
    await store.close();
    const names = ["", "-wal", "-shm", "-journal"].map((end) => `${path}.new${end}`);
    for (const name of names) await Deno.writeTextFile(name, "mine");
    for (const damage of [() => Deno.remove(path), () => Deno.writeTextFile(path, "no database")]) {
      await damage();
      await restoreStore(join(dir, "b"), { path, database: true, driver: "builtin" });
      for (const name of names) assert.equal(await Deno.readTextFile(name), "mine");
    }
  }));

Deno.test("stored bytes that the backup does not have are set aside when its database is taken", () =>
  inTempDir(async (dir) => {
    const home = join(dir, "home");
    const store = await filled(home);
    await store.backup(join(dir, "b"));
    await store.artifacts.put("r", "a", "newer text of a", { ifExists: "replace" });
    await store.artifacts.put("r", "later/b", "put since");
    const { path, artifactDir } = store;
    await store.close();
    await Deno.writeTextFile(path!, "no database");
    const restore = (dryRun: boolean) =>
      restoreStore(join(dir, "b"), { path: path!, database: true, dryRun, driver: "builtin" });
    const before = stateOf(home);
    const planned = await restore(true);
    assert.deepEqual(planned.restored.map(({ name }) => name), ["a"]);
    assert.deepEqual(stateOf(home), before);
    const { filesAside, filesAsideDir } = await restore(false);
    assert.equal(filesAside, 2);
    const kept = async (name: string) => await Deno.readTextFile(join(filesAsideDir!, name));
    assert.deepEqual([await kept("r/a"), await kept("r/later/b")], [
      "newer text of a",
      "put since",
    ]);
    await using again = await openIn(home);
    assert.deepEqual(await contentsOf(again), await backedUp(join(dir, "b")));
    assert.equal((await again.verify().summary()).leftovers, 0);
    assert.deepEqual(namesIn(artifactDir!), [".staging", "r"]);
  }));

Deno.test("a store whose database was lost is restored, also where an empty one has been made", () =>
  inTempDir(async (dir) => {
    const home = join(dir, "home");
    const store = await filled(home);
    await store.backup(join(dir, "b"));
    const contents = await contentsOf(store);
    await store.close();
    const path = store.path!;
    await Deno.remove(path);
    await (await openIn(join(dir, "empty"))).close();
    await Deno.rename(join(dir, "empty/t.db"), path);
    const report = await restoreStore(join(dir, "b"), { path, driver: "builtin" });
    assert.deepEqual([report.database, report.restored], [true, []]);
    assert.match(report.setAside!, /t\.db\.damaged-\d+$/);
    await using again = await openIn(home);
    assert.deepEqual(await contentsOf(again), contents);
  }));

Deno.test("a store that has other runs keeps its database, unless it is to be set aside", () =>
  inTempDir(async (dir) => {
    const home = join(dir, "home");
    const store = await filled(home);
    await store.backup(join(dir, "b"));
    const contents = await contentsOf(store);
    await store.close();
    const path = store.path!;
    const other = await openIn(join(dir, "other"));
    await other.startRun({ id: "mine" });
    await other.close();
    await Deno.rename(join(dir, "other/t.db"), path);
    const kept = await restoreStore(join(dir, "b"), { path, driver: "builtin" });
    assert.deepEqual([kept.database, kept.isRelated], [false, false]);
    const taken = await restoreStore(join(dir, "b"), { path, database: true, driver: "builtin" });
    assert.deepEqual([taken.database, taken.isRelated], [true, true]);
    {
      await using again = await openIn(home);
      assert.deepEqual(await contentsOf(again), contents);
    }
    await using aside = await openIn(home, {
      path: taken.setAside!,
      artifactDir: join(dir, "none"),
    });
    assert.deepEqual((await aside.runs.list()).map(({ id }) => id), ["mine"]);
  }));

const unix = Deno.build.os !== "windows";

Deno.test({
  name: "a backup and a restore show nobody more than the store does" +
    (unix ? "" : " (skipped: files have no modes on Windows)"),
  ignore: !unix,
  fn: () =>
    inTempDir(async (dir) => {
      const umask = Deno.umask(0o022);
      try {
        const store = await filled(dir);
        const { artifactDir } = store;
        await Deno.chmod(store.path!, 0o600);
        await Deno.chmod(artifactDir!, 0o700);
        for (const name of ["a", "large"]) await Deno.chmod(join(artifactDir!, "r", name), 0o400);
        const modeOf = async (path: string) => (await Deno.stat(path)).mode! & 0o777;
        const backup = await store.backup(join(dir, "b"));
        const assertPrivate = async (
          { path, artifactDir }: { path: string; artifactDir: string },
        ) => {
          assert.equal(await modeOf(path), 0o600);
          for (const name of ["a", "large"]) {
            assert.equal(await modeOf(join(artifactDir, "r", name)), 0o400, name);
          }
        };
        await assertPrivate(backup);
        assert.equal(await modeOf(backup.artifactDir), 0o700);
        const path = join(dir, "again/t.db");
        await assertPrivate(await restoreStore(join(dir, "b"), { path, driver: "builtin" }));
        Deno.umask(0o077);
        const closed = await store.backup(join(dir, "closed"));
        for (const name of ["a", "large", "empty"]) {
          assert.equal(await modeOf(join(closed.artifactDir, "r", name)), 0o400, name);
        }
        await store.close();
      } finally {
        Deno.umask(umask);
      }
    }),
});
