import assert from "node:assert/strict";
import { join } from "@std/path";
import { openStore, type Store } from "../../mod.ts";
import { archiveOf, rowsOf } from "../support/archive_helpers.ts";
import { namesIn, textsOf } from "../support/backup_helpers.ts";
import { child } from "../support/children/flags.ts";
import { inTempDir, openIn } from "../support/helpers.ts";

interface Case {
  /** Makes the store that the operation works on. */
  readonly prepare: (store: Store) => Promise<void>;
  /** Does it again. */
  readonly again: (store: Store, archive: Uint8Array<ArrayBuffer>) => Promise<unknown>;
  /** What the store holds then. */
  readonly texts: Readonly<Record<string, string>>;
}

const MINE = { "mine/a": "my own", "mine/b": "my own", "mine/deep/c": "my own" };
const IMPORTED = { "r/a": "text of a", "r/deep/b": "text of b", "s/empty": "" };

async function put(store: Store, texts: Readonly<Record<string, string>>): Promise<void> {
  for (const [path, text] of Object.entries(texts)) {
    const [id, ...name] = path.split("/") as [string, ...string[]];
    if (!await store.runs.get(id).catch(() => undefined)) await store.startRun({ id });
    await store.artifacts.put(id, name.join("/"), text);
  }
}

const CASES: Record<"import" | "dedup", Case> = {
  import: {
    prepare: (store) => put(store, MINE),
    again: (store, archive) => store.import(new Blob([archive]).stream()),
    texts: { ...MINE, ...IMPORTED },
  },
  dedup: {
    prepare: (store) => put(store, MINE),
    again: (store) => store.dedup(),
    texts: MINE,
  },
};

/** Asserts that all there is, is true, and gives the texts. */
async function trueTexts(store: Store): Promise<Record<string, string>> {
  assert.equal((await store.verify().summary()).damaged, 0);
  return await textsOf(store);
}

for (const [operation, { prepare, again, texts }] of Object.entries(CASES)) {
  Deno.test(`a crash at any step of ${operation} leaves all that was there, and it can be repeated`, (step) =>
    inTempDir(async (dir) => {
      await using source = await openIn(dir);
      await put(source, IMPORTED);
      const archive = await archiveOf(source, ["r", "s"]);
      const file = join(dir, "x.tar");
      await Deno.writeFile(file, archive);
      const crash = async (fatal: number): Promise<boolean> => {
        const path = join(dir, `${fatal}.db`);
        {
          await using store = await openStore({ path, driver: "builtin", durability: "relaxed" });
          await prepare(store);
        }
        const { success, signal, stdout, stderr } = await child("export_crash_child.ts", [
          path,
          operation,
          file,
          String(fatal),
        ]).output();
        if (success) {
          const calls = Number(new TextDecoder().decode(stdout));
          assert.ok(calls < fatal);
          await step.step(`${calls} steps tried`, () => assert.ok(calls > 5));
        } else assert.equal(signal, "SIGKILL", new TextDecoder().decode(stderr));
        await using store = await openStore({ path, driver: "builtin", durability: "relaxed" });
        const left = await trueTexts(store);
        // All of the archive's runs, or none.
        assert.ok([3, Object.keys(texts).length].includes(Object.keys(left).length));
        assert.deepEqual({ ...texts, ...left }, texts);
        await again(store, archive);
        assert.deepEqual(await trueTexts(store), texts);
        const { id, ...own } = rowsOf(store).runs!.find(({ id }) => id === "mine")!;
        assert.equal(id, "mine");
        assert.equal(own.status, "running");
        await store.gc({ grace: 0 });
        assert.equal((await store.verify().summary()).leftovers, 0);
        assert.deepEqual(namesIn(join(store.artifactDir!, ".staging")), []);
        return !success;
      };
      // Two at a time, as many as there are steps.
      for (let fatal = 1, going = true; going; fatal += 2) {
        const crashed = await Promise.all([crash(fatal), crash(fatal + 1)]);
        going = crashed.every((it) => it);
      }
    }));
}
