import assert from "node:assert/strict";
import { join } from "@std/path";
import { restoreStore } from "../../mod.ts";
import { inParallel } from "../../src/base/in_parallel.ts";
import {
  assertTidy,
  backedUp,
  type Contents,
  contentsOf,
  copyTree,
  filled,
  namesIn,
  readBackup,
  tamper,
} from "../support/backup_helpers.ts";
import { child } from "../support/children/flags.ts";
import { inTempDir, openIn } from "../support/helpers.ts";

/** Children that run at a time. */
const WIDTH = 4;

/**
 * Kills a child before its first step, another one before its second, and so on, until one gets to
 * its end. Each has a copy of `template`, which `look` is given afterwards.
 */
async function killAtEachStep(
  step: Deno.TestContext,
  template: string,
  argsFor: (copy: string) => [path: string, operation: string, backup: string],
  look: (copy: string) => Promise<void>,
): Promise<void> {
  let calls = Infinity;
  const steps = function* () {
    for (let fatal = 1; fatal <= calls + 1; fatal++) yield fatal;
  };
  await inParallel(steps(), WIDTH, async (fatal) => {
    const copy = `${template}-${fatal}`;
    await copyTree(template, copy);
    const { success, signal, stdout, stderr } = await child("backup_crash_child.ts", [
      ...argsFor(copy),
      String(fatal),
    ]).output();
    if (success) calls = Math.min(calls, Number(new TextDecoder().decode(stdout)));
    else assert.equal(signal, "SIGKILL", new TextDecoder().decode(stderr));
    await look(copy);
    await Deno.remove(copy, { recursive: true });
  });
  await step.step(`${calls} steps tried`, () => assert.ok(calls > 20));
}

/** Without where the files are: those that are in the way of others, a backup moves aside. */
function saying({ runs, artifacts }: Contents) {
  return { runs, artifacts: artifacts.map(({ path: _, ...others }) => others) };
}

Deno.test("a crash at any step of a first backup leaves none, or a whole one", (step) =>
  inTempDir(async (dir) => {
    await using store = await filled(dir);
    const contents = await contentsOf(store);
    const template = join(dir, "b");
    await Deno.mkdir(template);
    await killAtEachStep(step, template, (dest) => [store.path!, "backup", dest], async (dest) => {
      if (namesIn(dest).includes("chachaml.db")) {
        assert.deepEqual(await readBackup(dest), contents);
      }
      await store.backup(dest);
      assertTidy(dest);
      assert.deepEqual(await backedUp(dest), contents);
    });
    assert.deepEqual(await contentsOf(store), contents);
    assert.equal((await store.verify().summary()).leftovers, 0);
  }));

Deno.test("a crash at any step of a second backup leaves the first one, or the second", (step) =>
  inTempDir(async (dir) => {
    await using store = await filled(dir);
    const template = join(dir, "b");
    await store.backup(template);
    const first = await backedUp(template);
    // Some files are in the way of others that are to come, and one is damaged.
    await store.artifacts.remove("r", "deep/er/b");
    await store.artifacts.put("r", "deep", "a file where a directory was");
    await store.artifacts.put("r", "a", "other text of a", { ifExists: "replace" });
    await store.artifacts.remove("r", "empty");
    await store.artifacts.put("r", "empty/no/more", "a directory where a file was");
    await store.artifacts.put("r", "new", "new");
    const second = await contentsOf(store);
    await killAtEachStep(step, template, (dest) => [store.path!, "backup", dest], async (dest) => {
      const contents = saying(await readBackup(dest));
      const expected = contents.artifacts.length === first.artifacts.length ? first : second;
      assert.deepEqual(contents, saying(expected));
      await store.backup(dest);
      assertTidy(dest);
      assert.deepEqual(await backedUp(dest), second);
    });
    assert.notEqual(first.artifacts.length, second.artifacts.length);
    assert.deepEqual(await contentsOf(store), second);
    assert.equal((await store.verify().summary()).leftovers, 0);
  }));

Deno.test("a crash at any step of a restore leaves a store that the next one restores", (step) =>
  inTempDir(async (dir) => {
    const template = join(dir, "store");
    const backup = join(dir, "b");
    const store = await filled(template);
    await store.backup(backup);
    const contents = await contentsOf(store);
    const artifacts = store.artifactDir!;
    await store.close();
    await Deno.remove(join(artifacts, "r/large"));
    await Deno.remove(join(artifacts, "r/deep"), { recursive: true });
    tamper(join(artifacts, "r/a"), "TEXT OF A");
    const argsFor = (copy: string): [string, string, string] => [
      join(copy, "t.db"),
      "restore",
      backup,
    ];
    await killAtEachStep(step, template, argsFor, async (copy) => {
      const { failed } = await restoreStore(backup, { path: join(copy, "t.db") });
      assert.deepEqual(failed, []);
      await using again = await openIn(copy);
      assert.deepEqual(await contentsOf(again), contents);
      await again.gc({ grace: 0 });
      assert.deepEqual(namesIn(join(again.artifactDir!, ".staging")), []);
    });
    assert.deepEqual(await backedUp(backup), contents);
  }));

Deno.test("a crash at any step of restoring a damaged database loses nothing", (step) =>
  inTempDir(async (dir) => {
    const template = join(dir, "store");
    const backup = join(dir, "b");
    const store = await filled(template);
    await store.backup(backup);
    const contents = await contentsOf(store);
    const artifacts = store.artifactDir!;
    await store.close();
    await Deno.remove(join(artifacts, "r/large"));
    tamper(join(artifacts, "r/a"), "TEXT OF A");
    await Deno.writeTextFile(join(template, "t.db"), "no database any more".repeat(100));
    await Deno.writeTextFile(join(template, "t.db-wal"), "nor a journal");
    const argsFor = (copy: string): [string, string, string] => [
      join(copy, "t.db"),
      "restoreDatabase",
      backup,
    ];
    await killAtEachStep(step, template, argsFor, async (copy) => {
      const path = join(copy, "t.db");
      const { failed } = await restoreStore(backup, { path, database: true });
      assert.deepEqual(failed, []);
      {
        await using again = await openIn(copy);
        assert.deepEqual(await contentsOf(again), contents);
        await again.gc({ grace: 0 });
        assert.equal((await again.verify().summary()).damaged, 0);
      }
      const aside = namesIn(copy).find((name) => /damaged-\d+$/.test(name));
      assert.match(await Deno.readTextFile(join(copy, aside!)), /^no database any more/);
      assert.ok(!namesIn(copy).some((name) => name.startsWith("t.db.new")));
    });
    assert.deepEqual(await backedUp(backup), contents);
  }));
