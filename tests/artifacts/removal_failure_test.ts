import assert from "node:assert/strict";
import { join } from "@std/path";
import { StorageError, type Store, UnsafePathError } from "../../mod.ts";
import {
  inTempDir,
  openIn,
  storedIn,
  testOnFiles,
  testOnOwnFiles,
  tree,
} from "../support/helpers.ts";

/** Has the system refuse to remove some files, until disposed of. */
function keeping(store: Store, ...paths: string[]): Disposable {
  const { removeSync } = Deno;
  const kept = paths.map((path) => join(store.artifactDir!, path));
  Deno.removeSync = (path, options) => {
    if (!kept.includes(String(path))) return removeSync(path, options);
    throw new Deno.errors.PermissionDenied("Permission denied (os error 13)");
  };
  return { [Symbol.dispose]: () => void (Deno.removeSync = removeSync) };
}

/** Gives a test a store whose runs `r` and `s` have the artifacts `a`, `b`, `c` and `d/e`. */
function withRuns(work: (store: Store) => Promise<void>): Promise<void> {
  return inTempDir(async (dir) => {
    await using store = await openIn(dir, { durability: "relaxed" });
    for (const id of ["r", "s"]) {
      await store.startRun({ id });
      for (const name of ["a", "b", "c", "d/e"]) await store.artifacts.put(id, name, name);
      await store.runs.end(id);
    }
    await work(store);
  });
}

/** Asserts that all is gone but these files, which gc then collects. */
async function assertLeft(store: Store, left: string[]): Promise<void> {
  assert.deepEqual(await store.artifacts.find({}), []);
  const files = (await storedIn(store)).filter((path) => path.includes("/"));
  assert.deepEqual(files, left);
  await store.gc({ grace: 0 });
  assert.deepEqual(await storedIn(store), []);
}

testOnOwnFiles(
  "removeRun() goes on past a file that cannot be removed, and tells it at last",
  () =>
    withRuns(async (store) => {
      await store.runs.remove("s");
      {
        using _kept = keeping(store, "r/a");
        await assert.rejects(store.runs.remove("r"), (error: unknown) => {
          assert.ok(error instanceof StorageError, String(error));
          assert.match(error.message, /^Cannot remove the bytes of "r\/a": permission was denied;/);
          return true;
        });
      }
      await assertLeft(store, ["r/a"]);
    }),
);

testOnOwnFiles(
  "removeRun() tells how many files could not be removed, and why the first could not",
  () =>
    withRuns(async (store) => {
      await store.runs.remove("s");
      {
        using _kept = keeping(store, "r/a", "r/c");
        await assert.rejects(store.runs.remove("r"), (error: unknown) => {
          assert.ok(error instanceof StorageError, String(error));
          assert.match(
            error.message,
            /^Cannot remove the files of 2 artifacts: gc .* of "r\/a": perm/,
          );
          return true;
        });
      }
      await assertLeft(store, ["r/a", "r/c"]);
    }),
);

testOnOwnFiles(
  "prune() goes on past runs whose files cannot be removed, and tells it at last",
  () =>
    withRuns(async (store) => {
      {
        using _kept = keeping(store, "r/a", "s/a", "s/d/e");
        await assert.rejects(store.runs.prune({ keepLast: 0 }), (error: unknown) => {
          assert.ok(error instanceof StorageError, String(error));
          assert.match(
            error.message,
            /^Cannot remove 2 runs with all they have: gc collects the files/,
          );
          return true;
        });
      }
      assert.deepEqual(await store.runs.list(), []);
      await assertLeft(store, ["r/a", "s/a", "s/d", "s/d/e"]);
    }),
);

testOnFiles(
  "prune() goes on past a run of which a directory is a link",
  () =>
    withRuns(async (store) => {
      const root = store.artifactDir!;
      Deno.renameSync(join(root, "r/d"), join(root, "elsewhere"));
      Deno.symlinkSync(join(root, "elsewhere"), join(root, "r/d"));
      await assert.rejects(store.runs.prune({ keepLast: 0 }), UnsafePathError);
      assert.deepEqual(await store.runs.list(), []);
      assert.equal(Deno.readTextFileSync(join(root, "elsewhere/e")), "d/e");
      assert.deepEqual(tree(root).sort(), ["elsewhere", "elsewhere/e", "r", "r/d"]);
    }),
);
