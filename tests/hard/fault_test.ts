import assert from "node:assert/strict";
import { constants } from "node:os";
import { DatabaseSync } from "node:sqlite";
import { join } from "@std/path";
import { StorageError, type Store } from "../../mod.ts";
import { inTempDir, openIn, stagedIn, tree } from "../support/helpers.ts";

type Method = (this: unknown, ...args: unknown[]) => unknown;

/** Has a method fail where `when` says so, until disposed of. */
function failing(
  target: object,
  name: string,
  makeError: () => Error,
  when: (args: unknown[], self: unknown) => boolean = () => true,
): Disposable {
  const methods = target as Record<string, Method>;
  const original = methods[name]!;
  methods[name] = function (...args) {
    if (!when(args, this)) return original.apply(this, args);
    const error = makeError();
    if (name.endsWith("Sync") || name === "run") throw error;
    return Promise.reject(error);
  };
  return { [Symbol.dispose]: () => void (methods[name] = original) };
}

const systemError = (message: string, code: string): Error =>
  Object.assign(new Error(message), { code });
const diskFull = () => systemError("No space left on device (os error 28)", "ENOSPC");
const diskBroken = () => systemError("Input/output error (os error 5)", "EIO");
const denied = () => systemError("Permission denied (os error 13)", "EACCES");

const statement = Object.getPrototypeOf(new DatabaseSync(":memory:").prepare("SELECT 1"));
const isSql = (pattern: RegExp) => (_: unknown[], self: unknown) =>
  pattern.test((self as { sourceSQL: string }).sourceSQL);

/** What can go wrong in a put, and what the caller is told. */
const FAULTS: Record<string, [inject: () => Disposable, told: RegExp]> = {
  "writing fails on a full disk": [
    () => failing(Deno.FsFile.prototype, "writeSync", diskFull),
    /the disk is full; free some space/,
  ],
  "syncing the bytes fails": [
    () => failing(Deno.FsFile.prototype, "syncData", diskBroken),
    /the disk reported an error/,
  ],
  "syncing the directory fails": [
    () => failing(Deno.FsFile.prototype, "sync", diskBroken),
    /the disk reported an error/,
  ],
  "creating the staged file is denied": [
    () => failing(Deno, "openSync", denied),
    /permission was denied; check the owner and mode/,
  ],
  "making the directory is denied": [
    () => failing(Deno, "mkdirSync", denied),
    /permission was denied/,
  ],
  "linking is denied": [() => failing(Deno, "linkSync", denied), /permission was denied/],
  "the insert fails": [
    () => failing(statement, "run", diskFull, isSql(/^INSERT INTO artifacts/)),
    /No space left|disk/,
  ],
  "the commit fails": [
    () => failing(statement, "run", diskBroken, isSql(/^COMMIT/)),
    /Input\/output/,
  ],
};

function staged(store: Store): string[] {
  return stagedIn(store.artifactDir!);
}

for (const [fault, [inject, told]] of Object.entries(FAULTS)) {
  Deno.test(`when ${fault}, a put stores nothing and the next one succeeds`, async () => {
    await inTempDir(async (dir) => {
      await using store = await openIn(dir);
      const { id } = await store.startRun();
      await store.artifacts.put(id, "kept/first", "kept");
      const before = tree(store.artifactDir!);
      {
        using _fault = inject();
        await assert.rejects(store.artifacts.put(id, "new/directory/a", "x"), (error: unknown) => {
          assert.ok(error instanceof StorageError, String(error));
          assert.match(error.message, /^Cannot /);
          assert.match(error.message, told);
          return true;
        });
      }
      assert.equal(await store.artifacts.has(id, "new/directory/a"), false);
      const files = tree(store.artifactDir!).filter((name) => name.endsWith("/a"));
      // Where even taking back needs a commit, an orphan may stay; it is no artifact.
      if (fault !== "the commit fails") assert.deepEqual(files, []);
      for (const name of before) assert.ok(tree(store.artifactDir!).includes(name));
      assert.deepEqual(staged(store), []);
      const put = await store.artifacts.put(id, "new/directory/a", "y");
      assert.equal(await put.text({ verify: true }), "y");
      assert.equal(
        await (await store.artifacts.get(id, "kept/first")).text({ verify: true }),
        "kept",
      );
    });
  });

  Deno.test(`when ${fault}, a replacement leaves the old bytes or the new`, async () => {
    await inTempDir(async (dir) => {
      await using store = await openIn(dir);
      const { id } = await store.startRun();
      await store.artifacts.put(id, "a", "old");
      {
        using _fault = inject();
        await store.artifacts.put(id, "a", "new", { ifExists: "replace" }).catch(() => {});
      }
      await using again = await openIn(dir);
      const text = await (await again.artifacts.get(id, "a")).text({ verify: true });
      assert.ok(["old", "new"].includes(text));
      await again.artifacts.put(id, "a", "newer", { ifExists: "replace" });
      assert.equal(await (await again.artifacts.get(id, "a")).text({ verify: true }), "newer");
      assert.deepEqual(staged(again), []);
    });
  });
}

Deno.test("a commit that fails once takes the published bytes back", async () => {
  await inTempDir(async (dir) => {
    await using store = await openIn(dir);
    const { id } = await store.startRun();
    let first = true;
    {
      using _fault = failing(statement, "run", diskBroken, (args, self) => {
        const fatal = first && isSql(/^COMMIT/)(args, self);
        if (fatal) first = false;
        return fatal;
      });
      await assert.rejects(store.artifacts.put(id, "directory/a", "x"), StorageError);
    }
    assert.deepEqual(tree(store.artifactDir!), []);
    await store.artifacts.put(id, "directory/a", "x");
  });
});

Deno.test("bytes whose commit failed stay until another commit has succeeded", async () => {
  await inTempDir(async (dir) => {
    await using store = await openIn(dir);
    const { id } = await store.startRun();
    {
      using _fault = failing(statement, "run", diskBroken, isSql(/^COMMIT/));
      await assert.rejects(store.artifacts.put(id, "directory/a", "x"), StorageError);
      // After a crash, what was written of the commit may be found done.
      assert.deepEqual(tree(store.artifactDir!), [id, `${id}/directory`, `${id}/directory/a`]);
    }
    await store.artifacts.put(id, "b", "y");
    assert.deepEqual(tree(store.artifactDir!), [id, `${id}/b`]);
  });
});

/**
 * Has a put replace an artifact while one of its commits fails: that of the look for a record, or of
 * the record, when the bytes are in place already.
 */
async function replaceWithFault(store: Store, id: string, fatal: 1 | 2) {
  let commits = 0;
  using _fault = failing(statement, "run", diskBroken, (args, self) => {
    return isSql(/^COMMIT/)(args, self) && ++commits === fatal;
  });
  return await store.artifacts.put(id, "a", "new bytes", { ifExists: "replace" });
}

Deno.test("a replacement whose last commit fails once takes place, and says so", async () => {
  await inTempDir(async (dir) => {
    await using store = await openIn(dir);
    const { id } = await store.startRun();
    const before = await store.artifacts.put(id, "a", "old");
    const after = await replaceWithFault(store, id, 2);
    assert.deepEqual([after.id, after.size], [before.id, 9]);
    const stored = await store.artifacts.get(id, "a");
    assert.deepEqual(stored.toJSON(), after.toJSON());
    assert.equal(await stored.text({ verify: true }), "new bytes");
    assert.deepEqual(staged(store), []);
    assert.deepEqual(await Array.fromAsync(store.verify()), []);
  });
});

Deno.test("a replacement of which an earlier commit fails does not take place", async () => {
  await inTempDir(async (dir) => {
    await using store = await openIn(dir);
    const { id } = await store.startRun();
    const before = await store.artifacts.put(id, "a", "old");
    await assert.rejects(replaceWithFault(store, id, 1), StorageError);
    const stored = await store.artifacts.get(id, "a");
    assert.deepEqual(stored.toJSON(), before.toJSON());
    assert.equal(await stored.text({ verify: true }), "old");
    assert.deepEqual(staged(store), []);
  });
});

Deno.test("of puts that share a transaction, only the one that fails is refused", async () => {
  await inTempDir(async (dir) => {
    await using store = await openIn(dir);
    const { id } = await store.startRun();
    using _fault = failing(Deno, "linkSync", denied, ([, to]) => String(to).endsWith("/bad"));
    const outcomes = await Promise.allSettled(
      ["a", "bad", "b", "c/d"].map((name) => store.artifacts.put(id, name, name)),
    );
    assert.deepEqual(outcomes.map(({ status }) => status), [
      "fulfilled",
      "rejected",
      "fulfilled",
      "fulfilled",
    ]);
    assert.deepEqual((await store.artifacts.list(id)).map(({ name }) => name).sort(), [
      "a",
      "b",
      "c/d",
    ]);
    assert.deepEqual(staged(store), []);
  });
});

/** How a file system says that it cannot link; Deno gives some of these errors by number alone. */
const NO_LINKS: Record<string, Error> = {
  EPERM: systemError("Operation not permitted (os error 1)", "EPERM"),
  ENOTSUP: numbered("Operation not supported", constants.errno.ENOTSUP),
  ENOSYS: numbered("Function not implemented", constants.errno.ENOSYS),
  EMLINK: numbered("Too many links", constants.errno.EMLINK),
};

function numbered(message: string, number: number): Error {
  return new Error(`${message} (os error ${number}): link 'a' -> 'b (os error 5)'`);
}

for (const [code, error] of Object.entries(NO_LINKS)) {
  Deno.test(`where there are no hard links (${code}), a name is published by renaming`, async () => {
    await inTempDir(async (dir) => {
      using _fault = failing(Deno, "linkSync", () => error);
      await using store = await openIn(dir);
      const { id } = await store.startRun();
      await store.artifacts.put(id, "a/b", "x");
      assert.equal(await (await store.artifacts.get(id, "a/b")).text({ verify: true }), "x");
      assert.deepEqual(staged(store), []);
      await assert.rejects(store.artifacts.put(id, "a/b", "y"), /already has it/);
      const source = join(dir, "moved");
      await Deno.writeTextFile(source, "moved");
      await store.artifacts.putFile(id, "moved", source, { move: true });
      await assert.rejects(Deno.stat(source), Deno.errors.NotFound);
    });
  });
}

Deno.test("a put whose link fails for another reason is refused", async () => {
  await inTempDir(async (dir) => {
    await using store = await openIn(dir);
    const { id } = await store.startRun();
    {
      const loop = () => numbered("Too many symbolic links", constants.errno.ELOOP);
      using _fault = failing(Deno, "linkSync", loop);
      await assert.rejects(store.artifacts.put(id, "a", "x"), StorageError);
    }
    assert.deepEqual(staged(store), []);
    await store.artifacts.put(id, "a", "x");
  });
});

Deno.test("a large artifact that the disk has no room for leaves nothing behind", async () => {
  await inTempDir(async (dir) => {
    await using store = await openIn(dir);
    const { id } = await store.startRun();
    const large = new Uint8Array(4 * 1024 * 1024);
    {
      using _fault = failing(Deno.FsFile.prototype, "write", diskFull);
      await assert.rejects(store.artifacts.put(id, "large", large), /the disk is full/);
    }
    assert.deepEqual(staged(store), []);
    await store.artifacts.put(id, "large", large);
  });
});
