import assert from "node:assert/strict";
import { join } from "@std/path";
import { InvalidOptionError, ReadOnlyError } from "../../mod.ts";
import { inTempDir, openIn, testEachDriver, tree } from "../support/helpers.ts";

testEachDriver("gc() removes what belongs to no artifact, and nothing else", async (driver) => {
  await inTempDir(async (dir) => {
    await using store = await openIn(dir, { driver });
    const { id } = await store.startRun({ id: "run" });
    await store.artifacts.put(id, "deep/kept", "kept");
    const root = store.artifactDir;
    Deno.mkdirSync(join(root, "gone/er"), { recursive: true });
    Deno.writeTextFileSync(join(root, "gone/er/orphan"), "123");
    Deno.writeTextFileSync(join(root, "run/deep/orphan"), "4567");
    Deno.writeTextFileSync(join(root, ".staging/left"), "89");
    const before = tree(root);
    const expected = {
      removed: [
        { kind: "staged", path: ".staging/left", bytes: 2 },
        { kind: "folder", path: "gone", bytes: 0 },
        { kind: "folder", path: "gone/er", bytes: 0 },
        { kind: "orphan", path: "gone/er/orphan", bytes: 3 },
        { kind: "orphan", path: "run/deep/orphan", bytes: 4 },
      ],
      bytes: 9,
      failed: [],
    };
    const sorted = (report: Awaited<ReturnType<typeof store.gc>>) => ({
      ...report,
      removed: report.removed.toSorted((a, b) => a.path < b.path ? -1 : 1),
    });
    assert.deepEqual(sorted(await store.gc({ grace: 0, dryRun: true })), expected);
    assert.deepEqual(tree(root), before);
    assert.deepEqual(sorted(await store.gc({ grace: 0 })), expected);
    assert.deepEqual(tree(root), ["run", "run/deep", "run/deep/kept"]);
    assert.equal(await (await store.artifacts.get(id, "deep/kept")).text({ verify: true }), "kept");
  });
});

Deno.test("gc() leaves what is newer than the grace period, which is a day", async () => {
  await inTempDir(async (dir) => {
    await using store = await openIn(dir);
    Deno.writeTextFileSync(join(store.artifactDir, "orphan"), "x");
    // That its content is old does not matter: it came here just now.
    Deno.utimeSync(join(store.artifactDir, "orphan"), 0, 0);
    assert.deepEqual((await store.gc()).removed, []);
    assert.equal((await store.gc({ grace: 0 })).removed.length, 1);
  });
});

Deno.test("gc() removes a link, not what it leads to", async () => {
  await inTempDir(async (dir) => {
    await using store = await openIn(dir);
    Deno.mkdirSync(join(dir, "elsewhere"));
    Deno.writeTextFileSync(join(dir, "elsewhere/precious"), "x");
    Deno.symlinkSync(join(dir, "elsewhere"), join(store.artifactDir, "link"));
    Deno.symlinkSync(join(dir, "elsewhere"), join(store.artifactDir, ".staging/link"));
    assert.equal((await store.gc({ grace: 0 })).removed.length, 2);
    assert.deepEqual(tree(join(dir, "elsewhere")), ["precious"]);
  });
});

Deno.test("gc() goes on behind an entry that cannot be removed", async () => {
  await inTempDir(async (dir) => {
    await using store = await openIn(dir);
    for (const name of ["bad", "good"]) {
      Deno.writeTextFileSync(join(store.artifactDir, name), name);
    }
    const { removeSync } = Deno;
    Deno.removeSync = (path, options) => {
      if (String(path).endsWith("/bad")) throw new Deno.errors.PermissionDenied("denied");
      removeSync(path, options);
    };
    try {
      const { removed, failed } = await store.gc({ grace: 0 });
      assert.deepEqual(removed.map(({ path }) => path), ["good"]);
      assert.deepEqual(failed.map(({ path }) => path), ["bad"]);
      assert.match(failed[0]!.error.message, /^Cannot remove "bad"/);
    } finally {
      Deno.removeSync = removeSync;
    }
  });
});

testEachDriver("gc() while others put and remove loses nothing", async (driver) => {
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

Deno.test("gc() of a read-only store, or with a bad grace, is refused", async () => {
  await inTempDir(async (dir) => {
    const writer = await openIn(dir);
    await assert.rejects(writer.gc({ grace: -1 }), InvalidOptionError);
    await assert.rejects(writer.gc({ grace: NaN }), InvalidOptionError);
    await writer.close();
    await using store = await openIn(dir, { readOnly: true });
    await assert.rejects(store.gc(), ReadOnlyError);
  });
});
