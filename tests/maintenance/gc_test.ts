import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { join } from "@std/path";
import { InvalidOptionError, ReadOnlyError, type Store } from "../../mod.ts";
import { tamperRows } from "../support/archive_helpers.ts";
import {
  inTempDir,
  openIn,
  storedIn,
  testEachDriverOnOwnFiles,
  testOnOwnFiles,
  testOnSqlite,
  tree,
  writeStored,
} from "../support/helpers.ts";

/** Opens a store that has the run `r`, and its directory. */
async function openWithRun(dir: string): Promise<Store> {
  const store = await openIn(dir);
  await store.startRun({ id: "r" });
  Deno.mkdirSync(join(store.artifactDir!, "r"));
  return store;
}

testEachDriverOnOwnFiles(
  "gc() removes what belongs to no artifact, and nothing else",
  async (driver) => {
    await inTempDir(async (dir) => {
      await using store = await openIn(dir, { driver });
      const { id } = await store.startRun({ id: "run" });
      await store.artifacts.put(id, "deep/kept", "kept");
      const root = store.artifactDir!;
      await store.startRun({ id: "gone" });
      await store.runs.remove("gone");
      Deno.mkdirSync(join(root, "gone/er"), { recursive: true });
      Deno.writeTextFileSync(join(root, "gone/er/orphan"), "123");
      Deno.writeTextFileSync(join(root, "run/deep/orphan"), "4567");
      Deno.writeTextFileSync(join(root, ".staging/left"), "89");
      const before = tree(root);
      const expected = {
        removed: [
          { kind: "staged", path: ".staging/left", bytes: 2 },
          { kind: "directory", path: "gone", bytes: 0 },
          { kind: "directory", path: "gone/er", bytes: 0 },
          { kind: "orphan", path: "gone/er/orphan", bytes: 3 },
          { kind: "orphan", path: "run/deep/orphan", bytes: 4 },
        ],
        bytes: 9,
        failed: [],
        foreign: [],
      };
      const sorted = (report: Awaited<ReturnType<typeof store.gc>>) => ({
        ...report,
        removed: report.removed.toSorted((a, b) => a.path < b.path ? -1 : 1),
      });
      const dry = sorted(await store.gc({ grace: 0, dryRun: true }));
      assert.deepEqual(dry, { dryRun: true, ...expected });
      assert.deepEqual(tree(root), before);
      assert.deepEqual(sorted(await store.gc({ grace: 0 })), { dryRun: false, ...expected });
      assert.deepEqual(tree(root), ["run", "run/deep", "run/deep/kept"]);
      assert.equal(
        await (await store.artifacts.get(id, "deep/kept")).text({ verify: true }),
        "kept",
      );
    });
  },
);

testOnOwnFiles("gc() removes bytes of no artifact in batches, wherever they are", async () => {
  await inTempDir(async (dir) => {
    await using store = await openIn(dir);
    await store.startRun({ id: "r" });
    await store.artifacts.put("r", "kept", "kept");
    const strays = Array.from({ length: 12 }, (_, at) => `r/stray ${at}`);
    for (const key of strays) await writeStored(store, key, "x");
    assert.deepEqual((await store.gc()).removed, []);
    const { removed, bytes } = await store.gc({ grace: 0 });
    assert.deepEqual(removed.map(({ path }) => path).sort(), strays.toSorted());
    assert.equal(bytes, strays.length);
    assert.deepEqual(await storedIn(store), ["r", "r/kept"]);
  });
});

testOnOwnFiles("gc() leaves what is newer than the grace period, which is a day", async () => {
  await inTempDir(async (dir) => {
    await using store = await openWithRun(dir);
    // How old its content is does not matter: it came here just now.
    for (const [name, time] of [["old", 0], ["future", Date.now() / 1000 + 1e8]] as const) {
      const path = join(store.artifactDir!, "r", name);
      Deno.writeTextFileSync(path, "x");
      Deno.utimeSync(path, time, time);
    }
    assert.deepEqual((await store.gc()).removed, []);
    assert.equal((await store.gc({ grace: 0 })).removed.length, 3);
  });
});

testOnOwnFiles("gc() removes a link, not what it leads to", async () => {
  await inTempDir(async (dir) => {
    await using store = await openWithRun(dir);
    Deno.mkdirSync(join(dir, "elsewhere"));
    Deno.writeTextFileSync(join(dir, "elsewhere/precious"), "x");
    Deno.symlinkSync(join(dir, "elsewhere"), join(store.artifactDir!, "r/link"));
    Deno.symlinkSync(join(dir, "elsewhere"), join(store.artifactDir!, ".staging/link"));
    assert.equal((await store.gc({ grace: 0 })).removed.length, 3);
    assert.deepEqual(tree(join(dir, "elsewhere")), ["precious"]);
  });
});

testOnOwnFiles("gc() goes on behind an entry that cannot be removed", async () => {
  await inTempDir(async (dir) => {
    await using store = await openWithRun(dir);
    for (const name of ["bad", "good"]) {
      Deno.writeTextFileSync(join(store.artifactDir!, "r", name), name);
    }
    const { removeSync } = Deno;
    Deno.removeSync = (path, options) => {
      if (String(path).endsWith("/bad")) throw new Deno.errors.PermissionDenied("denied");
      removeSync(path, options);
    };
    try {
      const { removed, failed } = await store.gc({ grace: 0 });
      assert.deepEqual(removed.map(({ path }) => path), ["r/good"]);
      assert.deepEqual(failed.map(({ path }) => path), ["r/bad"]);
      assert.match(failed[0]!.error.message, /^Cannot remove "r\/bad"/);
    } finally {
      Deno.removeSync = removeSync;
    }
  });
});

testEachDriverOnOwnFiles("gc() while others put and remove loses nothing", async (driver) => {
  await inTempDir(async (dir) => {
    await using store = await openIn(dir, { driver, durability: "relaxed" });
    await using twin = await openIn(dir, { driver, durability: "relaxed" });
    const { id } = await store.startRun();
    let over = false;
    const collecting = (async () => {
      let collected = 0;
      for (; !over; await new Promise((resolve) => setTimeout(resolve))) {
        collected += (await twin.gc({ grace: 0 })).removed.length;
      }
      return collected;
    })();
    const putting = Array.from({ length: 200 }, async (_, at) => {
      await store.artifacts.put(id, `deep/${at % 7}/${at}`, `${at}`);
      if (at % 3 === 0) await store.artifacts.remove(id, `deep/${at % 7}/${at}`);
    });
    await Promise.all(putting);
    over = true;
    await collecting;
    const found = await store.artifacts.list(id);
    assert.equal(found.length, 200 - 67);
    const { damaged } = await store.verify().summary();
    assert.equal(damaged, 0);
  });
});

testOnOwnFiles("gc() of a read-only store, or with a bad grace, is refused", async () => {
  await inTempDir(async (dir) => {
    const writer = await openIn(dir);
    await assert.rejects(writer.gc({ grace: -1 }), InvalidOptionError);
    await assert.rejects(writer.gc({ grace: NaN }), InvalidOptionError);
    await writer.close();
    await using store = await openIn(dir, { readOnly: true });
    await assert.rejects(store.gc(), ReadOnlyError);
    assert.equal((await store.gc({ dryRun: true })).dryRun, true);
  });
});

testOnOwnFiles(
  "gc() leaves and reports what the store has never put there",
  () =>
    inTempDir(async (dir) => {
      await using store = await openWithRun(dir);
      const root = store.artifactDir!;
      Deno.mkdirSync(join(root, ".ssh/empty"), { recursive: true });
      for (const path of [".ssh/key", "notes.md", "r/orphan"]) {
        Deno.writeTextFileSync(join(root, path), "x");
      }
      Deno.mkdirSync(join(root, "hollow"));
      const report = await store.gc({ grace: 0 });
      assert.deepEqual(report.removed.map(({ path }) => path), ["r/orphan", "r"]);
      assert.deepEqual(report.foreign, [".ssh", "hollow", "notes.md"]);
      assert.deepEqual(tree(root), [".ssh", ".ssh/empty", ".ssh/key", "hollow", "notes.md"]);
      const findings = await Array.fromAsync(store.verify());
      assert.deepEqual(findings.map(({ kind }) => kind), ["foreign"]);
      assert.match(findings[0]!.message, /^"\.ssh", "hollow", "notes\.md" are not of this store/);
    }),
);

testOnSqlite(
  "gc() knows the directories of runs that another program removed",
  () =>
    inTempDir(async (dir) => {
      await using store = await openWithRun(dir);
      await store.artifacts.put("r", "deep/a", "x");
      tamperRows(store, "DELETE FROM artifacts");
      tamperRows(store, "DELETE FROM runs");
      const { removed, foreign } = await store.gc({ grace: 0 });
      assert.deepEqual(removed.map(({ path }) => path), ["r/deep/a", "r/deep", "r"]);
      assert.deepEqual(foreign, []);
    }),
);

testOnSqlite(
  "gc() takes no write lock where there is nothing to remove",
  () =>
    inTempDir(async (dir) => {
      await using store = await openIn(dir, { busyTimeout: 1 });
      const { id } = await store.startRun();
      for (let at = 0; at < 30; at++) await store.artifacts.put(id, `${at % 3}/${at}`, `${at}`);
      const other = new DatabaseSync(store.path!);
      try {
        other.exec("BEGIN IMMEDIATE");
        assert.deepEqual((await store.gc({ grace: 0 })).removed, []);
        const { damaged } = await store.verify().summary();
        assert.equal(damaged, 0);
        other.exec("ROLLBACK");
      } finally {
        other.close();
      }
    }),
);

testOnOwnFiles(
  "a dry run of gc() keeps directories that something stays in",
  () =>
    inTempDir(async (dir) => {
      await using store = await openWithRun(dir);
      const root = store.artifactDir!;
      await store.artifacts.put("r", "a/kept", "x");
      for (const path of ["r/a/orphan", "r/b/c/young", "r/d/e/orphan"]) {
        Deno.mkdirSync(join(root, path, ".."), { recursive: true });
        Deno.writeTextFileSync(join(root, path), "x");
      }
      const [dry, wet] = [
        await store.gc({ grace: 0, dryRun: true }),
        await store.gc({ grace: 0 }),
      ];
      assert.deepEqual(dry.removed, wet.removed);
      const expected = [
        "r/a/orphan",
        "r/b",
        "r/b/c",
        "r/b/c/young",
        "r/d",
        "r/d/e",
        "r/d/e/orphan",
      ];
      assert.deepEqual(wet.removed.map(({ path }) => path).sort(), expected);
      assert.deepEqual(tree(root), ["r", "r/a", "r/a/kept"]);
    }),
);

testOnOwnFiles(
  "gc() removes the staged tree of a put that was killed, and leaves one at work alone",
  () =>
    inTempDir(async (dir) => {
      await using store = await openIn(dir);
      await store.startRun({ id: "r" });
      const staging = join(store.artifactDir!, ".staging");
      const [left, held] = [crypto.randomUUID(), crypto.randomUUID()];
      const trees = [left, held].map((batch) => `${batch}.${crypto.randomUUID()}`);
      for (const tree of trees) {
        await Deno.mkdir(join(staging, tree, "r/deep"), { recursive: true });
        await Deno.writeTextFile(join(staging, tree, "r/deep/a.b"), "staged");
      }
      // The lock of one batch is held, as by another process.
      using lock = await Deno.open(join(staging, held), { create: true, write: true });
      await lock.lock(true);
      const { removed, failed } = await store.gc({ grace: 0 });
      assert.deepEqual(failed, []);
      const under = (...paths: string[]) => paths.map((path) => `.staging/${trees[0]}${path}`);
      assert.deepEqual(
        removed.map(({ path }) => path),
        under("/r/deep/a.b", "/r/deep", "/r", ""),
      );
      assert.ok(removed.every(({ kind }) => kind === "staged"));
      assert.ok((await Deno.stat(join(staging, trees[1]!, "r/deep/a.b"))).isFile);
    }),
);
