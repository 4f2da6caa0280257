/** Links that are swapped in between the look at a path and its use. */
import assert from "node:assert/strict";
import { dirname, join } from "@std/path";
import { InvalidSourceError, type Store, UnsafePathError } from "../../mod.ts";
import { inTempDir, openIn, stagedIn, tree } from "../support/helpers.ts";

/** Has something happen just before, or after, the first call of `Deno` that names a target. */
function around(
  name: "linkSync" | "renameSync",
  target: string,
  { before, after }: { before?: () => void; after?: () => void },
): Disposable {
  const calls = Deno as unknown as Record<string, (...args: unknown[]) => unknown>;
  const original = calls[name]!;
  const restore = () => void (calls[name] = original);
  calls[name] = (...args) => {
    if (args[1] !== target) return original(...args);
    restore();
    before?.();
    const result = original(...args);
    after?.();
    return result;
  };
  return { [Symbol.dispose]: restore };
}

/** Gives a test a store with the artifact `d/a` of the run `r`, and an empty directory outside. */
function withStore(work: (store: Store, outside: string) => Promise<void>) {
  return inTempDir(async (dir) => {
    const outside = join(dir, "outside");
    await Deno.mkdir(outside);
    await using store = await openIn(dir, { durability: "relaxed" });
    await store.startRun({ id: "r", environment: false });
    await store.artifacts.put("r", "d/a", "old");
    await work(store, outside);
    assert.deepEqual(tree(outside), []);
    assert.deepEqual(stagedIn(store.artifactDir!), []);
  });
}

/** Puts a link in the place of a directory, which goes elsewhere. */
function swap(directory: string, to: string): void {
  Deno.renameSync(directory, `${directory}.was`);
  Deno.symlinkSync(to, directory);
}

const namesOf = (artifacts: readonly { name: string }[]) => artifacts.map(({ name }) => name);

Deno.test("put() takes back what a directory swapped for a link leads outside", () =>
  withStore(async (store, outside) => {
    const directory = join(store.artifactDir!, "r", "d");
    using _ = around("linkSync", join(directory, "b"), {
      before: () => swap(directory, outside),
    });
    await assert.rejects(store.artifacts.put("r", "d/b", "new"), UnsafePathError);
    assert.equal(await store.artifacts.has("r", "d/b"), false);
    assert.ok((await Deno.lstat(directory)).isSymlink, "nothing was swapped");
  }));

Deno.test("putDirectory() takes back what a directory swapped for a link leads outside", () =>
  withStore(async (store, outside) => {
    const source = join(store.artifactDir!, "..", "source");
    for (const name of ["d/b", "d/new/c"]) {
      await Deno.mkdir(dirname(join(source, name)), { recursive: true });
      await Deno.writeTextFile(join(source, name), name);
    }
    const directory = join(store.artifactDir!, "r", "d");
    using _ = around("renameSync", join(directory, "new"), {
      before: () => swap(directory, outside),
    });
    await assert.rejects(store.artifacts.putDirectory("r", source), UnsafePathError);
    assert.ok((await Deno.lstat(directory)).isSymlink, "nothing was swapped");
    assert.deepEqual(await store.artifacts.find({ runId: "r", name: "d/?*" }).then(namesOf), [
      "d/a",
    ]);
  }));

Deno.test("a replacement takes back what a directory swapped for a link leads outside", () =>
  withStore(async (store, outside) => {
    const directory = join(store.artifactDir!, "r", "d");
    using _ = around("renameSync", join(directory, "a"), {
      before: () => swap(directory, outside),
    });
    await assert.rejects(
      store.artifacts.put("r", "d/a", "new", { ifExists: "replace" }),
      UnsafePathError,
    );
    await Deno.remove(directory);
    await Deno.rename(`${directory}.was`, directory);
    const stored = await store.artifacts.get("r", "d/a");
    assert.equal(await stored.text({ verify: true }), "old");
    assert.deepEqual(await Array.fromAsync(store.verify()), []);
  }));

Deno.test("put() refuses a name that is swapped for a link while it is stored", () =>
  withStore(async (store, outside) => {
    const target = join(store.artifactDir!, "r", "d", "b");
    using _ = around("linkSync", target, {
      after: () => {
        Deno.removeSync(target);
        Deno.symlinkSync(join(outside, "none"), target);
      },
    });
    await assert.rejects(store.artifacts.put("r", "d/b", "new"), UnsafePathError);
    assert.equal(await store.artifacts.has("r", "d/b"), false);
    assert.ok((await Deno.lstat(target)).isSymlink, "another's entry was removed");
  }));

/** What is swapped for a link to its namesake outside, once the directory has been listed. */
for (const [what, swapped] of [["a file", "z/file"], ["a directory", "z"]] as const) {
  for (const symlinks of ["refuse", "skip"] as const) {
    Deno.test(`putDirectory() stores nothing through ${what} swapped for a link (${symlinks})`, () =>
      inTempDir(async (dir) => {
        const [source, outside] = [join(dir, "source"), join(dir, "outside")];
        for (const [at, text] of [[source, "own"], [outside, "secret"]] as const) {
          await Deno.mkdir(join(at, "z"), { recursive: true });
          await Deno.writeTextFile(join(at, "z", "file"), text);
        }
        await Deno.writeTextFile(join(source, "a"), "first");
        await using store = await openIn(dir, { durability: "relaxed" });
        await store.startRun({ id: "r", environment: false });
        // Asked of the last entry, when all directories have been listed and no file has been opened.
        const exclude = (name: string) => {
          if (name === "z/file") swap(join(source, swapped), join(outside, swapped));
          return false;
        };
        await assert.rejects(
          store.artifacts.putDirectory("r", source, { symlinks, exclude }),
          InvalidSourceError,
        );
        assert.deepEqual(await store.artifacts.list("r"), []);
        assert.deepEqual(stagedIn(store.artifactDir!), []);
      }));
  }
}
