import assert from "node:assert/strict";
import { join } from "@std/path";
import {
  type OpenOptions,
  openStore,
  ReadOnlyError,
  type Store,
  StoreNotFoundError,
} from "../../mod.ts";
import { child } from "../support/children/flags.ts";
import { inTempDir, openIn, sha256, testEachDriver } from "../support/helpers.ts";

type Driver = "ffi" | "builtin";

/** Writes to the store below `dir`, opened for that alone. */
async function writeIn(dir: string, driver: Driver, work: (store: Store) => Promise<unknown>) {
  await using store = await openIn(dir, { driver });
  await work(store);
}

/** A store with one run and two artifacts, closed. */
async function fill(dir: string, driver: Driver): Promise<void> {
  await writeIn(dir, driver, async (store) => {
    const run = await store.startRun({ id: "r", tags: { a: "b" } });
    await run.logParams({ lr: 0.1 });
    await run.logMetrics({ loss: 0.5 });
    await run.put("a.txt", "text");
    await run.put("d/b", "more");
  });
}

/** All there is to see of a directory and the files in it. */
async function snapshot(dir: string, under = ""): Promise<string[]> {
  const seen: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(join(dir, under))) {
    const path = join(under, name);
    const { size, mode, mtime, ino } = await Deno.lstat(join(dir, path));
    const hash = isDirectory ? "" : await sha256(await Deno.readFile(join(dir, path)));
    seen.push([path, size, mode, mtime?.getTime(), ino, hash].join(" "));
    if (isDirectory) seen.push(...await snapshot(dir, path));
  }
  return seen.sort();
}

/** Reads all there is. */
async function readAll(store: Store): Promise<void> {
  assert.deepEqual((await store.runs.list()).map(({ id }) => id), ["r"]);
  assert.deepEqual((await store.runs.get("r")).tags, { a: "b" });
  assert.deepEqual(await store.runs.params("r"), { lr: 0.1 });
  assert.equal((await store.metrics.points("r")).length, 1);
  assert.equal(await (await store.artifacts.get("r", "a.txt")).text({ verify: true }), "text");
  assert.deepEqual((await store.artifacts.list("r")).map(({ name }) => name), ["a.txt", "d/b"]);
  assert.equal((await store.artifacts.find({ name: "d/*" })).length, 1);
}

testEachDriver(
  "readOnly refuses a store that is not there, and makes nothing",
  (driver) =>
    inTempDir(async (dir) => {
      for (const path of [join(dir, "t.db"), join(dir, "no", "directory", "t.db")]) {
        await assert.rejects(openStore({ path, readOnly: true, driver }), StoreNotFoundError);
      }
      assert.deepEqual(await snapshot(dir), []);
    }),
);

testEachDriver(
  "readOnly changes nothing on disk, while it reads and afterwards",
  (driver) =>
    inTempDir(async (dir) => {
      await fill(dir, driver);
      const before = await snapshot(dir);
      {
        await using store = await openIn(dir, { driver, readOnly: true });
        assert.deepEqual(await snapshot(dir), before);
        await readAll(store);
        assert.deepEqual(await snapshot(dir), before);
      }
      assert.deepEqual(await snapshot(dir), before);
    }),
);

testEachDriver(
  "readOnly changes nothing on disk, also where a store is opened twice",
  (driver) =>
    inTempDir(async (dir) => {
      await fill(dir, driver);
      const before = await snapshot(dir);
      {
        await using one = await openIn(dir, { driver, readOnly: true });
        await using other = await openIn(dir, { driver, readOnly: true });
        await Promise.all([readAll(one), readAll(other)]);
        assert.deepEqual(await snapshot(dir), before);
      }
      assert.deepEqual(await snapshot(dir), before);
    }),
);

testEachDriver(
  "readOnly refuses every call that writes, and changes nothing",
  (driver) =>
    inTempDir(async (dir) => {
      await fill(dir, driver);
      const source = join(dir, "source");
      await Deno.writeTextFile(source, "source");
      const before = await snapshot(dir);
      await using store = await openIn(dir, { driver, readOnly: true });
      let worked = false;
      const writes: (() => Promise<unknown>)[] = [
        () => store.startRun(),
        () => store.runs.end("r"),
        () => store.withRun({}, () => worked = true),
        () => store.runs.remove("r"),
        () => store.runs.logParams("r", {}),
        () => store.metrics.log("r", {}),
        () => store.artifacts.put("r", "new", "text"),
        () => store.artifacts.put("r", "a.txt", "text", { ifExists: "same" }),
        () => store.artifacts.putFile("r", "new", source, { move: true }),
        () => store.artifacts.putDirectory("r", dir),
        () => store.artifacts.remove("r", "a.txt"),
        async () => await store.artifacts.remove((await store.artifacts.get("r", "a.txt")).id),
        () => store.artifacts.remove("r", "unknown"),
      ];
      for (const write of writes) await assert.rejects(write(), ReadOnlyError, `${write}`);
      assert.equal(worked, false);
      assert.deepEqual(await snapshot(dir), before);
    }),
);

testEachDriver(
  "readOnly reads a store without its artifact directory, as far as it goes",
  (driver) =>
    inTempDir(async (dir) => {
      await fill(dir, driver);
      await Deno.remove(join(dir, "t-artifacts"), { recursive: true });
      await using store = await openIn(dir, { driver, readOnly: true });
      assert.equal((await store.artifacts.list("r")).length, 2);
      assert.equal(
        (await store.artifacts.get("r", "a.txt")).filePath,
        join(dir, "t-artifacts", "r", "a.txt"),
      );
      await assert.rejects((await store.artifacts.get("r", "a.txt")).text());
      await assert.rejects(Deno.lstat(join(dir, "t-artifacts")), Deno.errors.NotFound);
    }),
);

testEachDriver(
  "readOnly sees what writers write that come and go",
  (driver) =>
    inTempDir(async (dir) => {
      await fill(dir, driver);
      await using reader = await openIn(dir, { driver, readOnly: true });
      for (const id of ["s", "t", "u"]) {
        await writeIn(dir, driver, (store) => store.startRun({ id }));
        assert.equal((await reader.runs.get(id)).id, id);
      }
      await writeIn(dir, driver, (store) => store.artifacts.put("s", "a", "new"));
      assert.equal(await (await reader.artifacts.get("s", "a")).text({ verify: true }), "new");
      await writeIn(dir, driver, (store) =>
        store.artifacts.put("s", "a", "newer", { ifExists: "replace" }));
      assert.equal(await (await reader.artifacts.get("s", "a")).text({ verify: true }), "newer");
      await writeIn(dir, driver, (store) =>
        store.runs.remove("s"));
      assert.equal(await reader.artifacts.has("s", "a"), false);
      assert.deepEqual(
        (await reader.runs.list()).map(({ id }) =>
          id
        ),
        ["u", "t", "r"],
      );
    }),
);

testEachDriver(
  "readOnly sees each write of a writer that stays",
  (driver) =>
    inTempDir(async (dir) => {
      await fill(dir, driver);
      const options: OpenOptions = { driver, readOnly: true };
      await using early = await openIn(dir, options);
      await early.runs.list();
      {
        await using writer = await openIn(dir, { driver });
        await using late = await openIn(dir, options);
        for (const name of ["x", "y", "z"]) {
          await writer.artifacts.put("r", name, name);
          for (const reader of [early, late]) {
            assert.equal(
              await (await reader.artifacts.get("r", name)).text({ verify: true }),
              name,
            );
          }
        }
      }
      assert.equal((await early.artifacts.list("r")).length, 5);
      await writeIn(dir, driver, (store) => store.artifacts.remove("r", "x"));
      assert.equal((await early.artifacts.list("r")).length, 4);
    }),
);

testEachDriver(
  "readOnly sees what another process has written",
  (driver) =>
    inTempDir(async (dir) => {
      await fill(dir, driver);
      await using reader = await openIn(dir, { driver, readOnly: true });
      await reader.runs.list();
      const { success } = await child("open_and_put.ts", [join(dir, "t.db"), "s"]).output();
      assert.ok(success);
      assert.equal(await (await reader.artifacts.get("s", "a")).text({ verify: true }), "of s");
    }),
);

testEachDriver(
  "readOnly reads what a writer left in its log when it was killed",
  (driver) =>
    inTempDir(async (dir) => {
      await using writer = await openIn(dir, { driver });
      await writer.startRun({ id: "r" });
      await writer.artifacts.put("r", "a", "text");
      const copy = join(dir, "copy");
      await Deno.mkdir(copy);
      for (const name of ["t.db", "t.db-wal"]) {
        await Deno.copyFile(join(dir, name), join(copy, name));
      }
      const artifactDir = writer.artifactDir!;
      await using reader = await openIn(copy, { driver, readOnly: true, artifactDir });
      assert.equal(await (await reader.artifacts.get("r", "a")).text({ verify: true }), "text");
    }),
);

testEachDriver(
  "readOnly reads a copy that nobody may write to",
  (driver) =>
    inTempDir(async (dir) => {
      await fill(dir, driver);
      const modes: [string, number][] = [
        ["t.db", 0o444],
        ["t-artifacts/.staging", 0o555],
        ["t-artifacts/r/d", 0o555],
        ["t-artifacts/r", 0o555],
        ["t-artifacts", 0o555],
        [".", 0o555],
      ];
      for (const [name, mode] of modes) await Deno.chmod(join(dir, name), mode);
      try {
        const before = await snapshot(dir);
        {
          await using store = await openIn(dir, { driver, readOnly: true });
          await readAll(store);
        }
        assert.deepEqual(await snapshot(dir), before);
      } finally {
        for (const [name] of modes.toReversed()) await Deno.chmod(join(dir, name), 0o755);
      }
    }),
);

Deno.test("readOnly opens a database by a name with characters that URLs take for their own", () =>
  inTempDir(async (dir) => {
    for (const name of ["a b.db", "a?mode=rwc.db", "a#b.db", "a%20b.db", "é日.db"]) {
      const path = join(dir, name);
      {
        await using store = await openStore({ path });
        await store.startRun({ id: "r" });
      }
      await using store = await openStore({ path, readOnly: true });
      assert.equal((await store.runs.list()).length, 1);
    }
  }));
