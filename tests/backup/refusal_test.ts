import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { join } from "@std/path";
import { type BackupOptions, InvalidOptionError, StorageError, type Store } from "../../mod.ts";
import {
  assertTidy,
  backedUp,
  contentsOf,
  copyTree,
  filled,
  openBackup,
  readBackup,
  stateOf,
  whileHeldOpen,
} from "../support/backup_helpers.ts";
import { inMemory, inTempDir, openIn, testEachDriver } from "../support/helpers.ts";

/** Asserts that a backup is refused by an error of this kind, and that nothing in `dir` changes. */
async function refused(
  store: Store,
  dest: string,
  [kind, message]: [typeof InvalidOptionError | typeof StorageError, RegExp],
  options: BackupOptions = {},
): Promise<void> {
  const before = stateOf(dest);
  await assert.rejects(store.backup(dest, options), (error: unknown) => {
    assert.ok(error instanceof kind, String(error));
    assert.match(error.message, /^Cannot /);
    assert.match(error.message, message);
    return true;
  });
  assert.deepEqual(stateOf(dest), before);
}

Deno.test("a store that is no backup is not overwritten", () =>
  inTempDir(async (dir) => {
    const dest = join(dir, "other");
    await using store = await filled(dir);
    await (await filled(dest, { path: join(dest, "chachaml.db") })).close();
    const reason = /a store that is no backup; choose another directory/;
    await refused(store, dest, [InvalidOptionError, reason]);
    await refused(store, dest, [InvalidOptionError, reason], { takeOver: true });
    assert.equal((await backedUp(dest)).artifacts.length, 4);
  }));

Deno.test("a store that is no backup gets no artifact directory beside it", () =>
  inTempDir(async (dir) => {
    const dest = join(dir, "other");
    await using store = await filled(dir);
    const artifactDir = join(dir, "others");
    await (await filled(dest, { path: join(dest, "chachaml.db"), artifactDir })).close();
    const reason = /a store that is no backup; choose another directory/;
    await refused(store, dest, [InvalidOptionError, reason]);
    await Deno.remove(join(dest, "chachaml.db"));
    await Deno.writeTextFile(join(dest, "chachaml.db-journal"), "of one that is gone");
    await refused(store, dest, [InvalidOptionError, /of a database that is gone/]);
    assert.deepEqual(stateOf(dest), {
      "chachaml.db-journal": stateOf(dest)["chachaml.db-journal"],
    });
  }));

Deno.test("a backup to an empty path is refused, and does not take the working directory", () =>
  inTempDir(async (dir) => {
    await using store = await filled(dir);
    const elsewhere = join(dir, "here");
    await Deno.mkdir(elsewhere);
    const before = Deno.cwd();
    Deno.chdir(elsewhere);
    try {
      await assert.rejects(store.backup(""), InvalidOptionError);
    } finally {
      Deno.chdir(before);
    }
    assert.deepEqual([...Deno.readDirSync(elsewhere)], []);
  }));

Deno.test("a database of another program, or a file that is none, is not overwritten", () =>
  inTempDir(async (dir) => {
    await using store = await openIn(dir);
    for (
      const [name, write] of Object.entries({
        other: (path: string) => {
          using database = new DatabaseSync(path);
          database.exec("CREATE TABLE runs (distance REAL)");
        },
        none: (path: string) => Deno.writeTextFileSync(path, "my notes"),
      })
    ) {
      const dest = join(dir, name);
      await store.backup(dest);
      await Deno.remove(join(dest, "chachaml.db"));
      write(join(dest, "chachaml.db"));
      const before = stateOf(dest);
      for (const takeOver of [false, true]) {
        await assert.rejects(
          store.backup(dest, { takeOver }),
          /^\w+Error: Cannot open ".*chachaml\.db".*(no column|not a (SQLite )?database)/,
        );
      }
      assert.deepEqual(stateOf(dest), before);
    }
  }));

Deno.test("the backup of another store is not overwritten, unless it is taken over", () =>
  inTempDir(async (dir) => {
    const dest = join(dir, "b");
    await using first = await filled(join(dir, "first"));
    await using second = await openIn(join(dir, "second"));
    const { id } = await second.startRun();
    await second.artifacts.put(id, "only", "x");
    await first.backup(dest);
    const reason = /it holds the backup of ".*first\/t\.db"; choose another directory.*takeOver/;
    await refused(second, dest, [InvalidOptionError, reason]);
    const { artifacts, copied } = await second.backup(dest, { takeOver: true });
    assert.deepEqual([artifacts, copied], [1, 1]);
    assertTidy(dest);
    assert.deepEqual(await backedUp(dest), await contentsOf(second));
    await second.backup(dest); // It is its own by now.
    await refused(first, dest, [InvalidOptionError, /second\/t\.db/]);
  }));

Deno.test("a store that has none of a backup's runs does not take its place", () =>
  inTempDir(async (dir) => {
    const [home, dest] = [join(dir, "home"), join(dir, "b")];
    const first = await filled(home);
    await first.backup(dest);
    await first.close();
    await Deno.remove(home, { recursive: true });
    await using second = await openIn(home);
    const reason = /of its \d runs this store has none; choose another directory.*takeOver/;
    await refused(second, dest, [InvalidOptionError, reason]);
    await second.startRun();
    await refused(second, dest, [InvalidOptionError, reason]);
    await second.backup(dest, { takeOver: true });
    await second.backup(dest);
    assert.deepEqual(await backedUp(dest), await contentsOf(second));
  }));

Deno.test("every store in memory is another one", () =>
  inTempDir(async (dir) => {
    const dest = join(dir, "b");
    await inMemory(async (store) => {
      await store.artifacts.put("r", "only", "x");
      await store.backup(dest);
      await store.artifacts.put("r", "more", "y");
      assert.equal((await store.backup(dest)).copied, 1);
    });
    await inMemory((store) =>
      refused(store, dest, [InvalidOptionError, /it holds the backup of "memory, /])
    );
  }));

Deno.test("a store that was moved takes over its backup, and copies nothing anew", () =>
  inTempDir(async (dir) => {
    const dest = join(dir, "b");
    const former = await filled(join(dir, "former"));
    await former.backup(dest);
    await former.close();
    await Deno.rename(join(dir, "former"), join(dir, "present"));
    await using store = await openIn(join(dir, "present"));
    await refused(store, dest, [InvalidOptionError, /former\/t\.db/]);
    assert.equal((await store.backup(dest, { takeOver: true })).copied, 0);
    assert.equal((await store.backup(dest)).copied, 0);
  }));

Deno.test("a store is not backed up to where it is itself, whatever leads there", () =>
  inTempDir(async (dir) => {
    const home = join(dir, "home");
    await using store = await filled(home, { path: join(home, "chachaml.db") });
    await Deno.symlink(home, join(dir, "link"));
    await Deno.symlink(store.artifactDir!, join(dir, "artifacts"));
    await Deno.mkdir(join(dir, "b"));
    await Deno.symlink(store.artifactDir!, join(dir, "b/chachaml-artifacts"));
    await Deno.mkdir(join(dir, "deeper"));
    await Deno.symlink(join(store.artifactDir!, "r"), join(dir, "deeper/chachaml-artifacts"));
    const before = stateOf(dir);
    for (
      const dest of [
        home,
        join(dir, "link"),
        join(home, "x/.."),
        store.artifactDir!,
        join(store.artifactDir!, "r"),
        join(store.artifactDir!, "not/there/yet"),
        join(dir, "artifacts/not/there/yet"),
        join(dir, "b"),
        join(dir, "deeper"),
      ]
    ) {
      await assert.rejects(store.backup(dest, { takeOver: true }), (error: unknown) => {
        assert.ok(error instanceof InvalidOptionError, String(error));
        assert.match(error.message, /it is where the store itself is; choose another directory$/);
        return true;
      });
      assert.deepEqual(stateOf(dir), before, dest);
    }
    assert.equal((await store.verify().summary()).leftovers, 0);
  }));

Deno.test("a backup never has the artifact directory of the store, or one around it", () =>
  inTempDir(async (dir) => {
    // The backup's would be chachaml-artifacts, from which what it has no use for is removed.
    const own = join(dir, "chachaml-artifacts");
    for (
      const options of [
        { path: join(dir, "other.db"), artifactDir: own },
        { path: join(dir, "other.db"), artifactDir: join(own, "deeper") },
        { path: join(own, "other.db"), artifactDir: join(dir, "elsewhere") },
      ]
    ) {
      await using store = await filled(dir, options);
      const reason = /where the store itself is/;
      await refused(store, dir, [InvalidOptionError, reason], { takeOver: true });
      assert.equal((await store.verify().summary()).artifacts, 4);
      await store.close();
      for (const { name } of Deno.readDirSync(dir)) {
        Deno.removeSync(join(dir, name), { recursive: true });
      }
    }
  }));

Deno.test("artifacts that have lost their database are not taken for the remains of a backup", () =>
  inTempDir(async (dir) => {
    const dest = join(dir, "other");
    await using store = await openIn(dir);
    await (await filled(dest, { path: join(dest, "chachaml.db") })).close();
    await Deno.remove(join(dest, "chachaml.db"));
    const reason = /"r\/\S+", which is of no backup; choose another/;
    await refused(store, dest, [InvalidOptionError, reason]);
    // What is nobody's stays: it may be all that is left of a store.
    const others = stateOf(join(dest, "chachaml-artifacts"));
    await store.backup(dest, { takeOver: true });
    await store.backup(dest);
    assertTidy(dest);
    assert.deepEqual(await backedUp(dest, { leftovers: 4 }), await contentsOf(store));
    assert.deepEqual(stateOf(join(dest, "chachaml-artifacts")), others);
  }));

Deno.test("a journal that has lost its database is not applied to a backup", () =>
  inTempDir(async (dir) => {
    const dest = join(dir, "b");
    await using store = await filled(dir);
    await Deno.mkdir(join(dest, "chachaml-artifacts/.staging"), { recursive: true });
    await Deno.writeTextFile(join(dest, "chachaml.db-wal"), "left behind");
    const reason = /there is "chachaml\.db-wal" of a database that is gone; move it elsewhere/;
    await refused(store, dest, [InvalidOptionError, reason]);
  }));

Deno.test("a file in place of the directory is not overwritten", () =>
  inTempDir(async (dir) => {
    await using store = await filled(dir);
    await Deno.writeTextFile(join(dir, "file"), "mine");
    await Deno.mkdir(join(dir, "b"));
    await Deno.writeTextFile(join(dir, "b/chachaml-artifacts"), "mine too");
    const before = stateOf(dir);
    for (const dest of ["file", "file/below", "b"]) {
      await assert.rejects(store.backup(join(dir, dest)), (error: unknown) => {
        assert.ok(error instanceof StorageError, String(error));
        assert.match(error.message, /^Cannot back up to ".*": .* is a file; choose another/);
        return true;
      });
      assert.deepEqual(stateOf(dir), before, dest);
    }
  }));

testEachDriver(
  "a backup that is open elsewhere is not replaced",
  (driver) =>
    inTempDir(async (dir) => {
      const dest = join(dir, "b");
      await using store = await filled(dir, { driver });
      await store.backup(dest);
      const { artifacts } = await backedUp(dest);
      await store.artifacts.put("r", "new", "x");
      await store.artifacts.put("r", "a", "other text", { ifExists: "replace" });
      // Told before anything is copied or moved aside.
      const requireRefusal = async () => {
        const state = stateOf(join(dest, "chachaml-artifacts"));
        const told = /it is open in this program or another; close it there and try again$/;
        await assert.rejects(store.backup(dest), told);
        assert.deepEqual(stateOf(join(dest, "chachaml-artifacts")), state);
      };
      {
        await using _open = await openBackup(dest, { readOnly: false, driver });
        await requireRefusal();
      }
      await whileHeldOpen(join(dest, "chachaml.db"), requireRefusal);
      assert.deepEqual((await backedUp(dest)).artifacts, artifacts);
      await store.backup(dest);
      assertTidy(dest);
      assert.deepEqual(await backedUp(dest), await contentsOf(store));
    }),
);

Deno.test("of two backups to one place at a time, one is refused, and the other is whole", () =>
  inTempDir(async (dir) => {
    const dest = join(dir, "b");
    await using store = await filled(dir);
    let second: Promise<unknown> | undefined;
    const report = await store.backup(dest, {
      onProgress: () => {
        second ??= assert.rejects(store.backup(dest), (error: unknown) => {
          assert.ok(error instanceof StorageError, String(error));
          assert.match(
            error.message,
            /^Cannot back up to ".*": another backup to it is under way$/,
          );
          return true;
        });
      },
    });
    await second!;
    assert.equal(report.copied, 4);
    assertTidy(dest);
    assert.deepEqual(await backedUp(dest), await contentsOf(store));
  }));

Deno.test("a backup that is stopped before it begins leaves nothing", () =>
  inTempDir(async (dir) => {
    await using store = await filled(dir);
    const before = stateOf(dir);
    const signal = AbortSignal.abort(new Error("not today"));
    await assert.rejects(store.backup(join(dir, "b"), { signal }), /not today/);
    assert.deepEqual(stateOf(dir), before);
  }));

/** Starts a backup and stops it when it has come so far. */
async function stopAt(store: Store, dest: string, far: number): Promise<void> {
  const controller = new AbortController();
  await assert.rejects(
    store.backup(dest, {
      signal: controller.signal,
      onProgress: ({ bytes }) => void (bytes >= far && controller.abort(new Error("enough"))),
    }),
    /enough/,
  );
}

Deno.test("a first backup that is stopped is no store yet, and the next one goes on from there", () =>
  inTempDir(async (dir) => {
    await using store = await filled(dir);
    for (const far of [1, 9, 1_000_000]) {
      const dest = join(dir, `b${far}`);
      await stopAt(store, dest, far);
      assert.deepEqual(Object.keys(stateOf(dest)).filter((name) => name.includes(".db")), []);
      // What had been copied is not copied again.
      const there = Object.entries(stateOf(dest)).filter(([name, state]) =>
        /^chachaml-artifacts\/(?!\.staging)/.test(name) && state !== "directory"
      );
      assert.equal((await store.backup(dest)).copied, 4 - there.length);
      assertTidy(dest);
      assert.deepEqual(await backedUp(dest), await contentsOf(store));
    }
  }));

Deno.test("a second backup that is stopped leaves the first one whole", () =>
  inTempDir(async (dir) => {
    await using store = await filled(dir);
    await store.backup(join(dir, "first"));
    const before = await backedUp(join(dir, "first"));
    await store.artifacts.put("r", "a", "other text of a", { ifExists: "replace" });
    await store.artifacts.put("r", "another", "0123456789abcdef".repeat(100_000));
    for (const far of [1, 2_000_000]) {
      const dest = join(dir, `b${far}`);
      await copyTree(join(dir, "first"), dest);
      await stopAt(store, dest, far);
      // What was in the way of other bytes has another path; it says the same all the same.
      const { artifacts, runs } = await readBackup(dest);
      assert.deepEqual(runs, before.runs);
      const texts = (of: typeof artifacts) => of.map(({ id, hash, text }) => [id, hash, text]);
      assert.deepEqual(texts(artifacts), texts(before.artifacts));
      await store.backup(dest);
      assertTidy(dest);
      assert.deepEqual(await backedUp(dest), await contentsOf(store));
    }
  }));
