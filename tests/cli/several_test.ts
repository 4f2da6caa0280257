/** Several artifacts, and several runs, by one call. */
import assert from "node:assert/strict";
import { join } from "@std/path";
import { chachaml, fails, json, ok, startRun } from "../support/cli_helpers.ts";
import { inTempDir } from "../support/helpers.ts";

/** Starts a run with some artifacts, each with its name as its content. */
async function runWith(dir: string, ...names: string[]): Promise<string> {
  const run = await startRun(dir);
  for (const name of names) await ok(dir, ["put", run, "-", "--as", name], { stdin: name });
  return run;
}

Deno.test("get saves all that match, a directory, or a whole run", async () => {
  await inTempDir(async (dir) => {
    const run = await runWith(dir, "plots/a.png", "plots/b.png", "plots/b.txt", "model");
    const saved = async (...args: string[]) => {
      const { err } = await chachaml(dir, ["get", run, ...args]);
      return err;
    };
    const out = join(dir, "out");
    assert.match(await saved("plots/*.png", out), /^saved 2 artifacts \(22 B\) to /);
    assert.equal(await Deno.readTextFile(join(out, "plots/b.png")), "plots/b.png");
    assert.match(await saved("plots/", out), /2 more exist|and 1 more exist/);
    assert.match(await saved("plots/", out, "--force"), /^saved 3 artifacts/);
    assert.match(await saved("./", join(dir, "all")), /^saved 4 artifacts/);
    assert.equal(await Deno.readTextFile(join(dir, "all", "model")), "model");
    await fails(dir, ["get", run, "nothing/*", out], 2, /no artifact that matches/);
    await fails(dir, ["get", run, "results/"], 2, /get RUN \.\/ results\//);
    const document = await json(dir, ["get", run, "plots/", join(dir, "j")]);
    assert.deepEqual([document.saved.length, document.failed], [3, []]);
  });
});

Deno.test("get of one says where it was saved", async () => {
  await inTempDir(async (dir) => {
    const run = await runWith(dir, "model");
    const path = join(dir, "m");
    const { err } = await chachaml(dir, ["get", run, "model", path]);
    assert.equal(err, `saved model (5 B) to ${path}\n`);
    const quiet = await chachaml(dir, ["get", run, "model", path, "--force", "--quiet"]);
    assert.equal(quiet.err, "");
  });
});

Deno.test("rm of a pattern lists what goes before it asks", async () => {
  await inTempDir(async (dir) => {
    const run = await runWith(dir, "ckpt/1", "ckpt/2", "model");
    await fails(
      dir,
      ["rm", run, "ckpt/*"],
      2,
      /2 artifacts \(12 B\) of run [^:]*: ckpt\/1, ckpt\/2/,
    );
    const { err } = await chachaml(dir, ["rm", run, "ckpt/", "--yes"]);
    assert.match(err, /^removed 2 artifacts of run [^,]*, 12 B\n$/);
    assert.equal((await json(dir, ["ls", run])).length, 1);
    await ok(dir, ["rm", run, "model"]);
  });
});

Deno.test("rm --runs and end take several runs; one that cannot be ended stops no other", async () => {
  await inTempDir(async (dir) => {
    const [a, b, c] = [await runWith(dir, "x"), await startRun(dir), await startRun(dir)];
    const ended = await chachaml(dir, ["end", a, b]);
    assert.equal(ended.err, `run ${a} completed\nrun ${b} completed\n`);
    const again = await chachaml(dir, ["end", a, c, "--error", "why"]);
    assert.equal(again.code, 1);
    assert.match(again.err, /ended already/);
    assert.equal((await json(dir, ["show", c])).run.status, "failed");
    await fails(dir, ["rm", a, b, "--runs"], 2, /This removes 2 runs: /);
    await ok(dir, ["rm", a, b, "--runs", "--yes"]);
    assert.equal((await json(dir, ["runs"])).length, 1);
  });
});
