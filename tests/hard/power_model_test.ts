/**
 * Power cuts, simulated: at any change of a file, what was synced is there, and of the rest nothing,
 * all, or anything between. A sample is tried among the other tests; `deno task test:hard` tries many.
 */
import assert from "node:assert/strict";
import { join } from "@std/path";
import { prepare } from "./crash_cases.ts";
import { CONTENT } from "../support/children/crash_content.ts";
import { inTempDir } from "../support/helpers.ts";
import { type Place, Promises, requireKept } from "./power_checks.ts";
import { type Change, Kind, type Luck, PowerModel, readRecord } from "./power_model.ts";
import { shimmed, testWithShim } from "../support/shim.ts";
import { effort, sample, Totals } from "../support/totals.ts";

const BEFORE = {
  "artifact run/old": CONTENT.old,
  "artifact run/deep/old": CONTENT.old,
  "artifact other/old": CONTENT.old,
};

/** The stories that the child knows: where they keep their store, what was there before. */
const STORIES: Record<string, { before: Record<string, string>; place: (dir: string) => Place }> = {
  daily: { before: BEFORE, place: (dir) => ({ path: join(dir, "t.db") }) },
  creation: {
    before: {},
    place: (dir) => ({
      path: join(dir, "new/deep/er/t.db"),
      artifactDir: join(dir, "elsewhere/just/as/deep"),
    }),
  },
  backups: {
    before: { ...BEFORE },
    place: (dir) => ({ path: join(dir, "t.db"), backup: join(dir, "far/away/place") }),
  },
};

/** Numbers that look random and are the same each time. */
function random(seed: number): () => number {
  let state = seed;
  return () => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0) / 2 ** 32;
}

/** What a disk may have kept of what was not synced. */
function lucks(seed: number): Record<string, Luck> {
  const next = random(seed);
  return {
    "nothing": () => 0,
    "everything": (pending) => pending,
    "names only": (pending, isDirectory) => isDirectory ? pending : 0,
    "bytes only": (pending, isDirectory) => isDirectory ? 0 : pending,
    "anything": (pending) => Math.floor(next() * (pending + 1)),
  };
}

/** Lets the child do its story, and gives the model at its beginning and all changes. */
async function tell(story: string, dir: string): Promise<{ changes: Change[] }> {
  const record = `${dir}.record`;
  const child = await shimmed("power_child.ts", [dir, story], { dir, calls: [], record });
  const { success, stderr } = await child.output();
  assert.ok(success, new TextDecoder().decode(stderr));
  return { changes: readRecord(await Deno.readFile(record)) };
}

for (const [offset, [story, { before, place }]] of Object.entries(STORIES).entries()) {
  testWithShim(
    `a power cut at any change of "${story}" breaks no promise`,
    () =>
      inTempDir(async (around) => {
        const dir = join(around, "disk");
        await Deno.mkdir(dir);
        await prepare(dir);
        const model = new PowerModel(dir);
        const { changes } = await tell(story, dir);
        const promises = new Promises(before);
        const points = [...changes, undefined].flatMap((_, index) =>
          Object.entries(lucks(index)).map(([name, luck]) => ({ index, name, luck }))
        );
        const totals = new Totals(`power cuts, ${story}`, points.length);
        const tried = Map.groupBy(sample(points, effort(30, 500), offset), ({ index }) => index);
        for (const [index, change] of [...changes, undefined].entries()) {
          for (const { name, luck } of tried.get(index) ?? []) {
            await Deno.remove(dir, { recursive: true });
            model.restore(dir, luck);
            try {
              await requireKept(place(dir), promises);
              totals.add("kept");
            } catch (error) {
              const next = change
                ? `${Kind[change.kind]} ${change.path.slice(dir.length)}`
                : "the end";
              totals.fail(`before change ${index} (${next}) with ${name} of the rest: ${error}`);
            }
          }
          if (change?.kind === Kind.Marked) {
            promises.read(change.path);
          } else if (change) {
            model.play(change);
          }
        }
        totals.report();
      }),
  );
}
