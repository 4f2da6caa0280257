import assert from "node:assert/strict";
import { chachaml, fails, json, ok, startRun } from "../support/cli_helpers.ts";
import { inTempDir } from "../support/helpers.ts";

async function listed(dir: string, ...args: string[]): Promise<string[]> {
  return (await json(dir, ["runs", ...args])).map(({ id }: { id: string }) => id);
}

Deno.test("archived runs are hidden until they are unarchived", async () => {
  await inTempDir(async (dir) => {
    for (const id of ["a", "b"]) await startRun(dir, "--id", id);
    await ok(dir, ["end", "a", "--quiet"]);
    assert.equal((await chachaml(dir, ["archive", "a"])).err, "archived 1 run\n");
    assert.deepEqual(await listed(dir), ["b"]);
    assert.deepEqual(await listed(dir, "--archived"), ["a"]);
    const [back] = await json(dir, ["unarchive", "a"]);
    assert.deepEqual([back.id, back.status], ["a", "completed"]);
    assert.deepEqual(await listed(dir), ["b", "a"]);
  });
});

Deno.test("a run is renamed and moved", async () => {
  await inTempDir(async (dir) => {
    await startRun(dir, "--id", "a");
    const run = await json(dir, ["rename", "a", "baseline", "-e", "iris"]);
    assert.deepEqual([run.name, run.experiment], ["baseline", "iris"]);
    assert.equal((await json(dir, ["rename", "a", ""])).name, null);
    await fails(dir, ["rename", "a"], 2, /give a name or --experiment/);
  });
});

Deno.test("runs are sorted by params and times; a name that none has is refused", async () => {
  await inTempDir(async (dir) => {
    for (const [id, lr] of [["a", "0.3"], ["b", "0.1"]] as const) {
      await startRun(dir, "--id", id);
      await ok(dir, ["log", id, "loss=1", "--param", `lr=${lr}`, "--quiet"]);
    }
    assert.deepEqual(await listed(dir, "--sort", "lr"), ["a", "b"]);
    assert.deepEqual(await listed(dir, "--sort=-lr"), ["b", "a"]);
    assert.deepEqual(await listed(dir, "--sort=-started"), ["a", "b"]);
    assert.match(await ok(dir, ["runs", "--sort", "lr"]), / lr\na .* 0\.3\n/);
    await fails(dir, ["runs", "--sort", "los"], 1, /no run has the metric "los".*loss/);
    await fails(dir, ["runs", "--metric", "acc>1"], 1, /no run has the metric "acc"/);
  });
});
