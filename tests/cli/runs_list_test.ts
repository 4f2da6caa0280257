import assert from "node:assert/strict";
import { chachaml, fails, json, ok, startRun } from "../support/cli_helpers.ts";
import { inTempDir } from "../support/helpers.ts";

function withRuns(work: (dir: string) => Promise<void>): Promise<void> {
  return inTempDir(async (dir) => {
    for (const [id, lr, loss] of [["a", "0.1", "0.5"], ["b", "0.2", "0.25"]] as const) {
      await startRun(dir, "--id", id, "--tag", "who=ana, bob");
      await ok(dir, ["log", id, `val/loss=${loss}`, "--param", `lr=${lr}`]);
    }
    await work(dir);
  });
}

Deno.test("a list shows what it is sorted and filtered by", async () => {
  await withRuns(async (dir) => {
    const table = await ok(dir, ["runs", "--sort=-val/loss", "--param", "lr>0"]);
    assert.match(table, /DURATION +val\/loss +lr\n/);
    assert.match(table, /\nb .* 0\.25 +0\.2\na .* 0\.5 +0\.1\n$/);
    const [first] = await json(dir, ["runs", "--sort=-val/loss", "--param", "lr>0"]);
    assert.deepEqual([first.params, first.metrics], [{ lr: 0.2 }, { "val/loss": 0.25 }]);
    assert.equal("params" in (await json(dir, ["runs"]))[0], false);
  });
});

Deno.test("--columns names fields, params, metrics and tags, or is refused", async () => {
  await withRuns(async (dir) => {
    const args = ["runs", "--columns", "lr, val/loss,tag:who"];
    assert.equal(
      await ok(dir, args),
      "RUN   lr  val/loss  tag:who\nb    0.2      0.25  ana, bob\na    0.1       0.5  ana, bob\n",
    );
    assert.equal(
      await ok(dir, [...args, "--csv"]),
      'run,lr,val/loss,tag:who\nb,0.2,0.25,"ana, bob"\na,0.1,0.5,"ana, bob"\n',
    );
    assert.match(await ok(dir, [...args, "--tsv"]), /^run\tlr\t/);
    await fails(
      dir,
      ["runs", "--columns", "val/los"],
      2,
      /"val\/los" \(did you mean val\/loss\?\)/,
    );
    await fails(dir, ["runs", "--columns", "param:val/loss"], 2, /has a param or a metric/);
    await fails(dir, ["runs", "--csv", "--tsv"], 2, /exclude each other/);
  });
});

Deno.test("a table has a limit, which is said; other output has none", async () => {
  await inTempDir(async (dir) => {
    for (let at = 0; at < 52; at++) await startRun(dir, "--id", `r${at}`);
    const { out, err } = await chachaml(dir, ["runs"]);
    assert.equal(out.split("\n").length, 52);
    assert.match(err, /first 50 runs are shown; see --all/);
    assert.equal((await ok(dir, ["runs", "--all"])).split("\n").length, 54);
    assert.equal((await ok(dir, ["runs", "-n", "3"])).split("\n").length, 5);
    assert.equal((await json(dir, ["runs"])).length, 52);
    await fails(dir, ["runs", "--all", "-n", "3"], 2, /exclude each other/);
  });
});

Deno.test("a terminal gets short ids and how long ago runs started, a pipe the whole", async () => {
  await inTempDir(async (dir) => {
    const id = await startRun(dir, "--experiment", "iris");
    const table = await ok(dir, ["runs"], { columns: 80 });
    assert.match(table, new RegExp(`\n${id.slice(0, 8)}  iris .* now +\\d`));
    for (const line of table.split("\n")) assert.ok(line.length <= 80);
    assert.match(await ok(dir, ["runs"]), new RegExp(`\n${id}  iris .*[+-]\\d\\d:\\d\\d +\\d`));
  });
});
