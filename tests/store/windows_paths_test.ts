/** Paths that chachaml 0.7.0 writes on Windows, where it separates directories by backslashes. */
import assert from "node:assert/strict";
import { join } from "@std/path";
import type { Store } from "../../mod.ts";
import { inTempDir, openIn, storedIn, testEachDriver } from "../support/helpers.ts";
import { assertHoldsAll, assertSound } from "../support/interop_contents.ts";
import { BASELINE, contents, DEEP, onDatabase, withFixture } from "../support/interop_helpers.ts";

/** Gives a test the store as it would be had it been written on Windows. */
function fromWindows(work: (store: Store, dir: string) => Promise<void>) {
  return (driver: "ffi" | "builtin") =>
    withFixture(async (dir) => {
      onDatabase(dir, (sql) => sql.exec("UPDATE artifacts SET path = replace(path, '/', '\\')"));
      await using store = await openIn(dir, { driver });
      await work(store, dir);
    });
}

testEachDriver(
  "paths from Windows are understood, and stay as they are",
  fromWindows(async (store, dir) => {
    const before = contents(dir);
    await assertHoldsAll(store);
    await assertSound(store);
    assert.equal(
      (await store.artifacts.get(BASELINE, "plots/roc.svg")).path,
      `${BASELINE}/plots/roc.svg`,
    );
    const { removed } = await store.gc({ grace: 0 });
    assert.deepEqual(removed, []);
    await assertHoldsAll(store);
    assert.deepEqual(contents(dir), before);
  }),
);

testEachDriver(
  "artifacts whose paths are from Windows are replaced and removed",
  fromWindows(async (store) => {
    await store.artifacts.put(BASELINE, "plots/roc.svg", "<svg/>", { ifExists: "replace" });
    assert.equal(
      await (await store.artifacts.get(BASELINE, "plots/roc.svg")).text({ verify: true }),
      "<svg/>",
    );
    await store.artifacts.remove(BASELINE, "plots/roc.svg");
    await store.runs.remove(DEEP, { force: true });
    assert.deepEqual(
      (await storedIn(store)).filter((path) => path.includes(".") || path.startsWith(DEEP)),
      [`${BASELINE}/report.md`],
    );
    await assertSound(store);
  }),
);

testEachDriver(
  "remove() keeps the bytes that another row names in the words of Windows",
  fromWindows(async (store, dir) => {
    onDatabase(
      dir,
      (sql) =>
        sql.exec(`INSERT INTO artifacts SELECT 'twin', run_id, 'plots\\roc.svg', path, content_type,
        size, hash, created_at FROM artifacts WHERE name = 'plots/roc.svg'`),
    );
    await store.artifacts.remove(BASELINE, "plots/roc.svg");
    assert.equal((await (await store.artifacts.get("twin")).bytes({ verify: true })).length, 64);
    // Nor does an artifact of that name take their place.
    await assert.rejects(
      store.artifacts.put(BASELINE, "plots/roc.svg", "new"),
      /plots\\\\roc\.svg/,
    );
    assert.equal((await (await store.artifacts.get("twin")).bytes({ verify: true })).length, 64);
    await store.artifacts.remove("twin");
    assert.ok(!(await storedIn(store)).includes(`${BASELINE}/plots/roc.svg`));
  }),
);

Deno.test("gc() keeps a file whose very name has a backslash, as long as a row names it", () =>
  inTempDir(async (dir) => {
    await using store = await openIn(dir);
    await store.startRun({ id: "r" });
    await store.artifacts.put("r", "a", "abc");
    await Deno.writeTextFile(join(store.artifactDir!, "r", "b\\c"), "abc");
    onDatabase(dir, (sql) => sql.exec("UPDATE artifacts SET path = 'r/b\\c'"));
    await store.gc({ grace: 0 });
    assert.deepEqual(await storedIn(store), ["r", "r/b\\c"]);
  }));
