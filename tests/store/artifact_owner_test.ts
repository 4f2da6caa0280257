/** One artifact directory, one database: two would take each other's files for orphans. */
import assert from "node:assert/strict";
import { join } from "@std/path";
import { InvalidOptionError, openStore, restoreStore } from "../../mod.ts";
import { contentsOf, copyTree, filled } from "../support/backup_helpers.ts";
import { inTempDir, openIn } from "../support/helpers.ts";

const REASON = /it belongs to the database ".*first\.db"; name another directory/;

/** Asserts that a store that has the directory cannot be opened, and leaves no database. */
async function refused(dir: string, name: string, artifactDir: string): Promise<void> {
  const before = [...Deno.readDirSync(dir)].map((entry) => entry.name);
  await assert.rejects(openIn(dir, { path: join(dir, name), artifactDir }), (error: Error) => {
    assert.ok(error instanceof InvalidOptionError, String(error));
    assert.match(error.message, REASON);
    return true;
  });
  assert.deepEqual([...Deno.readDirSync(dir)].map((entry) => entry.name), before);
}

Deno.test("a second database does not get the artifact directory of the first", () =>
  inTempDir(async (dir) => {
    const artifactDir = join(dir, "artifacts");
    const first = { path: join(dir, "first.db"), artifactDir };
    await (await filled(dir, first)).close();
    await refused(dir, "second.db", artifactDir);
    await Deno.copyFile(first.path, join(dir, "copy.db"));
    await refused(dir, "copy.db", artifactDir);
    await Deno.symlink(artifactDir, join(dir, "link"));
    await refused(dir, "second.db", join(dir, "link"));
    await assert.rejects(openStore({ inMemory: true, artifactDir }), InvalidOptionError);
    await Deno.symlink(first.path, join(dir, "same.db"));
    await (await openIn(dir, { path: join(dir, "same.db"), artifactDir })).close();
    await using store = await openIn(dir, first);
    assert.equal((await store.verify().summary()).damaged, 0);
  }));

Deno.test("a backup is not restored into the artifact directory of another database", () =>
  inTempDir(async (dir) => {
    const artifactDir = join(dir, "artifacts");
    await using first = await filled(dir, { path: join(dir, "first.db"), artifactDir });
    await first.backup(join(dir, "b"));
    await first.artifacts.put("r", "a", "newer", { ifExists: "replace" });
    const again = { path: join(dir, "again.db"), artifactDir, driver: "builtin" } as const;
    await assert.rejects(restoreStore(join(dir, "b"), again), REASON);
    assert.equal((await first.verify().summary()).damaged, 0);
    await first.close();
    // One whose database is gone is what a restore is for.
    await Deno.remove(first.path!);
    assert.equal((await restoreStore(join(dir, "b"), again)).database, true);
  }));

Deno.test("a store that is moved or copied, as a whole or in part, has its directory", () =>
  inTempDir(async (dir) => {
    const home = join(dir, "home");
    const store = await filled(home);
    const contents = await contentsOf(store);
    await store.close();
    const check = async (at: string, artifactDir?: string) => {
      await using store = await openIn(at, { ...(artifactDir && { artifactDir }) });
      assert.deepEqual(await contentsOf(store), contents);
      const { id } = await store.startRun();
      await store.artifacts.put(id, "x", "x");
      await store.runs.remove(id);
    };
    await copyTree(home, join(dir, "copy"));
    await check(join(dir, "copy"));
    await check(home);
    await Deno.rename(home, join(dir, "moved"));
    await check(join(dir, "moved"));
    await Deno.rename(join(dir, "moved/t-artifacts"), join(dir, "elsewhere"));
    await check(join(dir, "moved"), join(dir, "elsewhere"));
    await Deno.mkdir(home);
    await Deno.rename(join(dir, "moved/t.db"), join(home, "t.db"));
    await check(home, join(dir, "elsewhere"));
  }));
