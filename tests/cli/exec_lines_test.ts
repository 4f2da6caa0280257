/** Lines by which programs log: `::metric` and `::param`. */
import assert from "node:assert/strict";
import { chachaml, json, ok, startRun } from "../support/cli_helpers.ts";
import { execSh, lastRun, testWithShell as test } from "../support/exec_helpers.ts";
import { inTempDir } from "../support/helpers.ts";

/** The last value and step of each metric of the run started last. */
async function lastValues(dir: string): Promise<Record<string, [number, number]>> {
  const { metrics } = await lastRun(dir);
  return Object.fromEntries(
    metrics.map(({ key, last, step }: { key: string; last: number; step: number }) => [
      key,
      [last, step],
    ]),
  );
}

test("lines log as pairs, with quoted names, behind a carriage return and in colours", async () => {
  await inTempDir(async (dir) => {
    const script = [
      "printf ' 50%%\\r::metric bar 1 2\\r100%%\\n'",
      "printf '\\033[32m::metric green 2 3\\033[0m\\n'",
      "echo '::metric loss=0.5 acc = 0.25 step=4'",
      `echo '::metric "val loss" 0.5 5'`,
      "echo '::metric pair=1 6'",
      `echo '::param "learning rate" 0.10'`,
      "echo '::param cmd a=b'",
      "echo '::param depth=3'",
    ].join("\n");
    const { code, err } = await execSh(dir, script, "--lines", "--quiet");
    assert.deepEqual([code, err], [0, ""]);
    assert.deepEqual(await lastValues(dir), {
      bar: [1, 2],
      green: [2, 3],
      loss: [0.5, 4],
      acc: [0.25, 4],
      "val loss": [0.5, 5],
      pair: [1, 6],
    });
    const { params } = await lastRun(dir);
    assert.deepEqual(params, { "learning rate": 0.1, cmd: "a=b", depth: 3 });
  });
});

test("lines that are not understood are reported", async () => {
  await inTempDir(async (dir) => {
    const lines = [
      "::metric",
      "::metric loss",
      "::metric a 1 2 3",
      "::param x",
      "::metric a 1e999",
    ];
    for (const line of lines) {
      const { code, err } = await execSh(dir, `echo '${line}'`, "--lines", "--quiet");
      assert.equal(code, 1, line);
      assert.match(err, /^chachaml: [^\n]*(is not understood|too large)[^\n]*\n$/, line);
    }
    const { code, err } = await execSh(
      dir,
      "echo '::set-output a=b'; echo ::",
      "--lines",
      "--quiet",
    );
    assert.deepEqual([code, err], [0, ""], "lines of others are none of ours");
  });
});

test("exec --stderr-lines reads standard error, too; --hide-lines keeps lines off the terminal", async () => {
  await inTempDir(async (dir) => {
    const script = "printf 'before\\n::met'; sleep 0.1; printf 'ric a 1\\n:: not\\nprompt> '; " +
      "sleep 0.1; printf '\\n::metric b 2'; echo '::metric c 3' >&2; echo words >&2";
    const { code, out, err } = await execSh(
      dir,
      script,
      "--stderr-lines",
      "--hide-lines",
      "--quiet",
    );
    assert.deepEqual({ code, out, err }, {
      code: 0,
      out: "before\n:: not\nprompt> \n",
      err: "words\n",
    });
    assert.deepEqual(await lastValues(dir), { a: [1, 0], b: [2, 0], c: [3, 0] });
    assert.match(await ok(dir, ["cat", "@last", "stdout.log"]), /^before\n::metric a 1\n/);
  });
});

test("log - reads lines from standard input", async () => {
  await inTempDir(async (dir) => {
    const run = await startRun(dir);
    const stdin = "words\n::metric loss 0.5 1\n::param lr 1e-3\n::metric loss 0.25 2";
    const { lines } = await json(dir, ["log", run, "-"], { stdin });
    assert.deepEqual(lines, { logged: 3, problems: [] });
    assert.deepEqual(await lastValues(dir), { loss: [0.25, 2] });
    const bad = await chachaml(dir, ["log", run, "-"], { stdin: "::metric x y\n" });
    assert.equal(bad.code, 1);
    assert.match(bad.err, /not a number/);
  });
});

test("log takes several runs, and says what it logged", async () => {
  await inTempDir(async (dir) => {
    const [a, b] = [await startRun(dir), await startRun(dir)];
    const { err } = await chachaml(dir, ["log", a, b, "loss=1", "--tag", "seen=yes"]);
    assert.equal(err, `logged 1 metric, 1 tag to ${a}, ${b}\n`);
    for (const run of [a, b]) {
      const shown = await json(dir, ["show", run]);
      assert.deepEqual([shown.run.tags.seen, shown.metrics[0].last], ["yes", 1]);
    }
  });
});
