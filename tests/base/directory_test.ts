/** Directories on the way to an artifact: made, synced, and cleared of what a crash left. */
import assert from "node:assert/strict";
import { dirname, join, relative } from "@std/path";
import { StorageError } from "../../mod.ts";
import { assertEmpty, inMemory, inTempDir, openIn } from "../support/helpers.ts";

/** The directories that `work` opens, as one does to sync them, by their paths below `root`. */
async function syncedBy(root: string, work: () => Promise<unknown>): Promise<string[]> {
  const open = Deno.open;
  const opened: string[] = [];
  Deno.open = (path, options) => {
    if (Deno.statSync(path).isDirectory) opened.push(relative(root, String(path)));
    return open(path, options);
  };
  try {
    await work();
  } finally {
    Deno.open = open;
  }
  return opened.sort();
}

Deno.test("put() syncs every directory that has a new entry, also where one was removed before", () =>
  inTempDir(async (dir) => {
    await using store = await openIn(dir);
    await store.startRun({ id: "r" });
    const put = (name: string) =>
      syncedBy(store.artifactDir!, () => store.artifacts.put("r", name, "bytes"));
    for (const name of ["a/x", "a/y", "a/z"]) {
      assert.deepEqual(await put(name), ["", "r", "r/a"], name);
      await store.artifacts.remove("r", name);
    }
    await store.artifacts.put("r", "a/x", "bytes");
    assert.deepEqual(await put("a/y"), ["r/a"], "whose directories are settled");
    assert.deepEqual(await put("b"), ["r"]);
  }));

Deno.test("put() takes the place of empty directories, as a crash leaves them", () =>
  inMemory(async (store) => {
    await Deno.mkdir(join(store.artifactDir!, "r/model/deep/er"), { recursive: true });
    const filePath = (await store.artifacts.put("r", "model", "bytes")).filePath!;
    assert.equal(await Deno.readTextFile(filePath), "bytes");
    await store.artifacts.remove("r", "model");
    await assertEmpty(store);
  }));

Deno.test("put() leaves what is no artifact, and in its way, and says what to do", () =>
  inMemory(async (store) => {
    const file = join(store.artifactDir!, "r/model/notes.txt");
    await Deno.mkdir(dirname(file), { recursive: true });
    await Deno.writeTextFile(file, "notes");
    await assert.rejects(store.artifacts.put("r", "model", "bytes"), StorageError);
    await assert.rejects(store.artifacts.put("r", "model/notes.txt/x", "bytes"), StorageError);
    assert.equal(await Deno.readTextFile(file), "notes");
    await store.gc({ grace: 0 });
    await store.artifacts.put("r", "model", "bytes");
  }));
