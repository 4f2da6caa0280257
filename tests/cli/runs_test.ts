import assert from "node:assert/strict";
import { join } from "@std/path";
import { chachaml, fails, json, ok, startRun } from "../support/cli_helpers.ts";
import { inTempDir } from "../support/helpers.ts";

/** Ids of the runs that a call of `runs` lists. */
async function listed(dir: string, ...args: string[]): Promise<string[]> {
  return (await json(dir, ["runs", ...args])).map(({ id }: { id: string }) => id);
}

/** A store with the runs `a`, `b` and `c`, which came to different metrics. */
function withSweep(work: (dir: string) => Promise<void>): Promise<void> {
  return inTempDir(async (dir) => {
    for (const [id, lr, loss] of [["a", "0.1", "0.5"], ["b", "0.2", "nan"], ["c", "0.4", "0.1"]]) {
      await startRun(dir, "--id", id!, "--experiment", `of ${id}`, "--tag", `who=${id}`);
      await ok(dir, ["log", id!, `loss=${loss}`, "--step", "3", "--param", `lr=${lr}`]);
    }
    await work(dir);
  });
}

Deno.test("log takes metrics, params, labels and a note, and show tells them", async () => {
  await inTempDir(async (dir) => {
    await startRun(dir, "--id", "r", "--name", "first", "--by", "ana");
    await ok(dir, ["log", "r", "loss=0.5", "up=-inf", "--step", "-2"]);
    await ok(dir, ["log", "r", "loss=0.25", "--param", "layers=[64,10]", "--param", "word=a=b"]);
    await ok(dir, ["log", "r", "--param", "seed=12345678901234567890", "--param", "empty="]);
    await ok(dir, ["log", "r", "--tag", "k=v", "--note", "# Good"]);
    await ok(dir, ["end", "r"]);
    const shown = await json(dir, ["show", "r"]);
    assert.deepEqual(
      shown.params,
      { layers: [64, 10], word: "a=b", seed: "12345678901234567890", empty: "" },
    );
    assert.deepEqual(shown.run.tags, { k: "v", note: "# Good" });
    const { loss, up } = Object.fromEntries(
      shown.metrics.map((metric: { key: string }) => [metric.key, metric]),
    );
    assert.deepEqual([loss.last, loss.min, loss.max, loss.count], [0.25, 0.25, 0.5, 2]);
    assert.deepEqual([up.last, up.step], ["-Infinity", -2]);
    const words = await ok(dir, ["show", "r"]);
    for (const part of [/^run +r$/m, /^by +ana$/m, /^tags +k=v$/m, /^note +# Good$/m]) {
      assert.match(words, part);
    }
    assert.match(words, /^seed +12345678901234567890$/m);
    assert.match(words, /^METRIC +LAST +MIN +MAX +STEP +POINTS$/m);
  });
});

Deno.test("log changes nothing where one of its parts is refused", async () => {
  await inTempDir(async (dir) => {
    await startRun(dir, "--id", "r");
    await ok(dir, ["log", "r", "--param", "lr=1"]);
    const before = await ok(dir, ["show", "r", "--json"]);
    await fails(dir, ["log", "r", "loss=1", "--param", "lr=2", "--tag", "k=v"], 1, /lr/);
    await fails(dir, ["log", "r", "loss=1", "more=much"], 2, /not a number/);
    await fails(dir, ["log", "r", "loss=1", "--step", "1.5"], 2, /whole number/);
    assert.equal(await ok(dir, ["show", "r", "--json"]), before);
  });
});

Deno.test("end tells how a run has ended", async () => {
  await inTempDir(async (dir) => {
    for (
      const [id, options, status, error] of [
        ["a", [], "completed", null],
        ["b", ["--failed"], "failed", null],
        ["c", ["--error", "out of\nmemory"], "failed", "out of\nmemory"],
      ] as const
    ) {
      await startRun(dir, "--id", id);
      const ended = await json(dir, ["end", id, ...options]);
      assert.deepEqual([ended.id, ended.status, ended.error], [id, status, error]);
    }
  });
});

Deno.test("runs are chosen by label, param and metric, sorted and limited", async () => {
  await withSweep(async (dir) => {
    assert.deepEqual(await listed(dir), ["c", "b", "a"]);
    const cases: [args: string[], ids: string[]][] = [
      [["--experiment", "of b"], ["b"]],
      [["--tag", "who=a"], ["a"]],
      [["--tag", "who=a", "--tag", "none=1"], []],
      [["--param", "lr>=0.2"], ["c", "b"]],
      [["--param", "lr>0.1", "--param", "lr<0.4"], ["b"]],
      [["--param", "lr!=0.2"], ["c", "a"]],
      [["--metric", "loss<=0.5"], ["c", "a"]],
      [["--metric", "loss=0.1"], ["c"]],
      [["--sort", "loss", "--limit", "2"], ["a", "c"]],
      [["--sort=-loss", "--limit", "2"], ["c", "a"]],
      [["--sort", "-loss", "--limit", "1"], ["c"]],
      [["--limit", "0"], []],
      [["--status", "completed"], []],
    ];
    for (const [args, ids] of cases) assert.deepEqual(await listed(dir, ...args), ids, `${args}`);
    await fails(dir, ["runs", "--param", "lr!=1", "--param", "lr!=2"], 2, /repeats a condition/);
    await fails(dir, ["runs", "--limit", "9".repeat(20)], 2, /limit/);
    await fails(dir, ["runs", "--limit="], 2, /whole number, not ""/);
  });
});

Deno.test("of an option that is given again, the last value counts", async () => {
  await withSweep(async (dir) => {
    assert.deepEqual(await listed(dir, "--limit", "1", "--json", "--limit=2"), ["c", "b"]);
  });
});

Deno.test("compare puts runs side by side", async () => {
  await withSweep(async (dir) => {
    await ok(dir, ["log", "a", "--param", "same=1"]);
    await ok(dir, ["log", "c", "--param", "same=1"]);
    const table = await ok(dir, ["compare", "a", "c"]);
    assert.match(table, /^lr +0\.1 +0\.4$/m);
    assert.match(table, /^same +1 +1$/m);
    assert.match(table, /^loss +0\.5 +0\.1$/m);
    assert.doesNotMatch(await ok(dir, ["compare", "--diff", "a", "c"]), /same/);
    const compared = await json(dir, ["compare", "--diff", "a", "b"]);
    assert.deepEqual(compared.params.map(({ key }: { key: string }) => key), ["lr", "same"]);
    assert.equal(compared.metrics[0].values[1].last, "NaN");
    await fails(dir, ["compare", "a", "none"], 1, /Cannot find run "none"/);
  });
});

Deno.test("a run is named by its beginning, by @last or by @run", async () => {
  await inTempDir(async (dir) => {
    for (const id of ["ab", "abc", "b1", "b2"]) await startRun(dir, "--id", id);
    const shown = async (ref: string, env = {}) => (await json(dir, ["show", ref], { env })).run.id;
    assert.equal(await shown("ab"), "ab", "an id that others begin with");
    assert.equal(await shown("abc"), "abc");
    assert.equal(await shown("@last"), "b2");
    assert.equal(await shown("@run", { CHACHAML_RUN: "b1" }), "b1");
    await fails(dir, ["show", "b"], 2, /2 runs begin with "b": b2, b1; give more/);
    await fails(dir, ["show", ""], 2, /the run is empty/);
    await fails(dir, ["rm", "", "--yes"], 2, /the run is empty/);
    await fails(dir, ["show", "c"], 1, /Cannot find run "c"/);
    await fails(dir, ["show", "%"], 1, /Cannot find run "%"/);
    await fails(dir, ["show", "@run"], 2, /CHACHAML_RUN/);
    await fails(dir, ["show", "@run"], 1, /"gone"/, { env: { CHACHAML_RUN: "gone" } });
  });
});

Deno.test("models are registered, listed and promoted", async () => {
  await inTempDir(async (dir) => {
    await startRun(dir, "--id", "r");
    await ok(dir, ["put", "r", "-", "--as", "m.onnx"], { stdin: "weights" });
    assert.equal(await ok(dir, ["register", "iris", "r", "m.onnx"]), "1\n");
    assert.equal(
      await ok(dir, ["register", "iris", "@last", "m.onnx", "--description", "two"]),
      "2\n",
    );
    const { err } = await chachaml(dir, ["promote", "iris", "1"]);
    assert.equal(err, "iris 1 is in production\n");
    assert.equal(await ok(dir, ["promote", "iris", "2", "--quiet"]), "");
    assert.match(await ok(dir, ["models"]), /^iris +2 +2$/m);
    const table = await ok(dir, ["models", "iris"]);
    assert.match(table, /^ +2 +production +r +m\.onnx .* two$/m);
    assert.match(table, /^ +1 +archived +r +m\.onnx/m);
    await fails(dir, ["promote", "iris", "one"], 2, /a version is a number, not "one"/);
    await fails(dir, ["promote", "iris", "1", "nowhere"], 2, /staging/);
    await fails(dir, ["promote", "iris", "9"], 1, /chachaml models MODEL lists all/);
    await fails(dir, ["models", "none"], 1, /Cannot find model "none"/);
    await fails(dir, ["rm", "r", "m.onnx"], 1, /iris 1.*pass --force/);
    await ok(dir, ["rm", "r", "m.onnx", "--force"]);
    assert.equal((await json(dir, ["ls", "r"])).length, 0);
  });
});

Deno.test("cat writes the bytes as they are, and fails where they are not what was stored", async () => {
  await inTempDir(async (dir) => {
    await startRun(dir, "--id", "r");
    await ok(dir, ["put", "r", "-", "--as", "b"], { stdin: "\u0000\u001b[2Jä" });
    assert.equal(await ok(dir, ["cat", "r", "b"]), "\u0000\u001b[2Jä");
    const file = join(dir, "cli-artifacts/r/b");
    await Deno.chmod(file, 0o644);
    await Deno.writeTextFile(file, "!".repeat((await Deno.stat(file)).size));
    const { code, err } = await chachaml(dir, ["cat", "r", "b"]);
    assert.equal(code, 1);
    assert.match(err, /^chachaml: Cannot read "b"[^\n]*\n$/);
  });
});

Deno.test("rm of a run asks first; --yes answers it", async () => {
  await inTempDir(async (dir) => {
    await startRun(dir, "--id", "r");
    await ok(dir, ["put", "r", "-", "--as", "a"], { stdin: "x" });
    const asked: string[] = [];
    const ask = (answer: boolean) => (question: string) => {
      asked.push(question);
      return Promise.resolve(answer);
    };
    await fails(dir, ["rm", "r"], 2, /1 artifact: a\. Pass --yes/);
    await fails(dir, ["rm", "r"], 2, /nothing was done/, { ask: ask(false) });
    assert.deepEqual(await listed(dir), ["r"]);
    await ok(dir, ["rm", "r"], { ask: ask(true) });
    assert.deepEqual(await listed(dir), []);
    assert.equal(asked.length, 2);
    assert.match(asked[0]!, /the run r \(default\) with 1 artifact: a/);
    await startRun(dir, "--id", "s");
    await ok(dir, ["put", "s", "-", "--as", "a"], { stdin: "x" });
    await ok(dir, ["rm", "s", "a"], { ask: ask(false) }); // One thing is not asked about.
    assert.deepEqual(await json(dir, ["rm", "s", "--yes"]), { removed: { run: "s" } });
    assert.equal(asked.length, 2);
    await fails(dir, ["rm", "s", "--yes"], 1, /Cannot find run "s"/);
  });
});

Deno.test("a call that is refused makes no store", async () => {
  await inTempDir(async (dir) => {
    const code = { code: 2, out: "" };
    for (const args of [["--tag", "none"], ["--id", "a/b"], ["--id", ""], ["--nope"], ["word"]]) {
      const outcome = await chachaml(dir, ["start", ...args]);
      assert.deepEqual({ code: outcome.code, out: outcome.out }, code, args.join(" "));
    }
    await fails(dir, ["start", "--parent", "p"], 1, /there is no store/);
    await fails(dir, ["exec", "--tag", "none", "true"], 2, /key=value/);
    assert.deepEqual([...Deno.readDirSync(dir)], []);
  });
});
