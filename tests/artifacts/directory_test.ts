import assert from "node:assert/strict";
import { dirname, join, toFileUrl } from "@std/path";
import {
  type Artifact,
  ArtifactExistsError,
  ChachamlError,
  InvalidNameError,
  InvalidOptionError,
  InvalidSourceError,
  type PutDirectoryOptions,
  RunNotFoundError,
  type Store,
} from "../../mod.ts";
import {
  assertEmpty,
  inMemory,
  inTempDir,
  openIn,
  stagedOf,
  testOnFiles,
  testOnOwnFiles,
  testOnSqlite,
  testWithFifo,
} from "../support/helpers.ts";

const FILES = ["README.md", "a.csv", "deep/er/est.txt", "deep/x", "deep.x", "empty"];

/** Gives a test a store with the run `r`, and a directory with `FILES`, each holding its name. */
function withDirectory(work: (store: Store, dir: string) => Promise<void>): Promise<void> {
  return inTempDir((root) =>
    inMemory(async (store) => {
      const dir = join(root, "data set");
      for (const name of FILES) {
        await Deno.mkdir(dirname(join(dir, name)), { recursive: true });
        await Deno.writeTextFile(join(dir, name), name === "empty" ? "" : name);
      }
      await Deno.mkdir(join(dir, "an empty directory"));
      await work(store, dir);
    })
  );
}

const names = (artifacts: Artifact[]) => artifacts.map(({ name }) => name);

Deno.test("putDirectory() stores every file by its path within, and gives them by name", () =>
  withDirectory(async (store, dir) => {
    const stored = await store.artifacts.putDirectory("r", dir);
    assert.deepEqual(names(stored), FILES.toSorted());
    assert.deepEqual(names(await store.artifacts.list("r")).sort(), FILES.toSorted());
    for (const artifact of stored) {
      const expected = artifact.name === "empty" ? "" : artifact.name;
      assert.equal(await artifact.text({ verify: true }), expected);
    }
    assert.deepEqual(stored.slice(0, 2).map(({ contentType }) => contentType), [
      "text/markdown",
      "text/csv",
    ]);
    for (const name of FILES) assert.ok((await Deno.lstat(join(dir, name))).isFile);
  }));

Deno.test("putDirectory() takes a URL, and puts all under a prefix", () =>
  withDirectory(async (store, dir) => {
    const url = toFileUrl(dir + "/");
    const stored = await store.artifacts.putDirectory("r", url, { prefix: "data/train" });
    const expected = FILES.map((name) => `data/train/${name}`).sort();
    assert.deepEqual(names(stored), expected);
    const run = await store.startRun();
    assert.equal((await run.putDirectory(dir, { prefix: "x" })).length, FILES.length);
  }));

Deno.test("putDirectory() refuses a prefix that is no name, and stores nothing", () =>
  withDirectory(async (store, dir) => {
    for (const prefix of ["..", "/data", "data/", "", "a//b", "nul", "C:"]) {
      await assert.rejects(
        store.artifacts.putDirectory("r", dir, { prefix }),
        InvalidNameError,
        prefix,
      );
    }
    await assertEmpty(store);
  }));

Deno.test("putDirectory() of an empty directory stores nothing", () =>
  inTempDir((dir) =>
    inMemory(async (store) => {
      await Deno.mkdir(join(dir, "a", "b"), { recursive: true });
      assert.deepEqual(await store.artifacts.putDirectory("r", dir), []);
      await assertEmpty(store);
    })
  ));

Deno.test("putDirectory() refuses a missing directory, a file, and a run that is not there", () =>
  withDirectory(async (store, dir) => {
    for (const path of [join(dir, "missing"), join(dir, "a.csv"), "/dev/null"]) {
      await assert.rejects(store.artifacts.putDirectory("r", path), InvalidSourceError);
    }
    await assert.rejects(store.artifacts.putDirectory("unknown", dir), RunNotFoundError);
    await assertEmpty(store);
  }));

Deno.test("putDirectory() refuses an unknown run also for an empty directory", () =>
  inTempDir((dir) =>
    inMemory(async (store) => {
      await assert.rejects(store.artifacts.putDirectory("unknown", dir), RunNotFoundError);
    })
  ));

Deno.test("putDirectory() refuses symbolic links, with nothing stored, or leaves them out", () =>
  withDirectory(async (store, dir) => {
    const links = ["a.csv", "deep", "missing", "../outside", ".."];
    await Deno.writeTextFile(join(dir, "..", "outside"), "outside");
    for (const to of links) {
      const link = join(dir, "deep", "er", "link");
      await Deno.symlink(join(dir, to), link);
      await assert.rejects(store.artifacts.putDirectory("r", dir), InvalidSourceError);
      await assert.rejects(
        store.artifacts.putDirectory("r", dir, { symlinks: "refuse" }),
        InvalidSourceError,
      );
      await assertEmpty(store);
      const run = await store.startRun();
      const stored = await store.artifacts.putDirectory(run.id, dir, { symlinks: "skip" });
      assert.deepEqual(names(stored), FILES.toSorted());
      await store.runs.remove(run.id);
      await Deno.remove(link);
    }
  }));

testWithFifo(
  "putDirectory() refuses a FIFO in it, with nothing stored",
  (makeFifo) =>
    withDirectory(async (store, dir) => {
      await makeFifo(join(dir, "deep", "fifo"));
      for (const options of [{}, { symlinks: "skip" }] as const) {
        await assert.rejects(store.artifacts.putDirectory("r", dir, options), InvalidSourceError);
      }
      await assertEmpty(store);
    }),
);

Deno.test("putDirectory() refuses a name that is none, before anything is stored", () =>
  withDirectory(async (store, dir) => {
    for (const name of ["nul.txt", "a\nb", "a.", "back\\slash", "what?"]) {
      await Deno.writeTextFile(join(dir, "deep", name), "text");
      await assert.rejects(store.artifacts.putDirectory("r", dir), InvalidNameError, name);
      await Deno.remove(join(dir, "deep", name));
    }
    await assertEmpty(store);
  }));

Deno.test("putDirectory() refuses files that cannot stand side by side, before any is stored", () =>
  withDirectory(async (store, dir) => {
    await Deno.writeTextFile(join(dir, "deep", "X"), "text");
    // Where the two are one, there is nothing to refuse.
    if (await Deno.readTextFile(join(dir, "deep", "x")) === "text") return;
    await assert.rejects(
      store.artifacts.putDirectory("r", dir, { concurrency: 1 }),
      InvalidNameError,
    );
    await assertEmpty(store);
  }));

Deno.test("putDirectory() refuses options that it cannot use", () =>
  withDirectory(async (store, dir) => {
    const wrong: unknown[] = [
      { concurrency: 0 },
      { concurrency: -1 },
      { concurrency: 1.5 },
      { concurrency: NaN },
      { concurrency: "4" },
      { symlinks: "copy" },
      { ifExists: "overwrite" },
    ];
    for (const options of wrong) {
      const put = store.artifacts.putDirectory("r", dir, options as PutDirectoryOptions);
      await assert.rejects(put, InvalidOptionError, Deno.inspect(options));
    }
    await assertEmpty(store);
  }));

for (const concurrency of [1, 2, 100]) {
  Deno.test(`putDirectory() stores at most ${concurrency} at a time, and tells of each`, () =>
    withDirectory(async (store, dir) => {
      const seen: [number, number, string][] = [];
      const { openSync } = Deno;
      let [now, most] = [0, 0];
      Deno.openSync = (path, options) => {
        const file = openSync(path, options);
        if (!String(path).startsWith(dir)) return file;
        most = Math.max(most, ++now);
        const { close } = file;
        file.close = () => {
          now--;
          close.call(file);
        };
        return file;
      };
      try {
        await store.artifacts.putDirectory("r", dir, {
          concurrency,
          onProgress: ({ done, total, artifact }) => seen.push([done, total, artifact.name]),
        });
      } finally {
        Deno.openSync = openSync;
      }
      assert.equal(now, 0);
      assert.ok(most >= 1 && most <= concurrency, `${most}`);
      assert.deepEqual(seen.map(([done]) => done), FILES.map((_, at) => at + 1));
      assert.ok(seen.every(([, total]) => total === FILES.length));
      assert.deepEqual(seen.map(([, , name]) => name).sort(), FILES.toSorted());
    }));
}

Deno.test("putDirectory() stops at the first failure, and goes on by ifExists same", () =>
  withDirectory(async (store, dir) => {
    await store.artifacts.put("r", "deep/x", "deep/x");
    await assert.rejects(store.artifacts.putDirectory("r", dir), ArtifactExistsError);
    const stored = await store.artifacts.putDirectory("r", dir, { ifExists: "same" });
    assert.deepEqual(names(stored), FILES.toSorted());
    assert.equal((await store.artifacts.list("r")).length, FILES.length);
    await Deno.writeTextFile(join(dir, "a.csv"), "changed");
    await assert.rejects(
      store.artifacts.putDirectory("r", dir, { ifExists: "same" }),
      ArtifactExistsError,
    );
    await store.artifacts.putDirectory("r", dir, { ifExists: "replace" });
    assert.equal(await (await store.artifacts.get("r", "a.csv")).text({ verify: true }), "changed");
  }));

Deno.test("putDirectory() whose signal is aborted while it reads stores nothing of the batch", () =>
  withDirectory(async (store, dir) => {
    const reason = new Error("enough");
    const isReason = (error: unknown) => error === reason;
    const signal = AbortSignal.abort(reason);
    await assert.rejects(store.artifacts.putDirectory("r", dir, { signal }), isReason);
    const abort = new AbortController();
    // The first file that is opened is the last one.
    const stat = Deno.stat;
    const lstatSync = Deno.lstatSync;
    const stop = (path: string | URL) => {
      if (String(path).startsWith(dir)) abort.abort(reason);
    };
    Deno.stat = (path) => (stop(path), stat(path));
    Deno.lstatSync = (path) => (stop(path), lstatSync(path));
    try {
      const put = store.artifacts.putDirectory("r", dir, { signal: abort.signal });
      await assert.rejects(put, isReason);
    } finally {
      Object.assign(Deno, { stat, lstatSync });
    }
    await assertEmpty(store);
  }));

Deno.test("putDirectory() whose onProgress throws has stored the batch", () =>
  withDirectory(async (store, dir) => {
    const reason = new Error("enough");
    const onProgress = () => {
      throw reason;
    };
    const put = store.artifacts.putDirectory("r", dir, { onProgress });
    await assert.rejects(put, (error) => error === reason);
    const stored = await store.artifacts.list("r");
    assert.deepEqual(names(stored).sort(), FILES.toSorted());
    for (const artifact of stored) await artifact.bytes({ verify: true });
  }));

Deno.test("putDirectory() of the store's own directory is refused, or stores what is true", () =>
  withDirectory(async (store, dir) => {
    await store.artifacts.putDirectory("r", dir);
    const { id } = await store.startRun();
    await store.artifacts.putDirectory(id, store.artifactDir!).catch((error) => {
      assert.ok(error instanceof ChachamlError);
    });
    for (const artifact of await store.artifacts.find({})) await artifact.bytes({ verify: true });
  }));

testOnFiles(
  "putDirectory() puts many files into a run that has some in the same directories",
  () =>
    inTempDir(async (dir) => {
      await using store = await openIn(join(dir, "home"));
      await store.startRun({ id: "r" });
      await store.artifacts.put("r", "d/0/there", "there");
      for (let at = 0; at < 100; at++) {
        await Deno.mkdir(join(dir, "source/d", String(at % 3)), { recursive: true });
        await Deno.writeTextFile(join(dir, "source/d", String(at % 3), `f${at}`), `text ${at}`);
      }
      await Deno.writeTextFile(join(dir, "source/top"), "top");
      const stored = await store.artifacts.putDirectory("r", join(dir, "source"));
      assert.equal(stored.length, 101);
      for (const artifact of await store.artifacts.list("r")) {
        await artifact.bytes({ verify: true });
      }
      const { damaged, leftovers } = await store.verify().summary();
      assert.deepEqual({ damaged, leftovers }, { damaged: 0, leftovers: 0 });
      assert.deepEqual(await stagedOf(store), []);
      for (const { filePath } of stored) assert.equal(Deno.statSync(filePath!).mode! & 0o222, 0);
    }),
);

testOnFiles(
  "putDirectory() replaces the orphans of a crash, and never bytes that a record names",
  () =>
    inTempDir(async (dir) => {
      await using store = await openIn(join(dir, "home"));
      await store.startRun({ id: "r" });
      const source = join(dir, "source");
      for (const name of ["a", "b/c"]) {
        for (const root of [source, join(store.artifactDir!, "r")]) {
          await Deno.mkdir(dirname(join(root, name)), { recursive: true });
          await Deno.writeTextFile(join(root, name), root === source ? "new" : "orphan");
        }
      }
      const stored = await store.artifacts.putDirectory("r", source);
      for (const artifact of stored) assert.equal(await artifact.text({ verify: true }), "new");
    }),
);

testOnOwnFiles(
  "putDirectory() that meets a directory in its way undoes all",
  () =>
    inTempDir(async (dir) => {
      await using store = await openIn(join(dir, "home"));
      await store.startRun({ id: "r" });
      const source = join(dir, "source");
      await Deno.mkdir(join(source, "new/deep"), { recursive: true });
      for (const name of ["a", "new/deep/b", "z"]) {
        await Deno.writeTextFile(join(source, name), name);
      }
      await Deno.mkdir(join(store.artifactDir!, "r/z"), { recursive: true });
      await Deno.writeTextFile(join(store.artifactDir!, "r/z/foreign"), "foreign");
      await assert.rejects(store.artifacts.putDirectory("r", source), /is in its way/);
      assert.deepEqual(await store.artifacts.list("r"), []);
      const left = Array.from(Deno.readDirSync(join(store.artifactDir!, "r")), ({ name }) => name);
      assert.deepEqual(left, ["z"]);
      assert.deepEqual(await stagedOf(store), []);
    }),
);

testOnOwnFiles(
  "putDirectory() leaves out the store itself, and the databases of others that are open",
  () =>
    inTempDir(async (dir) => {
      const home = join(dir, "home");
      await Deno.mkdir(home);
      await using store = await openIn(home);
      const elsewhere = { path: join(home, "other.db"), artifactDir: join(dir, "others") };
      await using other = await openIn(home, elsewhere);
      await other.startRun({ id: "o" });
      await store.startRun({ id: "r" });
      await store.artifacts.put("r", "first", "1");
      await Deno.writeTextFile(join(home, "data.csv"), "a,b");
      assert.deepEqual(names(await store.artifacts.putDirectory("r", home)), ["data.csv"]);
    }),
);

testOnFiles(
  "putDirectory() stores the artifacts of a run again, where their directory is named",
  () =>
    inTempDir(async (dir) => {
      await using store = await openIn(dir);
      await store.startRun({ id: "r" });
      await store.startRun({ id: "s" });
      await store.artifacts.put("r", "deep/first", "1");
      assert.deepEqual(
        names(await store.artifacts.putDirectory("s", join(store.artifactDir!, "r"))),
        [
          "deep/first",
        ],
      );
    }),
);

testOnSqlite(
  "putFile() refuses the database of an open store: reading it would drop its locks",
  () =>
    inTempDir(async (dir) => {
      await using store = await openIn(dir);
      await store.startRun({ id: "r" });
      await Deno.symlink(store.path!, join(dir, "link"));
      for (
        const path of [store.path!, `${store.path}-wal`, `${store.path}-shm`, join(dir, "link")]
      ) {
        for (const move of [false, true]) {
          await assert.rejects(
            store.artifacts.putFile("r", "x", path, { move }),
            InvalidSourceError,
          );
        }
        await assert.rejects(store.artifacts.put("r", "x", toFileUrl(path)), InvalidSourceError);
      }
      await assertEmpty(store);
    }),
);
