import assert from "node:assert/strict";
import { join, toFileUrl } from "@std/path";
import {
  artifactDirOf,
  ChachamlError,
  InvalidOptionError,
  NotAStoreError,
  type OpenOptions,
  openStore,
  type Store,
  StoreClosedError,
} from "../../mod.ts";
import { child } from "../support/children/flags.ts";
import { inTempDir, openIn, sha256, storedIn, testEachDriver, tree } from "../support/helpers.ts";
import { requireRuntime } from "../../src/context/runtime.ts";

Deno.test("artifactDirOf() takes off a final .db alone, and adds -artifacts", () => {
  const cases: Record<string, string> = {
    "/data/foo.db": "/data/foo-artifacts",
    "/data/foo.db.db": "/data/foo.db-artifacts",
    "/data/foo.sqlite": "/data/foo.sqlite-artifacts",
    "/data/foo": "/data/foo-artifacts",
    "/data/foo.DB": "/data/foo.DB-artifacts",
    "/data/a.db/foo": "/data/a.db/foo-artifacts",
    "/data/foodb": "/data/foodb-artifacts",
    "foo.dbx": "foo.dbx-artifacts",
  };
  for (const [path, expected] of Object.entries(cases)) assert.equal(artifactDirOf(path), expected);
});

testEachDriver(
  "openStore() makes the database and the directory beside it",
  (driver) =>
    inTempDir(async (dir) => {
      for (const [name, beside] of [["a.db", "a-artifacts"], ["b.sqlite", "b.sqlite-artifacts"]]) {
        const path = join(dir, "made", "on the way", name!);
        {
          await using store = await openStore({ path, driver });
          assert.equal(store.path, path);
          assert.equal(store.artifactDir, join(dir, "made", "on the way", beside!));
          assert.equal(store.driver, driver);
          await store.startRun({ id: "r" });
          await store.artifacts.put("r", "a", "text");
        }
        await using again = await openStore({ path, driver });
        assert.equal(await (await again.artifacts.get("r", "a")).text({ verify: true }), "text");
      }
      const made = tree(join(dir, "made", "on the way")).filter((name) => !name.includes("/"));
      assert.deepEqual(made, [
        ".a.db-reserve",
        ".b.sqlite-reserve",
        "a-artifacts",
        "a.db",
        "b.sqlite",
        "b.sqlite-artifacts",
      ]);
    }),
);

Deno.test("openStore() opens ./chachaml.db where nothing else is said", () =>
  inTempDir(async (dir) => {
    const before = Deno.cwd();
    Deno.chdir(dir);
    try {
      await using store = await openStore({ driver: "builtin" });
      assert.equal(store.path, join(dir, "chachaml.db"));
      assert.equal(store.artifactDir, join(dir, "chachaml-artifacts"));
      await using relative = await openStore({ driver: "builtin", path: "sub/../x.db" });
      assert.equal(relative.path, join(dir, "x.db"));
    } finally {
      Deno.chdir(before);
    }
    assert.ok((await Deno.stat(join(dir, "chachaml.db"))).isFile);
  }));

Deno.test("openStore() takes URLs, and an artifact directory elsewhere", () =>
  inTempDir(async (dir) => {
    const path = join(dir, "a b#%20.db");
    const artifactDir = join(dir, "else", "where");
    await using store = await openStore({
      path: toFileUrl(path),
      artifactDir: toFileUrl(artifactDir),
      driver: "builtin",
    });
    assert.equal(store.path, path);
    assert.equal(store.artifactDir, artifactDir);
    const run = await store.startRun();
    const filePath = (await run.put("a", "text")).filePath!;
    assert.equal(filePath, join(artifactDir, run.id, "a"));
    assert.ok((await Deno.stat(path)).isFile);
  }));

Deno.test("openStore() refuses options that it does not know, and makes nothing", () =>
  inTempDir(async (dir) => {
    const path = join(dir, "t.db");
    const wrong: unknown[] = [
      { path, Driver: "ffi" },
      { path, readonly: true },
      { path, driver: "sqlite" },
      { path, driver: null },
      { path, durability: "none" },
      { path, readOnly: "yes" },
      { path, readOnly: 1 },
      { inMemory: "yes" },
      { path, busyTimeout: -1 },
      { path, busyTimeout: NaN },
      { path: "" },
      { path: 5 },
      { path: `${dir}/a\0b` },
      { path: null },
      { path, artifactDir: "" },
      { path, artifactDir: {} },
      { path: ":memory:" },
      { path: new URL("ftp://example.org/t.db") },
      { path, inMemory: true },
      { path, artifactDir: new URL("data:,x") },
      { inMemory: true, readOnly: true },
      { path: join(dir, "in", "t.db"), artifactDir: join(dir, "in") },
      { path, busyTimeout: "1" },
    ];
    for (const options of wrong) {
      const opened = openStore(options as OpenOptions);
      await assert.rejects(opened, (error) => {
        assert.ok(error instanceof InvalidOptionError, `${Deno.inspect(options)}: ${error}`);
        return true;
      }, Deno.inspect(options));
    }
    assert.deepEqual(tree(dir), []);
  }));

Deno.test("openStore() refuses a path that no file can have, by an error of its own", () =>
  inTempDir(async (dir) => {
    await Deno.writeTextFile(join(dir, "file"), "file");
    await Deno.mkdir(join(dir, "directory"));
    const wrong: OpenOptions[] = [
      { path: join(dir, "directory") },
      { path: join(dir, "file", "t.db") },
      { path: join(dir, "t.db"), artifactDir: join(dir, "file") },
      { path: join(dir, "t.db"), artifactDir: join(dir, "file", "artifacts") },
    ];
    for (const options of wrong) {
      for (const readOnly of [false, true]) {
        await assert.rejects(openStore({ ...options, readOnly, driver: "builtin" }), ChachamlError);
      }
    }
    assert.equal(await Deno.readTextFile(join(dir, "file")), "file");
    assert.deepEqual(tree(join(dir, "directory")), []);
  }));

testEachDriver(
  "a store in memory is gone on close, with its temporary directory",
  async (driver) => {
    const store = await openStore({ inMemory: true, driver });
    assert.equal(store.path, undefined);
    const run = await store.startRun();
    await run.put("a/b", "text");
    assert.deepEqual(await storedIn(store), [run.id, `${run.id}/a`, `${run.id}/a/b`]);
    await using other = await openStore({ inMemory: true, driver });
    assert.notEqual(other.artifactDir, store.artifactDir);
    assert.deepEqual(await other.runs.list(), []);
    await store.close();
    await assert.rejects(Deno.lstat(store.artifactDir!), Deno.errors.NotFound);
    assert.ok((await Deno.lstat(other.artifactDir!)).isDirectory);
  },
);

Deno.test("a store in memory leaves a directory that it was given", () =>
  inTempDir(async (dir) => {
    for (const artifactDir of [dir, join(dir, "new")]) {
      {
        await using store = await openStore({ inMemory: true, artifactDir, driver: "builtin" });
        await store.startRun({ id: "r" });
        await store.artifacts.put("r", "a", "text");
      }
      assert.equal(await Deno.readTextFile(join(artifactDir, "r", "a")), "text");
    }
  }));

Deno.test("a store in memory removes nothing in place of its temporary directory", () =>
  inTempDir(async (dir) => {
    await Deno.writeTextFile(join(dir, "kept"), "kept");
    const stands: ((path: string) => Promise<void>)[] = [
      (path) => Deno.symlink(dir, path),
      async (path) => {
        await Deno.mkdir(path);
        await Deno.writeTextFile(join(path, "kept"), "kept");
      },
      (path) => Deno.writeTextFile(path, "kept"),
      () => Promise.resolve(),
    ];
    for (const put of stands) {
      const store = await openStore({ inMemory: true, driver: "builtin" });
      // Moved, not removed: a new directory could be given its inode.
      await Deno.rename(store.artifactDir!, join(dir, "moved"));
      await put(store.artifactDir!);
      const stood = await Deno.lstat(store.artifactDir!).catch(() => undefined);
      await store.close();
      const stands = await Deno.lstat(store.artifactDir!).catch(() => undefined);
      if (stands) await Deno.remove(store.artifactDir!, { recursive: true });
      await Deno.remove(join(dir, "moved"), { recursive: true });
      assert.equal(stands?.ino, stood?.ino);
    }
    assert.deepEqual(tree(dir), ["kept"]);
  }));

testEachDriver("close() and await using close a store, once", (driver) =>
  inTempDir(async (dir) => {
    const store = await openIn(dir, { driver });
    await Promise.all([store.close(), store.close()]);
    await store.close();
    await store[Symbol.asyncDispose]();
    let inner: Store;
    {
      await using store = inner = await openIn(dir, { driver });
      await store.runs.list();
    }
    await assert.rejects(inner.runs.list(), StoreClosedError);
    // The last to close leaves the database in one file.
    assert.deepEqual(tree(dir), [".t.db-reserve", "t-artifacts", "t-artifacts/.staging", "t.db"]);
  }));

/** Arguments that no call refuses before it looks whether its store is open. */
const NAMES = ["r", "a", {}];

testEachDriver("every call on a closed store is refused", (driver) =>
  inTempDir(async (dir) => {
    const store = await openIn(dir, { driver });
    const run = await store.startRun({ id: "r" });
    const artifact = await store.artifacts.put("r", "a", "text");
    await store.close();
    const { runs, metrics, artifacts, experiments } = store;
    let methods = 0;
    for (const room of [store, runs, metrics, artifacts, experiments]) {
      const properties = Object.getOwnPropertyDescriptors(Object.getPrototypeOf(room));
      for (const [name, { value }] of Object.entries(properties)) {
        if (["constructor", "close"].includes(name) || typeof value !== "function") continue;
        methods++;
        const call = async () => {
          const result: AsyncIterable<unknown> | undefined = await Reflect.apply(
            value,
            room,
            NAMES,
          );
          // It begins its work once it is iterated over.
          if (result?.[Symbol.asyncIterator]) await Array.fromAsync(result);
        };
        await assert.rejects(call, (error) => {
          assert.ok(error instanceof StoreClosedError, `${name}: ${error}`);
          return true;
        }, name);
      }
    }
    assert.ok(methods >= 30, `${methods}`);
    const others = [
      () => run.put("b", "text"),
      () => run.end(),
      () => store.models.list(),
      () => artifact.text(),
      () => artifact.stream().getReader().read(),
      () => artifact.saveTo(join(dir, "saved")),
    ];
    for (const call of others) await assert.rejects(call, StoreClosedError);
    assert.match(Deno.inspect(store), /^Store \{[^]*closed: true/);
    assert.deepEqual(await storedIn(store), ["r", "r/a"]);
    await assert.rejects(Deno.lstat(join(dir, "saved")), Deno.errors.NotFound);
  }));

Deno.test("eight processes that open one new store at once all succeed", () =>
  inTempDir(async (dir) => {
    const path = join(dir, "not there yet", "t.db");
    const outputs = await Promise.all(
      Array.from("12345678", (id) => child("open_and_put.ts", [path, id]).output()),
    );
    for (const { success, stdout, stderr } of outputs) {
      const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
      assert.deepEqual([success, decode(stdout), decode(stderr)], [true, "", ""]);
    }
    await using store = await openStore({ path, driver: "builtin", readOnly: true });
    assert.deepEqual((await store.runs.list()).map(({ id }) => id).sort(), [..."12345678"]);
    for (const artifact of await store.artifacts.find({})) {
      const bytes = new TextEncoder().encode(`of ${artifact.runId}`);
      assert.equal(artifact.hash, await sha256(bytes));
      assert.deepEqual(await artifact.bytes({ verify: true }), bytes);
    }
    assert.equal((await store.artifacts.find({})).length, 8);
  }));

Deno.test("a version of Deno that is too old is told what it needs", () => {
  for (const version of ["2.7.0", "2.10.1", "3.0.0", Deno.version.deno]) requireRuntime(version);
  for (const version of ["2.6.9", "1.46.3", "0.1.0"]) {
    assert.throws(() => requireRuntime(version), {
      name: "UnsupportedRuntimeError",
      message: `Cannot run on Deno ${version}: it takes 2.7 or later; run: deno upgrade`,
    });
  }
});

Deno.test("openStore() refuses a database that lies among the artifacts, whatever links lead there", () =>
  inTempDir(async (dir) => {
    await Deno.mkdir(join(dir, "real/deep"), { recursive: true });
    await Deno.symlink("real", join(dir, "link"));
    const places: OpenOptions[] = [
      { path: join(dir, "real/x.db"), artifactDir: join(dir, "real") },
      { path: join(dir, "link/x.db"), artifactDir: join(dir, "real") },
      { path: join(dir, "real/deep/x.db"), artifactDir: join(dir, "link") },
      { path: join(dir, "x.db"), artifactDir: "/" },
    ];
    for (const place of places) {
      await assert.rejects(openIn(dir, place), InvalidOptionError);
    }
    assert.deepEqual(tree(dir).sort(), ["link", "real", "real/deep"]);
    await (await openIn(dir, { path: join(dir, "real/x.db"), artifactDir: join(dir, "real2") }))
      .close();
  }));

Deno.test("openStore() that is refused leaves no artifact directory, nor touches one that was there", () =>
  inTempDir(async (dir) => {
    const path = join(dir, "notes.db");
    await Deno.writeTextFile(path, "These are notes, and no database at all. ".repeat(20));
    await assert.rejects(openIn(dir, { path }), NotAStoreError);
    assert.deepEqual(tree(dir), ["notes.db"]);
    await Deno.mkdir(join(dir, "notes-artifacts"));
    await assert.rejects(openIn(dir, { path }), NotAStoreError);
    assert.deepEqual(tree(dir), ["notes-artifacts", "notes.db"]);
  }));
