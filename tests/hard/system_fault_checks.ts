/** What must hold of a store after calls below it have failed. */
import assert from "node:assert/strict";
import { join } from "@std/path";
import { openStore, type Store } from "../../mod.ts";
import { type Case, CASES, FILES, prepare, requireSound } from "./crash_cases.ts";
import { CONTENT } from "../support/children/crash_content.ts";
import { LARGE } from "../support/children/system_fault_operations.ts";

/** What came of a part of an operation. */
export interface Outcome {
  readonly what: string;
  /** Why it was refused, if it was. */
  readonly problem?: string;
  /** Whether it was refused by a class of the package. */
  readonly known: boolean;
}

/** What must hold, by what the child has been promised. */
export interface Check {
  /** As after a crash: what stays, and doing it again. */
  readonly sound: Case;
  /** What an acknowledged operation has done, and a refused one has not. */
  readonly done?: (store: Store, is: (what: string) => boolean) => Promise<void>;
}

const ALL = ["run/old", "run/deep/old", "other/old"];
const nothing = { kept: ALL, again: () => Promise.resolve() };

async function requireText(store: Store, name: string, text: string): Promise<void> {
  assert.equal(await (await store.artifacts.get("run", name)).text({ verify: true }), text);
}

const puts = (names: readonly string[]) => async (store: Store, is: (what: string) => boolean) => {
  for (const name of names) if (is(`put ${name}`)) await requireText(store, name, CONTENT.small);
};

const gone = async (store: Store, run: string, done: boolean) => {
  if (done) await assert.rejects(store.runs.get(run), { code: "run-not-found" });
};

/** The checks, by operation. */
export const CHECKS: Record<string, Check> = {
  put: { sound: CASES.put!, done: puts(["new"]) },
  nested: { sound: CASES.nested!, done: puts(["deep/er/new"]) },
  large: {
    sound: nothing,
    done: async (store, is) => {
      if (!is("put large")) return;
      const bytes = await (await store.artifacts.get("run", "large")).bytes({ verify: true });
      assert.deepEqual(bytes, LARGE);
    },
  },
  move: { sound: CASES.move! },
  together: { sound: CASES.together!, done: puts(["new/a", "new/b", "new/c/d"]) },
  directory: {
    sound: CASES.merge!,
    done: async (store, is) => {
      for (const name of is("put directory") ? FILES : []) await requireText(store, name, name);
    },
  },
  replace: {
    sound: CASES.replace!,
    done: async (store, is) => {
      if (is("replace")) await requireText(store, "old", CONTENT.small);
    },
  },
  remove: {
    sound: CASES.remove!,
    done: async (store, is) => {
      if (is("remove")) assert.ok(!await store.artifacts.has("run", "deep/old"));
    },
  },
  removeRun: { sound: CASES.removeRun!, done: (store, is) => gone(store, "run", is("removeRun")) },
  gc: { sound: CASES.gc! },
  prune: { sound: CASES.prune!, done: (store, is) => gone(store, "run", is("prune")) },
  dedup: { sound: nothing },
  twin: {
    sound: nothing,
    done: async (store, is) => {
      if (!is("put twin")) return;
      const twin = await store.artifacts.get("other", "twin");
      assert.equal(await twin.text({ verify: true }), CONTENT.old);
    },
  },
  linked: { sound: nothing },
  backup: { sound: CASES.backup! },
  metrics: {
    sound: nothing,
    done: async (store, is) => {
      const values = (await store.metrics.points("other")).map(({ key, value }) =>
        `${key} ${value}`
      );
      const one = ["loss 0.5", "accuracy 0.9"];
      for (const point of is("points") ? one : []) assert.ok(values.includes(point), point);
      if (is("more points")) assert.ok(values.includes("loss 0.25"));
      // All or nothing, and nothing twice.
      assert.equal(values.includes(one[0]!), values.includes(one[1]!));
      assert.equal(new Set(values).size, values.length);
    },
  },
  end: {
    sound: nothing,
    done: async (store, is) => {
      const { status } = await store.runs.get("other");
      assert.ok(["running", "completed"].includes(status));
      if (is("end")) assert.equal(status, "completed");
    },
  },
  start: {
    sound: nothing,
    done: async (store, is) => {
      if (is("start")) assert.equal((await store.runs.get("started")).status, "running");
    },
  },
  import: {
    sound: nothing,
    done: async (store, is) => {
      const found = await store.artifacts.find({ name: "imported" });
      const runs =
        (await store.runs.list()).filter(({ experiment }) => experiment === "archived").length;
      // All of an archive, or nothing.
      assert.equal(found.length, runs);
      assert.ok(runs === 0 || runs === 2, `${runs} of 2 runs`);
      if (is("import")) assert.equal(runs, 2);
    },
  },
  open: { sound: nothing },
  create: { sound: nothing },
};

/** Makes a store as {@linkcode prepare} does in a directory of its own; beside it, what may not fail. */
export async function prepareStore(around: string): Promise<{ dir: string; log: string }> {
  const dir = join(around, "disk");
  await Deno.mkdir(dir);
  await prepare(dir);
  await using other = await openStore({ inMemory: true, driver: "builtin" });
  for (const id of ["first", "second"]) {
    await other.startRun({ id, experiment: "archived", environment: false });
    await other.artifacts.put(id, "imported", `of ${id}`);
  }
  const archive = await Deno.create(join(around, "archive.tar"));
  await other.export(["first", "second"]).pipeTo(archive.writable);
  return { dir, log: join(around, "calls") };
}

/** Opens the store as another process does after the fault, and asserts that it is sound. */
export async function requireSoundAfter(
  dir: string,
  operation: string,
  outcomes: readonly Outcome[],
): Promise<void> {
  const { sound, done } = CHECKS[operation]!;
  const is = (what: string) => {
    const outcome = outcomes.find((outcome) => outcome.what === what);
    return outcome !== undefined && outcome.problem === undefined;
  };
  const paths = [join(dir, "t.db"), ...operation === "create" ? [join(dir, "new/deep/t.db")] : []];
  for (const path of paths) {
    if (operation === "create" && path === paths[1]) {
      await using store = await openStore({ path, driver: "builtin" });
      await store.startRun({ id: "first" });
      await store.artifacts.put("first", "new", CONTENT.small);
      continue;
    }
    await requireReadable(path);
    {
      await using store = await openStore({ path, driver: "builtin" });
      await done?.(store, is);
      if (is("put after")) {
        const after = await store.artifacts.get("other", "after");
        assert.equal(await after.text({ verify: true }), "the disk works again");
      }
    }
    await requireSound(path, dir, sound);
  }
}

/** Reading comes first: it must not depend on a writer that repairs something. */
async function requireReadable(path: string): Promise<void> {
  await using store = await openStore({ path, driver: "builtin", readOnly: true });
  await store.runs.list();
  for (const artifact of await store.artifacts.find({})) await artifact.bytes({ verify: true });
}
