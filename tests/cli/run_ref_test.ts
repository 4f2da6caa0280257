import assert from "node:assert/strict";
import { fails, json, ok, startRun } from "../support/cli_helpers.ts";
import { inTempDir } from "../support/helpers.ts";

async function shown(dir: string, ref: string): Promise<string> {
  return (await json(dir, ["show", ref])).run.id;
}

Deno.test("a run is named by its name, by how long ago it was, and by its metrics", async () => {
  await inTempDir(async (dir) => {
    const runs = [["a", "one", "0.5"], ["b", "two", "0.1"], ["c", "two", "nan"]] as const;
    for (const [id, name, loss] of runs) {
      await startRun(dir, "--id", id, "--name", name);
      await ok(dir, ["log", id, `val/loss=${loss}`, `accuracy=${loss}`]);
    }
    const cases = [
      ["one", "a"],
      ["@last", "c"],
      ["@-1", "c"],
      ["@-3", "a"],
      ["@best:val/loss", "b"],
      ["@worst:val/loss", "a"],
      ["@best:accuracy", "a"],
      ["@min:accuracy", "b"],
      ["@max:val/loss", "a"],
    ] as const;
    for (const [ref, id] of cases) assert.equal(await shown(dir, ref), id, ref);
    await fails(dir, ["show", "two"], 2, /2 runs are named "two": c, b; give more/);
    await fails(dir, ["show", "@-4"], 2, /no run @-4: the store has 3/);
    await fails(dir, ["show", "@best:los"], 1, /no run has the metric "los"/);
    await fails(dir, ["show", "@first"], 2, /"@first" names no run; there are @last/);
    await fails(dir, ["show", "onne"], 1, /did you mean "one"\?/);
    await fails(dir, ["show", "zzzzzz"], 1, /chachaml runs lists all/);
  });
});
