import assert from "node:assert/strict";
import { join } from "@std/path";
import { IntegrityError } from "../../mod.ts";
import { assertTidy, backedUp, contentsOf, filled, tamper } from "../support/backup_helpers.ts";
import { inTempDir, openIn } from "../support/helpers.ts";

const inode = (dir: string, ...path: string[]) => Deno.lstatSync(join(dir, ...path)).ino;

Deno.test("with link, a backup shares its files with the store", () =>
  inTempDir(async (dir) => {
    const dest = join(dir, "b");
    await using store = await filled(dir);
    const { artifactDir, copied, linked } = await store.backup(dest, { link: true });
    assert.deepEqual([copied, linked], [4, 4]);
    for (const { path, filePath } of await store.artifacts.find({})) {
      assert.equal(inode(artifactDir, path), inode(filePath!), path);
      assert.equal(Deno.statSync(filePath!).mode! & 0o222, 0);
    }
    assertTidy(dest);
    assert.deepEqual(await backedUp(dest), await contentsOf(store));
  }));

Deno.test("a backup tells how many of its artifacts share their file with the store", () =>
  inTempDir(async (dir) => {
    const dest = join(dir, "b");
    await using store = await filled(dir);
    assert.equal((await store.backup(dest)).linked, 0);
    await store.artifacts.put("r", "new", "x");
    // What was copied before stays so.
    assert.equal((await store.backup(dest, { link: true })).linked, 1);
    assert.equal((await store.backup(dest)).linked, 1);
    const { linkSync } = Deno;
    Deno.linkSync = (from, to) => {
      const isApart = String(from).startsWith(store.artifactDir!) &&
        !String(to).startsWith(store.artifactDir!);
      if (isApart) throw new Error("Invalid cross-device link (os error 18)");
      linkSync(from, to);
    };
    try {
      const { copied, linked } = await store.backup(join(dir, "other"), { link: true });
      assert.deepEqual([copied, linked], [5, 0]);
    } finally {
      Deno.linkSync = linkSync;
    }
  }));

Deno.test("what the store removes or replaces is untouched in a backup that shares files", () =>
  inTempDir(async (dir) => {
    const dest = join(dir, "b");
    await using store = await filled(dir);
    await store.backup(dest, { link: true });
    const before = await backedUp(dest);
    await store.artifacts.put("r", "a", "other text", { ifExists: "replace" });
    await store.artifacts.remove("r", "large");
    await store.runs.remove("failed");
    await store.gc({ grace: 0 });
    assert.deepEqual(await backedUp(dest), before);
    await store.backup(dest, { link: true });
    assert.deepEqual(await backedUp(dest), await contentsOf(store));
  }));

Deno.test("with link, a damaged file is left out all the same", () =>
  inTempDir(async (dir) => {
    const dest = join(dir, "b");
    await using store = await filled(dir);
    // Of the right size: only hashing tells.
    for (const name of ["a", "large"]) {
      const { filePath, size } = await store.artifacts.get("r", name);
      tamper(filePath!, "X".repeat(size));
    }
    const { omitted } = await store.backup(dest, { link: true });
    assert.deepEqual(omitted.map(({ artifact }) => artifact.name).sort(), ["a", "large"]);
    for (const { error } of omitted) assert.ok(error instanceof IntegrityError, String(error));
    assertTidy(dest);
    assert.equal((await backedUp(dest)).artifacts.length, 2);
  }));

for (const link of [false, true]) {
  Deno.test(`artifacts that share one file in the store share one in its backup (${link})`, () =>
    inTempDir(async (dir) => {
      const dest = join(dir, "b");
      await using store = await openIn(dir);
      for (const run of ["r", "s"]) {
        await store.startRun({ id: run });
        for (const name of ["a", "deep/b"]) {
          await store.artifacts.put(run, name, "the same".repeat(200_000));
        }
        await store.artifacts.put(run, "other", run);
      }
      // As any tool that finds duplicates does.
      const [first, ...others] = (await store.artifacts.find({})).filter(({ name }) =>
        name !== "other"
      );
      for (const { filePath } of others) {
        Deno.removeSync(filePath!);
        Deno.linkSync(first!.filePath!, filePath!);
      }
      const { artifactDir } = await store.backup(dest, { link });
      const paths = [first!, ...others].map(({ path }) => path);
      assert.equal(new Set(paths.map((path) => inode(artifactDir, path))).size, 1);
      assert.equal(inode(artifactDir, paths[0]!) === inode(first!.filePath!), link);
      assert.notEqual(inode(artifactDir, "r/other"), inode(artifactDir, "s/other"));
      assertTidy(dest);
      assert.deepEqual(await backedUp(dest), await contentsOf(store));
      // Removing one takes nothing from the others.
      await store.artifacts.remove("s", "a");
      await store.backup(dest, { link });
      assert.deepEqual(await backedUp(dest), await contentsOf(store));
    }));
}
