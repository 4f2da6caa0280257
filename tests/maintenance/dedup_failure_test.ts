import assert from "node:assert/strict";
import { join } from "@std/path";
import type { Store } from "../../mod.ts";
import { tamperRows } from "../support/archive_helpers.ts";
import { namesIn, stateOf, tamper } from "../support/backup_helpers.ts";
import { assertTrue, byFile, fileOf, paths, TEXTS, withTwins } from "../support/dedup_helpers.ts";
import { inTempDir, openIn, someBytes, testOnOwnFiles, testOnSqlite } from "../support/helpers.ts";

testOnSqlite(
  "dedup() never shares bytes that are damaged, and mends them by whole ones",
  async (step) => {
    for (const [index, path] of ["r/a", "r/deep/b", "s/a"].entries()) {
      await step.step(path, () =>
        withTwins(async (store) => {
          tamper(join(store.artifactDir!, path), "the same tExt");
          const { shared } = await store.dedup();
          assert.ok(shared.length >= 1);
          // The first one is looked at first, and is not found whole: nobody takes its bytes.
          const damaged = await store.verify().summary();
          assert.equal(damaged.damaged, index === 0 ? 1 : 0);
          const { "r/a": first, ...others } = await readAll(store);
          const { "r/a": _, ...expected } = TEXTS;
          assert.deepEqual(others, expected);
          assert.equal(first, index === 0 ? "the same tExt" : "the same text");
        }));
    }
  },
);

async function readAll(store: Store): Promise<Record<string, string>> {
  const artifacts = await store.artifacts.find({});
  const texts = artifacts.map(async (artifact) => [artifact.path, await artifact.text()]);
  return Object.fromEntries((await Promise.all(texts)).sort());
}

testOnSqlite(
  "dedup() goes on past files that are missing or no files, and rows that are damaged",
  () =>
    withTwins(async (store, dir) => {
      await store.artifacts.put("s", "z", "the same text");
      Deno.removeSync(join(store.artifactDir!, "r/a"));
      const outside = join(dir, "outside");
      Deno.writeTextFileSync(outside, "the same text");
      Deno.removeSync(join(store.artifactDir!, "r/deep/b"));
      Deno.symlinkSync(outside, join(store.artifactDir!, "r/deep/b"));
      tamperRows(store, "UPDATE artifacts SET path = '../x' WHERE run_id = 's' AND name = 'other'");
      await store.dedup();
      assert.equal(Deno.statSync(outside).nlink, 1);
      assert.equal(Deno.readTextFileSync(outside), "the same text");
      assert.deepEqual(byFile(store).map((group) => group.slice(-2)), [["s/a", "s/z"]]);
    }),
);

/** Replaces a function of Deno for as long as some work takes. */
async function withFake<K extends "linkSync" | "renameSync">(
  name: K,
  fake: (original: typeof Deno[K]) => typeof Deno[K],
  work: () => Promise<void>,
): Promise<void> {
  const original = Deno[name];
  Deno[name] = fake(original);
  try {
    await work();
  } finally {
    Deno[name] = original;
  }
}

function refusing(kind: new (message: string) => Error, message: string) {
  return () => () => {
    throw new kind(message);
  };
}

testOnSqlite(
  "dedup() leaves files as they are where there are no links, and says so",
  () =>
    withTwins(async (store) => {
      const before = stateOf(store.artifactDir!);
      const none = refusing(Deno.errors.PermissionDenied, "Operation not permitted (os error 1)");
      await withFake("linkSync", none, async () => {
        const report = await store.dedup();
        assert.deepEqual(paths(report), { shared: [], unshared: ["r/deep/b", "s/a"] });
        assert.equal(report.bytes, 0);
        const artifact = await store.artifacts.put("r", "new", "the same text", { dedup: true });
        assert.equal(fileOf(store, artifact.path).nlink, 1);
      });
      await store.artifacts.remove("r", "new");
      assert.deepEqual(stateOf(store.artifactDir!), before);
      await assertTrue(store);
    }),
);

testOnSqlite(
  "dedup() begins another file where one has as many names as there can be",
  () =>
    withTwins(async (store) => {
      for (const name of ["c", "d", "e", "f"]) {
        await store.artifacts.put("s", name, "the same text");
      }
      tamperRows(store, "UPDATE artifacts SET created_at = rowid");
      const limit = (original: typeof Deno.linkSync): typeof Deno.linkSync => (from, to) => {
        if (Deno.lstatSync(from).nlink! >= 3) {
          throw new Error("Too many links (os error 31)");
        }
        original(from, to);
      };
      await withFake("linkSync", limit, async () => {
        const report = await store.dedup();
        const unshared = ["s/c", "s/f"];
        assert.deepEqual(paths(report), { shared: ["r/deep/b", "s/a", "s/d", "s/e"], unshared });
        assert.deepEqual(byFile(store), [["r/a", "r/deep/b", "s/a"], ["s/c", "s/d", "s/e"]]);
        assert.equal(report.bytes, 4 * "the same text".length);
        const again = await store.dedup();
        assert.deepEqual([paths(again), again.bytes], [{ shared: [], unshared }, 0]);
      });
      assert.equal((await store.verify().summary()).damaged, 0);
      assert.deepEqual(namesIn(join(store.artifactDir!, ".staging")), []);
    }),
);

for (const path of ["r/a", "r/deep/b"]) {
  testOnSqlite(
    `dedup() shares what is left when one (${path}) is removed meanwhile`,
    () =>
      withTwins(async (store) => {
        await store.artifacts.put("s", "z", "the same text");
        let removing: Promise<void> | undefined;
        const onProgress = () => {
          removing ??= store.artifacts.remove(path.slice(0, 1), path.slice(2));
        };
        const { shared, unshared } = paths(await store.dedup({ onProgress }));
        await removing;
        assert.deepEqual(unshared, []);
        assert.equal(shared!.at(-1), "s/z");
        const left = ["r/a", "r/deep/b", "s/a", "s/z"].filter((other) => other !== path);
        const together = byFile(store).find((group) => group.includes("s/z"));
        assert.deepEqual(together, left);
        const { [path]: _, ...texts } = TEXTS;
        await assertTrue(store, { ...texts, "s/z": "the same text" });
      }),
  );
}

testOnSqlite(
  "dedup() goes on past artifacts that the system refuses, and leaves all whole",
  () =>
    withTwins(async (store) => {
      const refused = refusing(Deno.errors.PermissionDenied, "Permission denied (os error 13)");
      await withFake("renameSync", refused, async () => {
        const { shared, failed } = await store.dedup();
        assert.deepEqual([shared, failed.map(({ artifact }) => artifact.path)], [
          [],
          ["r/deep/b", "s/a"],
        ]);
        for (const { error } of failed) assert.match(error.message, /permission was denied/);
      });
      await assertTrue(store);
      await store.dedup();
      await assertTrue(store);
    }),
);

testOnSqlite(
  "dedup() stops at a signal, and what has been shared stays so",
  () =>
    withTwins(async (store) => {
      const signal = AbortSignal.abort("not at all");
      await assert.rejects(store.dedup({ signal }), (error) => error === "not at all");
      assert.deepEqual(byFile(store), []);
      const abort = new AbortController();
      let told = 0;
      const stopping = store.dedup({
        signal: abort.signal,
        onProgress: () => {
          if (++told === 2) abort.abort("enough");
        },
      });
      await assert.rejects(stopping, (error) => error === "enough");
      assert.deepEqual(byFile(store), [["r/a", "r/deep/b"]]);
      await assertTrue(store);
    }),
);

testOnOwnFiles(
  "dedup() of a store without twins stops at a signal too",
  () =>
    inTempDir(async (dir) => {
      await using store = await openIn(dir);
      const signal = AbortSignal.abort("not at all");
      await assert.rejects(store.dedup({ signal }), (error) => error === "not at all");
    }),
);

testOnSqlite("dedup() stops at a signal while it reads a file", () =>
  withTwins(async (store) => {
    const bytes = someBytes(5_000_000);
    for (const name of ["x", "y"]) await store.artifacts.put("r", name, bytes);
    const abort = new AbortController();
    const read = Deno.FsFile.prototype.read;
    Deno.FsFile.prototype.read = function (into) {
      abort.abort("enough");
      return read.call(this, into);
    };
    try {
      const { signal } = abort;
      await assert.rejects(store.dedup({ signal }), (error) => error === "enough");
    } finally {
      Deno.FsFile.prototype.read = read;
    }
    assert.equal(fileOf(store, "r/x").nlink, 1);
  }));
