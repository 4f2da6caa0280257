import assert from "node:assert/strict";
import { chachaml, fails, json, ok, startRun } from "../support/cli_helpers.ts";
import { inTempDir } from "../support/helpers.ts";

/** Runs `a` and `b` with a falling loss; that of `b` begins with one that is no number. */
function withCurves(work: (dir: string) => Promise<void>): Promise<void> {
  return inTempDir(async (dir) => {
    for (const [id, losses] of [["a", [1, 0.1, 0.01]], ["b", ["nan", 10, 5]]] as const) {
      await startRun(dir, "--id", id, "--name", `run ${id}`);
      for (const [step, loss] of losses.entries()) {
        await ok(dir, ["log", id, `loss=${loss}`, "--step", String(step)]);
      }
    }
    await ok(dir, ["log", "a", "acc=0.5"]);
    await work(dir);
  });
}

Deno.test("metrics prints points as a table, CSV, JSON and JSON lines", async () => {
  await withCurves(async (dir) => {
    const table = await ok(dir, ["metrics", "a"]);
    assert.match(table, /^METRIC +STEP +VALUE +TIME\nacc +0 +0\.5 +\d{4}-.*[+-]\d\d:\d\d\nloss/);
    const csv = await ok(dir, ["metrics", "b", "loss", "--csv"]);
    assert.match(csv, /^metric,step,value,time\nloss,0,NaN,\d{4}-\d\d-\d\dT[\d:.]+Z\nloss,1,10,/);
    const points = await json(dir, ["metrics", "b", "loss"]);
    assert.deepEqual(points.map(({ value }: { value: unknown }) => value), ["NaN", 10, 5]);
    const lines = (await ok(dir, ["metrics", "b", "--jsonl"])).trimEnd().split("\n");
    assert.deepEqual(lines.map((line) => JSON.parse(line)), points);
    await fails(dir, ["metrics", "a", "los"], 2, /no metric "los" \(did you mean loss\?\)/);
    await fails(dir, ["metrics", "a", "x"], 2, /no metric "x"; it has acc, loss/);
  });
});

Deno.test("plot draws the curve of a run within its width, between its values", async () => {
  await withCurves(async (dir) => {
    for (const columns of [50, 80]) {
      const lines = (await ok(dir, ["plot", "a", "loss"], { columns })).trimEnd().split("\n");
      assert.equal(lines.length, 1 + 16 + 2);
      assert.match(lines[0]!, /^loss {2}── run a \(a\)$/);
      assert.match(lines[1]!, /^ *1 ┤[⠁-⣿]/, "the curve begins at the top left");
      assert.match(lines[16]!, /^ *0\.01 ┤.*[⠁-⣿]$/, "and ends at the bottom right");
      for (const line of lines) assert.ok(line.length <= columns, line);
      assert.match(lines.at(-1)!, /^ +0 +2$/);
    }
  });
});

Deno.test("plot puts curves into one chart where colors tell them apart", async () => {
  await withCurves(async (dir) => {
    const args = ["plot", "a", "b", "loss"];
    const { out: colored } = await chachaml(dir, args, { columns: 80, colors: true });
    assert.equal(colored.match(/└/g)?.length, 1);
    // deno-lint-ignore no-control-regex
    assert.match(colored, /\u001b\[36m── run a \(a\)\u001b\[0m {2}\u001b\[35m── run b/);
    const { out, err } = await chachaml(dir, args);
    assert.equal(out.match(/└/g)?.length, 2);
    assert.match(err, /^1 point not drawn: no finite number\n$/);
  });
});

Deno.test("a logarithmic axis shows each decade as high as the others", async () => {
  await withCurves(async (dir) => {
    const lines = (await ok(dir, ["plot", "a", "loss", "--log", "--height", "9"])).split("\n");
    const row = lines.findIndex((line) => /^ *0\.1 ┤/.test(line));
    assert.equal(row, 5, "0.1 is half way between 1 and 0.01");
    await fails(dir, ["plot", "a", "loss", "--height", "1"], 2, /--height takes 3 to 200/);
    await fails(dir, ["plot", "a"], 2, /needs <run-or-metric\.\.\.>/);
    const [curve] = await json(dir, ["plot", "a", "loss", "--over", "time"]);
    assert.deepEqual([curve.run, curve.steps, curve.values], ["a", [0, 1, 2], [1, 0.1, 0.01]]);
  });
});

Deno.test("show draws how metrics went, on a terminal", async () => {
  await withCurves(async (dir) => {
    assert.match(await ok(dir, ["show", "a"], { columns: 80 }), /\nloss .* 3 {2}█▂▁\n/);
    assert.doesNotMatch(await ok(dir, ["show", "a"]), /TREND/);
  });
});

Deno.test("many runs are compared below each other, and as CSV always", async () => {
  await withCurves(async (dir) => {
    for (const id of ["c", "d", "e"]) await startRun(dir, "--id", id);
    const side = await ok(dir, ["compare", "a", "b"]);
    assert.match(side, /^run +a +b\n/);
    const below = await ok(dir, ["compare", "a", "b", "c", "d", "e"]);
    assert.match(below, /^RUN +NAME +EXPERIMENT +STATUS +ACC +LOSS\na +run a/);
    const narrow = await ok(dir, ["compare", "a", "b", "c"], { columns: 30 });
    assert.match(narrow, /^RUN /);
    const csv = await ok(dir, ["compare", "a", "b", "--csv"]);
    assert.equal(csv.split("\n")[1], "a,run a,default,running,0.5,0.01");
  });
});

Deno.test("show takes a version of a model", async () => {
  await withCurves(async (dir) => {
    await ok(dir, ["put", "a", "-", "--as", "m"], { stdin: "x" });
    await ok(dir, ["register", "iris", "a", "m"]);
    await fails(dir, ["show", "iris@production"], 1, /its latest version is 1/);
    await ok(dir, ["promote", "iris", "1", "--quiet"]);
    for (const ref of ["iris@production", "iris@1"]) {
      assert.match(await ok(dir, ["show", ref]), /^model +iris 1, production\nrun +a\n/);
    }
    assert.equal((await json(dir, ["show", "iris@1"])).version.version, 1);
  });
});
