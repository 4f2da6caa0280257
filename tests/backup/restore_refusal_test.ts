import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { join } from "@std/path";
import {
  InvalidOptionError,
  NotAStoreError,
  type Progress,
  type RestoreReport,
  restoreStore,
  StorageError,
  StoreNotFoundError,
} from "../../mod.ts";
import {
  backedUp,
  contentsOf,
  filled,
  namesIn,
  stateOf,
  tamper,
  whileHeldOpen,
} from "../support/backup_helpers.ts";
import { inTempDir, openIn, testEachDriver } from "../support/helpers.ts";

const driver = "builtin";
const named = ({ restored, failed }: RestoreReport) => [
  restored.map(({ name }) => name).sort(),
  failed.map(({ artifact }) => artifact.name).sort(),
];

/** Gives a test the backup of a filled store, and asserts afterwards that it has not been touched. */
function withBackup(
  work: (dir: string, backup: string, path: string) => Promise<void>,
): Promise<void> {
  return inTempDir(async (dir) => {
    const backup = join(dir, "b");
    const store = await filled(join(dir, "home"));
    await store.backup(backup);
    await store.close();
    const before = stateOf(backup);
    await work(dir, backup, store.path!);
    assert.deepEqual(stateOf(backup), before);
  });
}

/** Asserts that a restore is refused, and that nothing has changed in `dir`. */
async function refused(
  dir: string,
  work: () => Promise<unknown>,
  [kind, message]: [new (...args: never[]) => Error, RegExp],
): Promise<void> {
  const before = stateOf(dir);
  await assert.rejects(work, (error: unknown) => {
    assert.ok(error instanceof kind, String(error));
    assert.match(error.message, message);
    return true;
  });
  assert.deepEqual(stateOf(dir), before);
}

Deno.test("where there is no backup, nothing is restored", () =>
  withBackup(async (dir, _, path) => {
    await Deno.mkdir(join(dir, "empty"));
    await Deno.writeTextFile(join(dir, "file"), "my notes");
    for (
      const [from, kind] of [
        ["not there", StoreNotFoundError],
        ["empty", StoreNotFoundError],
        ["file", NotAStoreError],
      ] as const
    ) {
      for (const to of [path, join(dir, "new/t.db")]) {
        const restore = () => restoreStore(join(dir, from), { path: to, driver });
        await refused(dir, restore, [kind, /^Cannot open /]);
      }
    }
  }));

Deno.test("a backup is not restored onto itself, whatever leads there", () =>
  withBackup(async (dir, backup) => {
    await Deno.symlink(backup, join(dir, "link"));
    await Deno.symlink(join(backup, "chachaml.db"), join(dir, "link.db"));
    const artifacts = join(backup, "chachaml-artifacts");
    for (
      const place of [
        { path: join(backup, "chachaml.db") },
        { path: join(dir, "link/chachaml.db") },
        { path: join(dir, "link.db") },
        { path: join(dir, "new.db"), artifactDir: artifacts },
        { path: join(dir, "new.db"), artifactDir: join(artifacts, "r") },
        { path: join(dir, "new.db"), artifactDir: join(dir, "link/chachaml-artifacts/new") },
        { path: join(artifacts, "new.db"), artifactDir: join(dir, "new") },
      ]
    ) {
      for (const database of [false, true]) {
        await refused(
          dir,
          () => restoreStore(backup, { ...place, database, driver }),
          [InvalidOptionError, /^Cannot restore ".*" from itself.*\(path\)$/],
        );
      }
    }
  }));

/** Overwrites all of a database but its first page, whoever has it open. */
function damage(path: string): void {
  const { size } = Deno.statSync(path);
  using file = Deno.openSync(path, { write: true });
  file.seekSync(4096, Deno.SeekMode.Start);
  file.writeSync(new Uint8Array(size - 4096));
}

testEachDriver(
  "a damaged database that is open elsewhere is not set aside",
  (driver) =>
    withBackup(async (dir, backup, path) => {
      const home = join(dir, "home");
      const requireRefusal = async () => {
        damage(path);
        const databases = namesIn(home);
        await assert.rejects(
          restoreStore(backup, { path, database: true, driver }),
          /its database is open in this program or another; close it there and try again$/,
        );
        assert.deepEqual(namesIn(home), databases);
      };
      await whileHeldOpen(path, requireRefusal);
      await restoreStore(backup, { path, database: true, driver });
      {
        await using _open = await openIn(home, { driver });
        await requireRefusal();
      }
      assert.equal((await restoreStore(backup, { path, database: true, driver })).database, true);
      await using again = await openIn(home, { driver });
      assert.deepEqual(await contentsOf(again), await backedUp(backup));
    }),
);

Deno.test("a store that is in use is restored all the same, and stays in use", () =>
  withBackup(async (dir, backup, path) => {
    await using store = await openIn(join(dir, "home"));
    await Deno.remove((await store.artifacts.get("r", "large")).filePath!);
    const [report] = await Promise.all([
      restoreStore(backup, { path, driver }),
      store.artifacts.put("r", "meanwhile", "x"),
    ]);
    assert.deepEqual(named(report), [["large"], []]);
    assert.equal((await contentsOf(store)).artifacts.length, 5);
  }));

Deno.test("what is not a damaged database, but cannot be read, is not set aside", () =>
  withBackup(async (dir, backup, path) => {
    await Deno.remove(path);
    await Deno.mkdir(path);
    const restore = () => restoreStore(backup, { path, database: true, driver });
    await refused(dir, restore, [StorageError, /^Cannot .*t\.db/]);
  }));

Deno.test("another program's database is not taken for a damaged one", () =>
  withBackup(async (dir, backup) => {
    const path = join(dir, "history.db");
    const foreign = new DatabaseSync(path);
    foreign.exec("CREATE TABLE moz_places (url TEXT); INSERT INTO moz_places VALUES ('x')");
    foreign.close();
    for (const database of [false, true]) {
      await refused(
        dir,
        () => restoreStore(backup, { path, database, driver }),
        [NotAStoreError, /"moz_places": it belongs to another program/],
      );
    }
  }));

Deno.test("of two restores to one new place at a time, one is refused", () =>
  withBackup(async (dir, backup) => {
    const path = join(dir, "new/t.db");
    let second: Promise<void> | undefined;
    const report = await restoreStore(backup, {
      path,
      driver,
      onProgress: () => {
        const refusal = /: Cannot restore ".*t\.db": that is under way already$/;
        second ??= assert.rejects(restoreStore(backup, { path, driver }), refusal);
      },
    });
    await second!;
    assert.equal(report.restored.length, 4);
    assert.deepEqual(namesIn(join(dir, "new")), ["t-artifacts", "t.db"]);
  }));

Deno.test("of several copies in the backup, one that is whole is restored", () =>
  inTempDir(async (dir) => {
    const [backup, path] = [join(dir, "b"), join(dir, "home/t.db")];
    const store = await filled(join(dir, "home"));
    for (const name of ["a 1", "a 2", "a 3", "a 4"]) {
      await store.artifacts.put("r", name, "text of a");
    }
    await store.backup(backup);
    await store.close();
    const file = (name: string) => join(backup, "chachaml-artifacts/r", name);
    tamper(file("a"), "TEXT OF A");
    tamper(file("a 1"), "cut");
    Deno.removeSync(file("a 2"));
    Deno.removeSync(file("a 3"));
    Deno.symlinkSync(join(store.artifactDir!, "r/a 4"), file("a 3"));
    await Deno.remove(join(store.artifactDir!, "r/a"));
    assert.deepEqual(named(await restoreStore(backup, { path, driver })), [["a"], []]);
    await using again = await openIn(join(dir, "home"));
    assert.equal(await (await again.artifacts.get("r", "a")).text({ verify: true }), "text of a");
  }));

Deno.test("a damaged file of the backup is never restored", () =>
  inTempDir(async (dir) => {
    const [backup, path] = [join(dir, "b"), join(dir, "home/t.db")];
    const store = await filled(join(dir, "home"));
    await store.backup(backup);
    await store.close();
    // Of the right size, so that only its hash tells.
    for (const [name, text] of [["a", "TEXT OF A"], ["large", "X".repeat(1_600_000)]] as const) {
      tamper(join(backup, "chachaml-artifacts/r", name), text);
      await Deno.remove(join(store.artifactDir!, "r", name));
    }
    const report = await restoreStore(backup, { path, driver });
    assert.deepEqual(named(report), [[], ["a", "large"]]);
    for (const { error } of report.failed) assert.match(error.message, /in the backup too$/);
    assert.deepEqual(namesIn(join(store.artifactDir!, "r")), ["deep", "empty"]);
    assert.deepEqual(namesIn(join(store.artifactDir!, ".staging")), []);
    const again = await restoreStore(backup, { path: join(dir, "new/t.db"), driver });
    assert.deepEqual(named(again), [["deep/er/b", "empty"], ["a", "large"]]);
    // There, they are not in the database either.
    await using restored = await openIn(join(dir, "new"));
    assert.deepEqual((await restored.artifacts.list("r")).map(({ name }) => name).sort(), [
      "deep/er/b",
      "empty",
    ]);
  }));

for (const state of ["new", "damaged"]) {
  const prepare = (store: string) => {
    if (state === "new") Deno.removeSync(store, { recursive: true });
    else {
      Deno.removeSync(join(store, "t-artifacts/r/large"));
      tamper(join(store, "t-artifacts/r/a"), "TEXT OF A");
    }
  };

  Deno.test(`a restore (${state}) tells how far it has come`, () =>
    withBackup(async (dir, backup, path) => {
      prepare(join(dir, "home"));
      const told: Progress[] = [];
      await restoreStore(backup, { path, driver, onProgress: (progress) => told.push(progress) });
      const bytes = told.map(({ bytes }) => bytes);
      assert.deepEqual(bytes, bytes.toSorted((a, b) => a - b));
      assert.deepEqual(told.at(-1), { bytes: 1_600_018, total: 1_600_018 });
      assert.ok(bytes[0]! < 1_600_018);
    }));

  Deno.test(`a restore (${state}) that is stopped is gone on with by the next one`, () =>
    withBackup(async (dir, backup, path) => {
      prepare(join(dir, "home"));
      const before = stateOf(dir);
      const stopped = { path, driver, signal: AbortSignal.abort(new Error("not today")) } as const;
      await assert.rejects(restoreStore(backup, stopped), /not today/);
      assert.deepEqual(stateOf(dir), before);
      const controller = new AbortController();
      const restore = restoreStore(backup, {
        path,
        driver,
        signal: controller.signal,
        onProgress: () => controller.abort(new Error("enough")),
      });
      await assert.rejects(restore, /enough/);
      const databases = namesIn(join(dir, "home")).filter((name) => name.includes(".db"));
      assert.deepEqual(databases, state === "new" ? [] : ["t.db"]);
      assert.deepEqual(namesIn(join(dir, "home/t-artifacts/.staging")), []);
      assert.deepEqual((await restoreStore(backup, { path, driver })).failed, []);
      await using store = await openIn(join(dir, "home"));
      assert.deepEqual(await contentsOf(store), await backedUp(backup));
    }));
}
