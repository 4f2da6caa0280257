import assert from "node:assert/strict";
import { join } from "@std/path";
import { restoreStore } from "../../mod.ts";
import { backedUp, contentsOf, filled, namesIn, textsOf } from "../support/backup_helpers.ts";
import { inTempDir, openIn } from "../support/helpers.ts";

const generations = (dir: string) => namesIn(dir).filter((name) => /^\d{4}-/.test(name));

Deno.test("with keep, each backup has a directory of its own, and shares what has not changed", () =>
  inTempDir(async (dir) => {
    const dest = join(dir, "days");
    await using store = await filled(dir);
    const first = await store.backup(dest, { keep: 2 });
    const before = await contentsOf(store);
    await store.artifacts.remove("r", "a");
    await store.artifacts.put("r", "new", "new");
    const second = await store.backup(dest, { keep: 2 });
    assert.deepEqual([second.copied, second.droppedArtifacts, second.removed], [4, 1, []]);
    assert.equal(generations(dest).length, 2);
    const inode = async (of: { artifactDir: string | undefined }, name: string) =>
      (await Deno.stat(join(of.artifactDir!, "r", name))).ino;
    assert.equal(await inode(first, "large"), await inode(second, "large"));
    assert.notEqual(await inode(first, "large"), await inode(store, "large"));
    assert.deepEqual(await backedUp(join(first.path, "..")), before);
    assert.deepEqual(await backedUp(join(second.path, "..")), await contentsOf(store));

    const third = await store.backup(dest, { keep: 2 });
    assert.deepEqual(third.removed, [join(first.path, "..")]);
    assert.deepEqual(third.failed, []);
    assert.equal(generations(dest).length, 2);
    assert.deepEqual(namesIn(dest), generations(dest));
    assert.deepEqual(await backedUp(join(second.path, "..")), await contentsOf(store));
  }));

Deno.test("the newest of several backups is restored, or the one that is named", () =>
  inTempDir(async (dir) => {
    const dest = join(dir, "days");
    const store = await filled(dir);
    const first = await store.backup(dest, { keep: 3 });
    const before = await textsOf(store);
    await store.artifacts.remove("r", "a");
    await store.backup(dest, { keep: 3 });
    const after = await textsOf(store);
    await store.close();
    const restored = async (from: string, name: string) => {
      await restoreStore(from, { path: join(dir, name, "t.db"), driver: "builtin" });
      await using again = await openIn(join(dir, name));
      return await textsOf(again);
    };
    assert.deepEqual(await restored(dest, "newest"), after);
    assert.deepEqual(await restored(join(first.path, ".."), "named"), before);
  }));

Deno.test("the files of others in an old backup stay, and are said", () =>
  inTempDir(async (dir) => {
    const dest = join(dir, "days");
    await using store = await filled(dir);
    const first = await store.backup(dest, { keep: 1 });
    await Deno.writeTextFile(join(first.artifactDir, "r/notes"), "mine");
    const second = await store.backup(dest, { keep: 1 });
    assert.deepEqual(second.removed, []);
    assert.match(second.failed[0]!.message, /"r\/notes" is of no backup; remove it yourself/);
    const [left] = namesIn(dest).filter((name) => name.endsWith(".removing"));
    const notes = join(dest, left!, "chachaml-artifacts/r/notes");
    assert.equal(await Deno.readTextFile(notes), "mine");
    assert.equal(generations(dest).filter((name) => !name.endsWith(".removing")).length, 1);
    await Deno.remove(notes);
    const third = await store.backup(dest, { keep: 1 });
    assert.deepEqual(third.failed, []);
    assert.equal(third.removed.length, 2);
    assert.deepEqual(namesIn(dest), generations(dest));
  }));

Deno.test("a backup of several that is stopped is gone on with", () =>
  inTempDir(async (dir) => {
    const dest = join(dir, "days");
    await using store = await filled(dir);
    await store.backup(dest, { keep: 2 });
    const abort = new AbortController();
    await assert.rejects(
      store.backup(dest, {
        keep: 2,
        signal: abort.signal,
        onProgress: ({ bytes }) => void (bytes > 10 && abort.abort(new Error("enough"))),
      }),
      /enough/,
    );
    assert.equal(generations(dest).length, 1);
    await store.backup(dest, { keep: 2 });
    assert.deepEqual(namesIn(dest), generations(dest));
    for (const name of generations(dest)) {
      assert.deepEqual(await backedUp(join(dest, name)), await contentsOf(store));
    }
  }));

Deno.test("a single backup and several do not share a directory, and 0 are not kept", () =>
  inTempDir(async (dir) => {
    await using store = await filled(dir);
    await store.backup(join(dir, "one"));
    await assert.rejects(store.backup(join(dir, "one"), { keep: 2 }), /it holds a single backup/);
    for (const keep of [0, -1, 1.5, NaN]) {
      await assert.rejects(store.backup(join(dir, "days"), { keep }), /must be a whole number/);
    }
  }));
