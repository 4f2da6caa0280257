import assert from "node:assert/strict";
import { join } from "@std/path";
import { chachaml, fails, json, ok, startRun } from "../support/cli_helpers.ts";
import { inTempDir } from "../support/helpers.ts";

Deno.test("the way of a run through the command line", async () => {
  await inTempDir(async (dir) => {
    const run = await startRun(dir, "--experiment", "iris", "--tag", "a=b=c", "--tag=owner=ana");
    const file = join(dir, "model.onnx");
    await Deno.writeTextFile(file, "weights");
    assert.equal(await ok(dir, ["put", run, file]), "");
    await ok(dir, ["put", run, "-", "--as", "notes/in.txt"], { stdin: "from stdin" });
    const listed = JSON.parse(await ok(dir, ["ls", run, "--json"]));
    assert.deepEqual(listed.map((a: { name: string }) => a.name), ["model.onnx", "notes/in.txt"]);
    assert.equal(await ok(dir, ["get", run, "notes/in.txt", "-"]), "from stdin");
    await ok(dir, ["end", run, "--error", "boom"]);
    const [ended] = JSON.parse(await ok(dir, ["runs", "--json"]));
    assert.equal(ended.id, run);
    assert.equal(ended.status, "failed");
    assert.equal(ended.error, "boom");
    assert.deepEqual(ended.tags, { a: "b=c", owner: "ana" });
    await ok(dir, ["rm", run, "model.onnx"]);
    assert.equal(JSON.parse(await ok(dir, ["ls", "--json"])).length, 1);
    await ok(dir, ["rm", "--yes", run]);
    assert.equal(await ok(dir, ["runs", "--json"]), "[]\n");
  });
});

Deno.test("tables name their columns and set sizes to the right", async () => {
  await inTempDir(async (dir) => {
    const run = await startRun(dir);
    await ok(dir, ["put", run, "-", "--as", "a.txt"], { stdin: "12345" });
    await ok(dir, ["put", run, "-", "--as", "b.bin"], { stdin: "x".repeat(1500) });
    const [head, first, second] = (await ok(dir, ["ls", run])).split("\n");
    assert.match(head!, /^NAME {5}SIZE {2}TYPE +SHA-256 +STORED$/);
    assert.match(first!, /^a\.txt {5}5 B {2}text\/plain/);
    assert.match(second!, /^b\.bin {2}1\.5 kB {2}application\/octet-stream/);
    assert.match(await ok(dir, ["runs"]), /^RUN +EXPERIMENT +NAME +STATUS +STARTED +DURATION\n/);
  });
});

Deno.test("put stores a directory under its own name, or another", async () => {
  await inTempDir(async (dir) => {
    const run = await startRun(dir);
    await Deno.mkdir(join(dir, "data/train"), { recursive: true });
    await Deno.writeTextFile(join(dir, "data/train/a.csv"), "1");
    await ok(dir, ["put", run, join(dir, "data")]);
    await ok(dir, ["put", run, join(dir, "data"), "--as", "other"]);
    const names = JSON.parse(await ok(dir, ["ls", run, "--json", "--name", "*a.csv"]))
      .map((artifact: { name: string }) => artifact.name);
    assert.deepEqual(names.sort(), ["data/train/a.csv", "other/train/a.csv"]);
  });
});

Deno.test("put takes --type, --if-exists and --move", async () => {
  await inTempDir(async (dir) => {
    const run = await startRun(dir);
    const file = join(dir, "m");
    await Deno.writeTextFile(file, "one");
    await ok(dir, ["put", "--type", "text/x-model", "--move", run, file]);
    await assert.rejects(Deno.stat(file), Deno.errors.NotFound);
    const [artifact] = JSON.parse(await ok(dir, ["ls", run, "--json"]));
    assert.equal(artifact.contentType, "text/x-model");
    assert.equal((await chachaml(dir, ["put", run, "-", "--as", "m"], { stdin: "two" })).code, 1);
    await ok(dir, ["put", "--if-exists=replace", run, "-", "--as", "m"], { stdin: "two" });
    assert.equal(await ok(dir, ["get", run, "m", "-"]), "two");
  });
});

Deno.test("get saves to a file, and replaces one only with --force", async () => {
  await inTempDir(async (dir) => {
    const run = await startRun(dir);
    await ok(dir, ["put", run, "-", "--as", "deep/a.txt"], { stdin: "stored" });
    await ok(dir, ["get", run, "deep/a.txt", dir]);
    const path = join(dir, "a.txt");
    assert.equal(await Deno.readTextFile(path), "stored");
    await Deno.writeTextFile(path, "mine");
    await fails(dir, ["get", run, "deep/a.txt", path], 2, /--force/);
    assert.equal(await Deno.readTextFile(path), "mine");
    await ok(dir, ["get", "--force", run, "deep/a.txt", path]);
    assert.equal(await Deno.readTextFile(path), "stored");
  });
});

Deno.test("what is not understood exits with 2 and changes nothing", async () => {
  await inTempDir(async (dir) => {
    const run = await startRun(dir);
    const before = await ok(dir, ["runs", "--json"]);
    const calls: [string[], RegExp][] = [
      [["putt", run, "x"], /there is no command "putt" \(did you mean put\?\)/],
      [["put", run, "a", "--unknwon"], /put has no option --unknwon/],
      [["put", run, "-x"], /put has no option -x/],
      [["put", run], /put needs <source\.\.\.>/],
      [["get", run, "a", "b", "c"], /get does not take "c"/],
      [["put", run, "-", "a"], /standard input cannot be combined/],
      [["put", run, Deno.execPath(), dir, "--as", "c"], /--as names a single source/],
      [["put", run, join(dir, "*.none")], /no file matches/],
      [["put", run, Deno.execPath(), join(dir, "none")], /there is no file/],
      [
        ["put", run, Deno.execPath(), Deno.execPath()],
        /both be named "deno.*; store .* separately with --as NAME/,
      ],
      [["ls", "@run"], /CHACHAML_RUN, which is not set/],
      [["log", run], /nothing to log/],
      [["log", run, "loss"], /key=value/],
      [["log", run, "loss=low"], /not a number/],
      [["runs", "--param", "lr"], /is not a condition/],
      [["put", run, "-"], /standard input needs a name/],
      [["put", run, "-", "--as", "a/../b"], /it has the segment "\.\."/],
      [["put", run, "-", "--as", "a", "--if-exists", "maybe"], /error, same, replace/],
      [["start", "--tag", "nothing"], /key=value/],
      [["start", "--id", "a/b"], /must not contain/],
      [["start", "--experiment"], /needs a value/],
      [["end", run, "--failed=yes"], /takes no value/],
      [["runs", "--limit", "-1"], /whole number/],
      [["runs", "--status", "odd"], /running, completed, failed/],
      [["rm", run], /--yes/],
      [["--unknwon", "runs"], /no option --unknwon before/],
    ];
    for (const [args, words] of calls) await fails(dir, args, 2, words);
    assert.equal(await ok(dir, ["runs", "--json"]), before);
    assert.equal(await ok(dir, ["ls", run, "--json"]), "[]\n");
  });
});

Deno.test("what fails exits with 1 and says what to do", async () => {
  await inTempDir(async (dir) => {
    const run = await startRun(dir);
    await ok(dir, ["put", run, "-", "--as", "a"], { stdin: "x" });
    await fails(dir, ["put", run, "-", "--as", "a"], 1, /already has it; choose another name/);
    await fails(dir, ["put", "no-run", "-", "--as", "a"], 1, /Cannot find run "no-run"/);
    await fails(dir, ["put", run, join(dir, "missing")], 1, /there is no file/);
    await fails(dir, ["get", run, "b"], 1, /has no artifact of this name/);
    await fails(dir, ["ls", "no-run"], 1, /Cannot find run/);
    await ok(dir, ["end", run]);
    await fails(dir, ["end", run], 1, /it has ended already/);
  });
});

Deno.test("only start makes a store", async () => {
  await inTempDir(async (dir) => {
    for (
      const args of [["runs"], ["ls"], ["put", "r", "-", "--as", "n"], ["end", "r"], [
        "rm",
        "r",
        "n",
      ]]
    ) {
      await fails(dir, args, 1, /there is no store/);
    }
    assert.deepEqual([...Deno.readDirSync(dir)], []);
  });
});

Deno.test("arguments behind -- are names, whatever they begin with", async () => {
  await inTempDir(async (dir) => {
    const run = await startRun(dir);
    await ok(dir, ["put", run, "-", "--as=a=b"], { stdin: "x" });
    assert.equal(await ok(dir, ["get", run, "--", "a=b", "-"]), "x");
    await fails(
      dir,
      ["get", run, "--", "--json", "-"],
      2,
      /Cannot use "--json" as an artifact name/,
    );
  });
});

Deno.test("options stand before the command, behind it, or at the end", async () => {
  await inTempDir(async (dir) => {
    const db = join(dir, "other.db");
    const run = (await ok(dir, ["--db", db, "start"])).trim();
    for (const args of [["runs", "--json", "--db", db], [`--db=${db}`, "runs", "--json"]]) {
      assert.equal(JSON.parse(await ok(dir, args))[0].id, run);
    }
    await fails(dir, ["runs"], 1, /there is no store/);
  });
});

Deno.test("--artifact-dir and CHACHAML_ARTIFACT_DIR name the directory of the bytes", async () => {
  await inTempDir(async (dir) => {
    const bytes = join(dir, "bytes");
    const run = (await ok(dir, ["start", "--artifact-dir", bytes])).trim();
    const env = { CHACHAML_ARTIFACT_DIR: bytes };
    assert.equal(
      (await chachaml(dir, ["put", run, "-", "--as", "a"], { stdin: "x", env })).code,
      0,
    );
    assert.equal(await Deno.readTextFile(join(bytes, run, "a")), "x");
  });
});

Deno.test("help and version go to stdout", async () => {
  await inTempDir(async (dir) => {
    for (const args of [[], ["--help"], ["-h"]]) {
      assert.match(await ok(dir, args), /Usage:[^]*start[^]*put/);
    }
    for (const args of [["put", "--help"], ["--help", "put"]]) {
      assert.match(await ok(dir, args), /Usage:[^]*--if-exists[^]*nvidia-smi/);
    }
    assert.match(await ok(dir, ["--version"]), /^chachaml \d+\.\d+\.\d+\n$/);
  });
});

Deno.test("a hostile name cannot steer the terminal", async () => {
  await inTempDir(async (dir) => {
    const run = await startRun(dir, "--name", "\u001b[31mred\nline");
    const table = await ok(dir, ["runs"]);
    // deno-lint-ignore no-control-regex
    assert.doesNotMatch(table, /\u001b/);
    assert.match(table, /\\u001b\[31mred\\u000aline/);
    await fails(dir, ["get", run, "\u001b[2J"], 1, /\\u001b\[2J/);
  });
});

Deno.test("a failure shows its stack only with CHACHAML_DEBUG", async () => {
  await inTempDir(async (dir) => {
    const { err } = await chachaml(dir, ["runs"], { env: { CHACHAML_DEBUG: "1" } });
    assert.match(err, /\n +at /);
  });
});

Deno.test("put stores what a link to a file leads to, named or found by a pattern", async () => {
  await inTempDir(async (dir) => {
    const run = await startRun(dir);
    await Deno.writeTextFile(join(dir, "model-1.pt"), "weights");
    await Deno.symlink("model-1.pt", join(dir, "model-latest.pt"));
    await Deno.symlink(dir, join(dir, "model-directory.pt"));
    await ok(dir, ["put", run, join(dir, "model-*.pt")]);
    const names = (await json(dir, ["ls", run]) as { name: string }[]).map(({ name }) => name);
    assert.deepEqual(names, ["model-1.pt", "model-latest.pt"]);
  });
});
