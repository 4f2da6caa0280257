/** What is done when a process is killed, and what must hold after that. */
import assert from "node:assert/strict";
import { dirname, join } from "@std/path";
import { ArtifactExistsError, openStore, type Store } from "../../mod.ts";
import { CONTENT } from "../support/children/crash_content.ts";
import { openIn, stagedIn } from "../support/helpers.ts";

/** A directory to put: into a run that has some of its directories, and one that has none. */
export const FILES = ["a", "deep/b", "fresh/c", "fresh/d/e"];

/** Makes a store with a run and artifacts that no crash may harm. */
export async function prepare(dir: string): Promise<string> {
  await using store = await openIn(dir);
  await store.startRun({ id: "run" });
  await store.startRun({ id: "other" });
  for (const name of ["old", "deep/old"]) await store.artifacts.put("run", name, CONTENT.old);
  await store.artifacts.put("other", "old", CONTENT.old);
  await store.runs.end("run");
  // For the backup, which is then a second one, with something new to copy.
  await store.backup(join(dir, "backup"));
  await Deno.writeFile(join(dir, "t.db.source"), CONTENT.large);
  for (const name of FILES) {
    const path = join(dir, "t.db.directory", name);
    await Deno.mkdir(dirname(path), { recursive: true });
    await Deno.writeTextFile(path, name);
  }
  // For the collector: an orphan in a directory of its own, one beside artifacts, one staged.
  await Deno.mkdir(join(store.artifactDir!, "gone/deep"), { recursive: true });
  for (const name of ["gone/deep/orphan", "run/orphan", ".staging/left"]) {
    await Deno.writeTextFile(join(store.artifactDir!, name), "left behind");
  }
  return store.path!;
}

/** Fails unless every row has its bytes, and those that must be there are. */
async function requireTrue(store: Store, kept: readonly string[]): Promise<void> {
  const found = await store.artifacts.find({});
  for (const artifact of found) await artifact.bytes({ verify: true });
  const names = found.map(({ runId, name }) => `${runId}/${name}`);
  for (const name of kept) assert.ok(names.includes(name), `${name} is gone`);
}

/** One operation. */
export interface Case {
  /** Artifacts that must be there after a crash, whenever it came. */
  readonly kept: readonly string[];
  /** Does the operation again, as a user would, and looks at what came of it. */
  readonly again: (store: Store, dir: string) => Promise<void>;
}

async function putAgain(store: Store, name: string, text: string): Promise<void> {
  try {
    await store.artifacts.put("run", name, text);
  } catch (error) {
    // The crash came after the commit.
    assert.ok(error instanceof ArtifactExistsError, String(error));
  }
  assert.equal(await (await store.artifacts.get("run", name)).text({ verify: true }), text);
}

/** A directory is stored as a whole, or not at all; in both cases the same call has it stored. */
async function putDirectoryAgain(store: Store, dir: string, runId: string): Promise<void> {
  const there = (await store.artifacts.list(runId)).filter(({ name }) => FILES.includes(name));
  assert.ok([0, FILES.length].includes(there.length), `${there.length} files are there`);
  const source = join(dir, "t.db.directory");
  const stored = await store.artifacts.putDirectory(runId, source, { ifExists: "same" });
  assert.deepEqual(stored.map(({ name }) => name), FILES);
  for (const artifact of stored) {
    assert.equal(await artifact.text({ verify: true }), artifact.name);
  }
}

async function ignoringGone(removal: Promise<unknown>): Promise<void> {
  await removal.catch((error) => assert.match(error.code, /not-found$/));
}

const ALL = ["run/old", "run/deep/old", "other/old"];

/** The operations, by the names that the child knows. */
export const CASES: Record<string, Case> = {
  put: { kept: ALL, again: (store) => putAgain(store, "new", CONTENT.small) },
  nested: { kept: ALL, again: (store) => putAgain(store, "deep/er/new", CONTENT.small) },
  large: {
    kept: ALL,
    again: async (store) => {
      const artifact = await store.artifacts.put("run", "new", CONTENT.large, { ifExists: "same" });
      assert.deepEqual(await artifact.bytes({ verify: true }), CONTENT.large);
    },
  },
  move: {
    kept: ALL,
    again: async (store, dir) => {
      const source = join(dir, "t.db.source");
      const there = await Deno.stat(source).then(() => true, () => false);
      // Until it is stored, it is where it was; there may be two of it, but never none.
      if (there) {
        await store.artifacts.putFile("run", "new", source, { move: true, ifExists: "same" });
      }
      const artifact = await store.artifacts.get("run", "new");
      assert.deepEqual(await artifact.bytes({ verify: true }), CONTENT.large);
    },
  },
  together: {
    kept: ALL,
    again: async (store) => {
      for (const name of ["a", "b", "c/d"]) await putAgain(store, `new/${name}`, CONTENT.small);
    },
  },
  directory: { kept: ALL, again: (store, dir) => putDirectoryAgain(store, dir, "other") },
  merge: { kept: ALL, again: (store, dir) => putDirectoryAgain(store, dir, "run") },
  replace: {
    kept: ALL,
    again: async (store) => {
      const text = await (await store.artifacts.get("run", "old")).text({ verify: true });
      assert.ok([CONTENT.old, CONTENT.small].includes(text), text);
      await store.artifacts.put("run", "old", CONTENT.small, { ifExists: "replace" });
      const replaced = await store.artifacts.get("run", "old");
      assert.equal(await replaced.text({ verify: true }), CONTENT.small);
    },
  },
  remove: {
    kept: ["run/old", "other/old"],
    again: async (store) => {
      await ignoringGone(store.artifacts.remove("run", "deep/old"));
      await putAgain(store, "deep/old", "put anew");
    },
  },
  gc: { kept: ALL, again: (store) => putAgain(store, "new", CONTENT.small) },
  prune: {
    kept: ["other/old"],
    again: async (store) => {
      await store.runs.prune({ status: "completed" });
      await assert.rejects(store.runs.get("run"), { code: "run-not-found" });
      await store.startRun({ id: "run" });
      await putAgain(store, "old", "put anew");
    },
  },
  backup: {
    kept: ALL,
    again: async (store, dir) => {
      const paths = async () => {
        const path = join(dir, "backup/chachaml.db");
        await using backup = await openStore({ path, driver: "builtin", readOnly: true });
        assert.equal((await backup.verify({ runId: "run" }).summary()).damaged, 0);
        for (const artifact of await backup.artifacts.find({})) {
          await artifact.bytes({ verify: true });
        }
        return (await backup.artifacts.find({})).map(({ path }) => path).sort().join();
      };
      // At every moment there is a whole backup: the previous one, or the new one.
      const before = ["other/old", "run/deep/old", "run/old"].join();
      const after = ["other/newer", "other/old", "run/deep/old", "run/old"].join();
      assert.ok([before, after].includes(await paths()), await paths());
      await store.backup(join(dir, "backup"));
      assert.equal(await paths(), after);
    },
  },
  removeRun: {
    kept: ["other/old"],
    again: async (store) => {
      await ignoringGone(store.runs.remove("run"));
      await store.startRun({ id: "run" });
      await putAgain(store, "old", "put anew");
    },
  },
};

/** Asserts what must hold after a crash, does the operation again, and asserts that nothing is left. */
export async function requireSound(
  path: string,
  dir: string,
  { kept, again }: Case,
): Promise<void> {
  await using store = await openStore({ path, driver: "builtin" });
  await requireTrue(store, kept);
  await again(store, dir);
  await requireTrue(store, kept);
  // What the crash left behind, and nothing else, is collected.
  await store.gc({ grace: 0 });
  const { damaged, leftovers } = await store.verify().summary();
  assert.deepEqual({ damaged, leftovers }, { damaged: 0, leftovers: 0 });
  assert.deepEqual(stagedIn(store.artifactDir!), []);
}
