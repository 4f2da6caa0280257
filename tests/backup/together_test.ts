import assert from "node:assert/strict";
import { join } from "@std/path";
import { restoreStore } from "../../mod.ts";
import { assertTidy, backedUp, contentsOf, tamper } from "../support/backup_helpers.ts";
import { inTempDir, openIn } from "../support/helpers.ts";

/** More than are copied in parallel. */
const NAMES = Array.from({ length: 100 }, (_, at) => `directory-${at % 3}/${at}.txt`);

/** Counts the calls that sync one file, in this program, until it is disposed of. */
function countingSyncs(): Disposable & { count: number } {
  const { syncData } = Deno.FsFile.prototype;
  const counting = {
    count: 0,
    [Symbol.dispose]: () => void (Deno.FsFile.prototype.syncData = syncData),
  };
  Deno.FsFile.prototype.syncData = function () {
    counting.count++;
    return syncData.call(this);
  };
  return counting;
}

Deno.test({
  name: "a backup and a restore sync many small files together",
  // Elsewhere each file is synced.
  ignore: Deno.build.os !== "linux",
  fn: () =>
    inTempDir(async (dir) => {
      await using store = await openIn(dir);
      const { id } = await store.startRun();
      for (const name of NAMES) await store.artifacts.put(id, name, name);
      const backup = join(dir, "b");
      {
        using syncs = countingSyncs();
        assert.equal((await store.backup(backup)).copied, NAMES.length);
        assert.equal(syncs.count, 0);
      }
      assertTidy(backup);
      assert.deepEqual(await backedUp(backup), await contentsOf(store));
      const path = join(dir, "again/t.db");
      using syncs = countingSyncs();
      const { restored, failed } = await restoreStore(backup, { path });
      assert.deepEqual([restored.length, failed], [NAMES.length, []]);
      assert.equal(syncs.count, 0);
      await using again = await openIn(join(dir, "again"));
      assert.deepEqual(await contentsOf(again), await contentsOf(store));
    }),
});

Deno.test("a damaged artifact among many leaves none of the others out", () =>
  inTempDir(async (dir) => {
    await using store = await openIn(dir);
    const { id } = await store.startRun();
    for (const name of NAMES) await store.artifacts.put(id, name, name);
    const [first, second] = await store.artifacts.list(id);
    tamper(first!.filePath!, "X".repeat(first!.size));
    await Deno.remove(second!.filePath!);
    const { copied, omitted } = await store.backup(join(dir, "b"));
    assert.equal(copied, NAMES.length - 2);
    assert.deepEqual(
      omitted.map(({ artifact }) => artifact.name).sort(),
      [first!.name, second!.name].sort(),
    );
    assertTidy(join(dir, "b"));
  }));
