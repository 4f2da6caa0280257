import assert from "node:assert/strict";
import { join } from "@std/path";
import { ArtifactNotFoundError, openStore, type Store } from "../../mod.ts";
import { assertTidy, backedUp } from "../support/backup_helpers.ts";
import { child } from "../support/children/flags.ts";
import { inTempDir, openIn, testEachDriver } from "../support/helpers.ts";

/** Backs up once and looks at what came of it: all true, and only what is gone left out. */
async function backUpAndCheck(store: Store, dest: string): Promise<number> {
  const report = await store.backup(dest, { check: true });
  for (const { error } of report.omitted) {
    assert.ok(error instanceof ArtifactNotFoundError, String(error));
  }
  assert.deepEqual([report.check!.damaged, report.check!.leftovers], [0, 0]);
  assert.equal(report.check!.artifacts, report.artifacts);
  assertTidy(dest);
  const { artifacts } = await backedUp(dest);
  assert.equal(artifacts.length, report.artifacts);
  return report.copied;
}

Deno.test("backups of a store that other processes write to are true, each of them", () =>
  inTempDir(async (dir) => {
    await using store = await openIn(dir);
    await store.startRun({ id: "run" });
    await store.artifacts.put("run", "kept", "kept");
    const stop = join(dir, "stop");
    const writers = ["x", "y", "z"].map((who) =>
      child("backup_writer.ts", [store.path!, who, stop]).output()
    );
    let copied = 0;
    try {
      // Until each writer is surely at work, and for some backups from then on.
      for (let left = 8; left > 0;) {
        copied += await backUpAndCheck(store, join(dir, "b"));
        const atWork = await Promise.all(
          ["x", "y", "z"].map((who) => store.artifacts.has("run", `${who}/large`)),
        );
        if (atWork.every(Boolean)) left--;
      }
    } finally {
      await Deno.writeTextFile(stop, "");
      await Promise.allSettled(writers);
    }
    for (const { success, stderr, stdout } of await Promise.all(writers)) {
      assert.ok(success, new TextDecoder().decode(stderr));
      assert.ok(Number(new TextDecoder().decode(stdout)) > 0);
    }
    assert.ok(copied > 8);
    // With the writers gone, it is the store.
    await backUpAndCheck(store, join(dir, "b"));
    const names = async (of: Store) =>
      (await of.artifacts.find({})).map(({ hash, path }) => [path, hash]);
    await using backup = await openStore({ path: join(dir, "b/chachaml.db"), driver: "builtin" });
    assert.deepEqual(await names(backup), await names(store));
  }));

testEachDriver("backups of a store that this process writes to are true", async (driver) => {
  for (const inMemory of [false, true]) {
    await inTempDir(async (dir) => {
      await using store = inMemory
        ? await openStore({ inMemory, driver })
        : await openIn(dir, { driver });
      const { id } = await store.startRun();
      let over = false;
      let rounds = 0;
      const writing = Array.from({ length: 4 }, async (_, who) => {
        for (let round = 0; !over; round++, rounds++) {
          await store.artifacts.put(id, `${who}/${round}`, `text ${round}`);
          await store.artifacts.put(id, `${who}/latest`, `${round}`, { ifExists: "replace" });
          if (round % 3 > 0) await store.artifacts.remove(id, `${who}/${round - 1}`);
          // So that there are not ever more of them to copy.
          else if (round > 9) await store.artifacts.remove(id, `${who}/${round - 10}`);
        }
      });
      try {
        const before = rounds;
        for (let at = 0; at < 6; at++) await backUpAndCheck(store, join(dir, "b"));
        assert.ok(rounds > before, "no writer went on meanwhile");
      } finally {
        over = true;
        await Promise.allSettled(writing);
      }
      await Promise.all(writing);
    });
  }
});
