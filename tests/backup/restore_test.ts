import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { basename, join } from "@std/path";
import {
  IntegrityError,
  openStore,
  type RestoreReport,
  restoreStore,
  StorageError,
} from "../../mod.ts";
import {
  assertWal,
  backedUp,
  contentsOf,
  filled,
  namesIn,
  stateOf,
  tamper,
} from "../support/backup_helpers.ts";
import { inTempDir, openIn, testEachDriver } from "../support/helpers.ts";

const inode = (path: string) => Deno.lstatSync(path).ino;
const namesOf = ({ restored }: RestoreReport) => restored.map(({ path }) => path).sort();
const reasons = ({ failed }: RestoreReport) =>
  Object.fromEntries(failed.map(({ artifact, error }) => [artifact.name, error.constructor]));

/** Gives a test a filled store that has been backed up, both closed. */
async function backedUpStore(dir: string) {
  const store = await filled(join(dir, "home"));
  await store.backup(join(dir, "b"));
  const contents = await contentsOf(store);
  await store.close();
  const file = (name: string) => join(store.artifactDir!, "r", name);
  const restore = (options = {}) =>
    restoreStore(join(dir, "b"), { path: store.path!, driver: "builtin", ...options });
  return { home: join(dir, "home"), backup: join(dir, "b"), contents, file, restore };
}

testEachDriver(
  "a backup is restored to a new place, from its directory or database",
  (driver) =>
    inTempDir(async (dir) => {
      const { backup, contents } = await backedUpStore(dir);
      const from = [backup, new URL(`file://${backup}`), join(backup, "chachaml.db")];
      for (const [at, source] of from.entries()) {
        const home = join(dir, `not/there/${at}`);
        const report = await restoreStore(source, { path: join(home, "t.db"), driver });
        assert.deepEqual({ ...report, restored: namesOf(report) }, {
          path: join(home, "t.db"),
          artifactDir: join(home, "t-artifacts"),
          database: true,
          setAside: undefined,
          filesAside: 0,
          filesAsideDir: undefined,
          isRelated: true,
          restored: ["r/a", "r/deep/er/b", "r/empty", "r/large"],
          bytes: 1_600_018,
          failed: [],
        });
        assert.deepEqual(namesIn(home), ["t-artifacts", "t.db"]);
        assert.deepEqual(namesIn(join(home, "t-artifacts/.staging")), []);
        assertWal(join(home, "t.db"));
        await using store = await openIn(home, { driver });
        assert.deepEqual(await contentsOf(store), contents);
        assert.deepEqual((await store.verify().summary()).leftovers, 0);
        for (const { filePath } of await store.artifacts.find({})) {
          assert.equal(Deno.statSync(filePath!).mode! & 0o222, 0);
        }
      }
      assert.deepEqual(await backedUp(backup), contents);
    }),
);

Deno.test("what has been restored is no backup, and is not backed up over", () =>
  inTempDir(async (dir) => {
    const { backup } = await backedUpStore(dir);
    const home = join(dir, "again");
    await restoreStore(backup, { path: join(home, "chachaml.db"), driver: "builtin" });
    await using store = await openIn(join(dir, "home"));
    await assert.rejects(store.backup(home), /there is a store that is no backup/);
  }));

Deno.test("a backup is restored to an artifact directory of one's own choice", () =>
  inTempDir(async (dir) => {
    const { backup, contents } = await backedUpStore(dir);
    const place = { path: join(dir, "new/t.db"), artifactDir: join(dir, "bytes") };
    await restoreStore(backup, { ...place, driver: "builtin" });
    await using store = await openStore({ ...place, driver: "builtin" });
    assert.deepEqual(await contentsOf(store), contents);
  }));

testEachDriver(
  "only what is missing or damaged is brought back",
  (driver) =>
    inTempDir(async (dir) => {
      const { home, contents, file, restore } = await backedUpStore(dir);
      const untouched = [inode(file("deep/er/b")), inode(join(home, "t.db"))];
      Deno.removeSync(file("empty"));
      tamper(file("a"), "TEXT OF A");
      tamper(file("large"), "cut short");
      const report = await restore({ driver });
      assert.deepEqual({ ...report, restored: namesOf(report) }, {
        path: join(home, "t.db"),
        artifactDir: join(home, "t-artifacts"),
        database: false,
        setAside: undefined,
        filesAside: 0,
        filesAsideDir: undefined,
        isRelated: true,
        restored: ["r/a", "r/empty", "r/large"],
        bytes: 1_600_009,
        failed: [],
      });
      assert.deepEqual([inode(file("deep/er/b")), inode(join(home, "t.db"))], untouched);
      assert.equal(Deno.statSync(file("a")).mode! & 0o222, 0);
      await using store = await openIn(home, { driver });
      assert.deepEqual(await contentsOf(store), contents);
      assert.equal((await store.verify().summary()).leftovers, 0);
      assert.deepEqual((await restore({ driver })).restored, []);
    }),
);

Deno.test("links and whole directories that were put in place of artifacts are seen to", () =>
  inTempDir(async (dir) => {
    const { home, contents, file, restore } = await backedUpStore(dir);
    Deno.writeTextFileSync(join(dir, "outside"), "text of a");
    Deno.removeSync(file("a"));
    Deno.symlinkSync(join(dir, "outside"), file("a"));
    Deno.removeSync(file("empty"));
    Deno.mkdirSync(file("empty"));
    Deno.writeTextFileSync(join(file("empty"), "notes"), "not ours");
    Deno.renameSync(file("deep"), join(dir, "deep"));
    Deno.symlinkSync(join(dir, "deep"), file("deep"));
    const told = { "empty": StorageError, "deep/er/b": IntegrityError };
    for (const dryRun of [true, false]) {
      const report = await restore({ dryRun });
      assert.deepEqual([namesOf(report), reasons(report)], [["r/a"], told], `${dryRun}`);
    }
    assert.equal(Deno.lstatSync(file("a")).isFile, true);
    assert.equal(Deno.readTextFileSync(join(dir, "outside")), "text of a");
    // Once they have made way, all is well.
    Deno.removeSync(file("empty"), { recursive: true });
    Deno.removeSync(file("deep"));
    assert.deepEqual(namesOf(await restore()), ["r/deep/er/b", "r/empty"]);
    await using store = await openIn(home);
    assert.deepEqual(await contentsOf(store), contents);
  }));

Deno.test("quick finds by the size alone", () =>
  inTempDir(async (dir) => {
    const { file, restore } = await backedUpStore(dir);
    tamper(file("a"), "TEXT OF A");
    tamper(file("large"), "cut short");
    assert.deepEqual(namesOf(await restore({ quick: true })), ["r/large"]);
    assert.deepEqual(namesOf(await restore()), ["r/a"]);
  }));

Deno.test("a dry run tells all, and changes nothing", () =>
  inTempDir(async (dir) => {
    const { home, backup, file, restore } = await backedUpStore(dir);
    const [path, later] = [join(home, "t.db"), join(dir, "new/t.db")];
    Deno.removeSync(file("empty"));
    tamper(file("a"), "TEXT OF A");
    tamper(join(backup, "chachaml-artifacts/r/empty"), "not empty any more");
    const whole = Deno.readFileSync(path);
    for (
      const [state, options, restored, bytes] of [
        ["damaged files", {}, ["r/a"], 9],
        ["damaged files", { quick: true }, [], 0],
        ["a damaged database", { database: true }, ["r/a"], 9],
        ["a damaged database", { database: true, quick: true }, [], 0],
        ["no database", {}, ["r/a"], 9],
        ["a new place", { path: later }, ["r/a", "r/deep/er/b", "r/large"], 1_600_018],
      ] as const
    ) {
      if (state === "damaged files") Deno.writeFileSync(path, whole);
      if (state === "a damaged database") Deno.writeTextFileSync(path, "no database");
      if (state === "no database") Deno.removeSync(path);
      const before = stateOf(dir);
      const report = await restore({ ...options, dryRun: true });
      const now = `${state} ${Deno.inspect(options)}`;
      assert.deepEqual([namesOf(report), report.bytes], [restored, bytes], now);
      assert.deepEqual(reasons(report), { empty: IntegrityError }, now);
      assert.equal(report.database, state !== "damaged files");
      assert.equal(report.setAside !== undefined, state === "a damaged database");
      assert.deepEqual(stateOf(dir), before, now);
      // It is what then happens.
      if (state === "no database") {
        const real = await restore();
        assert.deepEqual([namesOf(real), real.bytes], [restored, bytes]);
        assert.deepEqual(reasons(real), reasons(report));
      }
    }
  }));

testEachDriver(
  "a damaged database is set aside for the backup's, if that is wished",
  (driver) =>
    inTempDir(async (dir) => {
      const { home, contents, file, restore } = await backedUpStore(dir);
      const [path, whole] = [join(home, "t.db"), Deno.readFileSync(join(home, "t.db"))];
      const ways: Record<string, () => void> = {
        "is none": () => Deno.writeTextFileSync(path, "no database".repeat(1000)),
        "is empty": () => Deno.writeTextFileSync(path, ""),
        "is cut short": () => Deno.writeFileSync(path, whole.subarray(0, 4096 * 3)),
        "is full of zeros": () => Deno.writeFileSync(path, whole.slice().fill(0, 4096)),
      };
      for (const [way, damage] of Object.entries(ways)) {
        damage();
        tamper(file("a"), "TEXT OF A");
        const before = stateOf(home);
        const untouched = inode(file("large"));
        await assert.rejects(restore({ driver }), (error: unknown) => {
          assert.ok(error instanceof StorageError, `${way}: ${error}`);
          assert.match(
            error.message,
            /its database is damaged; pass database: true to set/,
          );
          return true;
        });
        assert.deepEqual(stateOf(home), before, way);
        const report = await restore({ driver, database: true });
        assert.deepEqual([report.database, namesOf(report)], [true, ["r/a"]], way);
        assert.equal(inode(file("large")), untouched);
        assert.match(report.setAside!, /t\.db\.damaged-\d+$/);
        assert.equal(stateOf(home)[basename(report.setAside!)], before["t.db"], way);
        {
          await using store = await openIn(home, { driver });
          assert.deepEqual(await contentsOf(store), contents, way);
        }
        // The bytes that were there are kept, too: they may be newer than the backup.
        assert.equal(report.filesAside, 1);
        assert.equal(Deno.readTextFileSync(join(report.filesAsideDir!, "r/a")), "TEXT OF A");
        Deno.removeSync(report.filesAsideDir!, { recursive: true });
        for (const name of namesIn(home)) {
          if (name.includes("damaged")) Deno.removeSync(join(home, name));
        }
        assert.deepEqual(namesIn(home), ["t-artifacts", "t.db"]);
      }
    }),
);

Deno.test("a database that is whole is kept, whatever the backup's says", () =>
  inTempDir(async (dir) => {
    const { home, file, restore } = await backedUpStore(dir);
    {
      await using store = await openIn(home);
      await store.startRun({ id: "later" });
      await store.artifacts.put("later", "a", "later text");
      await store.artifacts.put("r", "a", "other text of a", { ifExists: "replace" });
      await store.artifacts.remove("r", "empty");
    }
    Deno.removeSync(file("large"));
    const report = await restore({ database: true });
    assert.deepEqual([report.database, namesOf(report), report.failed], [false, ["r/large"], []]);
    await using store = await openIn(home);
    assert.equal(
      await (await store.artifacts.get("r", "a")).text({ verify: true }),
      "other text of a",
    );
    assert.equal(await store.artifacts.has("r", "empty"), false);
    assert.equal((await store.verify().summary()).damaged, 0);
  }));

Deno.test("what the backup does not have is told, and nothing is made up for it", () =>
  inTempDir(async (dir) => {
    const { home, file, restore } = await backedUpStore(dir);
    {
      await using store = await openIn(home);
      await store.artifacts.put("r", "later", "later text");
      await store.artifacts.put("r", "a", "other text of a", { ifExists: "replace" });
      // The same bytes are in the backup by another name.
      await store.artifacts.put("r", "twin", "text of b");
    }
    for (const name of ["later", "a", "twin"]) Deno.removeSync(file(name));
    for (const dryRun of [true, false]) {
      const report = await restore({ dryRun });
      assert.deepEqual(namesOf(report), ["r/twin"]);
      assert.deepEqual(reasons(report), { a: IntegrityError, later: IntegrityError });
      for (const { error } of report.failed) {
        assert.match(error.message, /is missing, and the backup does not have its bytes$/);
      }
    }
    assert.equal(namesIn(join(home, "t-artifacts/r")).includes("a"), false);
    await using store = await openIn(home);
    assert.equal(
      await (await store.artifacts.get("r", "twin")).text({ verify: true }),
      "text of b",
    );
  }));

Deno.test("rows that cannot be true are told of, and left as they are", () =>
  inTempDir(async (dir) => {
    const { home, restore } = await backedUpStore(dir);
    {
      using database = new DatabaseSync(join(home, "t.db"));
      database.exec("UPDATE artifacts SET path = '../outside' WHERE name = 'a'");
      database.exec("UPDATE artifacts SET size = -1 WHERE name = 'empty'");
      database.exec("UPDATE artifacts SET hash = 'abc' WHERE name = 'large'");
    }
    const rows = () => {
      using database = new DatabaseSync(join(home, "t.db"));
      return database.prepare("SELECT * FROM artifacts ORDER BY id").all();
    };
    const before = rows();
    for (const dryRun of [true, false]) {
      const report = await restore({ dryRun });
      assert.deepEqual(namesOf(report), []);
      assert.deepEqual(reasons(report), {
        a: IntegrityError,
        empty: IntegrityError,
        large: IntegrityError,
      });
    }
    assert.deepEqual(rows(), before);
    assert.deepEqual(namesIn(home), ["t-artifacts", "t.db"]);
  }));
