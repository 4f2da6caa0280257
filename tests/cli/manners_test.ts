import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { join } from "@std/path";
import stringWidth from "npm:string-width@~7.2.0";
import { chachaml, fails, json, ok, startRun } from "../support/cli_helpers.ts";
import { inTempDir, openIn } from "../support/helpers.ts";

/** Everything that could steer a terminal. */
// deno-lint-ignore no-control-regex
const STEERING = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/;

/** Keys of a document, all the way down; of a list, those of its first item. */
function shape(value: unknown): unknown {
  if (Array.isArray(value)) return value.length === 0 ? [] : [shape(value[0])];
  if (typeof value !== "object" || value === null) return typeof value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, shape(item)]));
}

Deno.test("colours are printed only where they may be", async () => {
  await inTempDir(async (dir) => {
    await startRun(dir, "--id", "a");
    const around = { colors: true, columns: 120, terminal: true };
    // deno-lint-ignore no-control-regex
    assert.match(await ok(dir, ["runs"], around), /\u001b\[36mrunning\u001b\[0m/);
    for (const args of [["runs", "--no-color"], ["runs", "--json"], ["show", "a", "--no-color"]]) {
      assert.doesNotMatch(await ok(dir, args, around), STEERING);
    }
    assert.doesNotMatch(await ok(dir, ["runs"], { columns: 120 }), STEERING);
  });
});

Deno.test("tables fit the terminal, whatever is in them", async () => {
  await inTempDir(async (dir) => {
    const wide = ["模型".repeat(40), "👩‍👩‍👧‍👦".repeat(30), "e\u0301".repeat(80), "x".repeat(100_000)];
    for (const name of wide) await startRun(dir, "--name", name, "--experiment", name);
    for (const columns of [60, 81, 100]) {
      const lines = (await ok(dir, ["runs"], { columns })).trimEnd().split("\n");
      assert.equal(lines.length, 1 + wide.length);
      for (const line of lines) assert.ok(stringWidth(line) <= columns, line);
      assert.match(lines.at(-1)!, /[模型]…/);
      assert.doesNotMatch(lines.join(), /\u200d…/, "an emoji has been cut apart");
    }
    const whole = await ok(dir, ["runs"]);
    for (const name of wide) assert.ok(whole.includes(name), "a pipe gets all of it");
  });
});

Deno.test("JSON documents have the keys that they have", async () => {
  await inTempDir(async (dir) => {
    const started = await json(dir, ["start", "--id", "r", "--tag", "k=v"]);
    const { environment: _, ...run } = shape(started) as Record<string, unknown>;
    const RUN = {
      id: "string",
      experiment: "string",
      name: "object",
      status: "string",
      startTime: "string",
      endTime: "object",
      error: "object",
      tags: { k: "string" },
      parentId: "object",
      createdBy: "object",
    };
    const asNull = JSON.parse(JSON.stringify(RUN).replaceAll('"object"', '"null"'));
    assert.deepEqual(JSON.parse(JSON.stringify(run).replaceAll('"object"', '"null"')), asNull);
    const ARTIFACT = {
      id: "string",
      runId: "string",
      name: "string",
      path: "string",
      contentType: "string",
      size: "number",
      hash: "string",
      createdAt: "string",
    };
    const put = await json(dir, ["put", "r", "-", "--as", "a.txt"], { stdin: "x" });
    assert.deepEqual(shape(put), [ARTIFACT]);
    assert.deepEqual(await json(dir, ["ls"]), put);
    await ok(dir, ["log", "r", "loss=1", "--param", "p=1"]);
    const shown = await json(dir, ["show", "r"]);
    assert.deepEqual(Object.keys(shown), [
      "run",
      "params",
      "metrics",
      "datasets",
      "artifacts",
      "children",
    ]);
    assert.deepEqual(shown.artifacts, put);
    assert.deepEqual(await json(dir, ["runs"]), [shown.run]);
    assert.deepEqual(Object.keys(shown.metrics[0]), [
      "key",
      "count",
      "last",
      "step",
      "min",
      "max",
    ]);
    const compared = await json(dir, ["compare", "r"]);
    assert.deepEqual(Object.keys(compared), ["runs", "params", "metrics"]);
    const VERSION = ["model", "version", "stage", "runId", "artifactId", "createdAt"];
    const version = await json(dir, ["register", "m", "r", "a.txt"]);
    for (const key of VERSION) assert.ok(key in version, key);
    assert.deepEqual(Object.keys((await json(dir, ["models", "m"]))[0]), Object.keys(version));
    assert.deepEqual(Object.keys(await json(dir, ["promote", "m", "1"])), Object.keys(version));
    const [model] = await json(dir, ["models"]);
    assert.deepEqual([model.name, model.versions, model.production], ["m", 1, 1]);
    const got = await json(dir, ["get", "r", "a.txt", dir]);
    assert.deepEqual(got, { ...put[0], savedTo: join(dir, "a.txt") });
  });
});

Deno.test("with --json an error is JSON, too, wherever the option stands", async () => {
  await inTempDir(async (dir) => {
    await startRun(dir, "--id", "r");
    const cases: [args: string[], code: number, kind: string][] = [
      [["--json", "show", "none"], 1, "run-not-found"],
      [["get", "r", "none", "--json"], 1, "artifact-not-found"],
      [["nope", "--json"], 2, "usage"],
      [["runs", "--nope", "--json"], 2, "usage"],
      [["put", "r", "-", "--as", "a/../b", "--json"], 2, "invalid-name"],
      [["start", "--id", "r", "--json"], 1, "run-state"],
    ];
    for (const [args, code, kind] of cases) {
      const outcome = await chachaml(dir, args);
      assert.deepEqual([outcome.code, outcome.out], [code, ""], args.join(" "));
      const { error } = JSON.parse(outcome.err);
      assert.deepEqual(Object.keys(error), ["code", "message"]);
      assert.equal(error.code, kind);
    }
    // Here it is but the value of another option, or an argument.
    await fails(dir, ["start", "--name", "--json", "--tag", "x"], 2, /key=value/);
    await fails(dir, ["show", "--", "--json"], 1, /Cannot find run "--json"/);
  });
});

Deno.test("--quiet leaves out words, but neither data nor errors", async () => {
  await inTempDir(async (dir) => {
    assert.match(await ok(dir, ["start", "--quiet", "--id", "r"]), /^r\n$/);
    assert.match(await ok(dir, ["runs", "--quiet"]), /^r /m);
    await fails(dir, ["show", "x", "--quiet"], 1, /Cannot find run/);
  });
});

Deno.test("no name that comes from anywhere steers the terminal", async () => {
  await inTempDir(async (dir) => {
    const bad = "\u001b[31m\u202e\u009b2J\r\u0007x";
    const name = bad.replace("\u202e", "BIDI");
    {
      await using store = await openIn(dir, { path: join(dir, "cli.db") });
      const run = await store.startRun({
        id: "r",
        name,
        experiment: name,
        tags: { [name]: bad },
      });
      await run.logParams({ [name]: bad });
      await run.logMetrics({ [name]: 1 });
      await run.put("a", "x", { contentType: "text/plain" });
      await run.setNote(bad);
      await store.models.register("m", { runId: "r", artifact: "a", description: bad });
      await run.end({ error: bad });
    }
    // Another program stores what is refused here.
    const sql = new DatabaseSync(join(dir, "cli.db"));
    const named = { runs: ["name", "experiment", "tags"], params: ["key"], metrics: ["key"] };
    for (const [table, columns] of Object.entries({ ...named, tags: ["key"] })) {
      for (const column of columns) {
        sql.exec(`UPDATE ${table} SET ${column} = replace(${column}, 'BIDI', char(0x202e))`);
      }
    }
    sql.close();
    for (const args of [["runs"], ["show", "r"], ["compare", "r"], ["models"], ["models", "m"]]) {
      const out = await ok(dir, args, { columns: 200 });
      assert.doesNotMatch(out, STEERING, args.join(" "));
    }
    assert.match(await ok(dir, ["show", "r"]), /\\u001b\[31m\\u202e\\u009b2J\\u000d\\u0007x/);
    for (
      const args of [["show", `${bad}?`], ["get", "r", bad], [bad], [`--${bad}`], ["runs", bad]]
    ) {
      const { err } = await chachaml(dir, args);
      assert.match(err, /^chachaml: [^\n]+\n$/);
      assert.doesNotMatch(err, STEERING, args[0]);
    }
  });
});

Deno.test("what nobody reads any more ends the command with 141, without a word", async () => {
  await inTempDir(async (dir) => {
    await startRun(dir);
    const outcome = await chachaml(dir, ["runs"], {
      stdout: () => Promise.reject(new Deno.errors.BrokenPipe()),
    });
    assert.deepEqual(outcome, { code: 141, out: "", err: "" });
  });
});

Deno.test("a destination that ends in a slash is a directory, made if there is none", async () => {
  await inTempDir(async (dir) => {
    await startRun(dir, "--id", "r");
    await ok(dir, ["put", "r", "-", "--as", "a"], { stdin: "x" });
    await fails(
      dir,
      ["get", "r", "a", `${dir}/cli.db/y/`],
      1,
      /Cannot make the directory .*: a part of its path is a file, not a directory/,
    );
    await fails(
      dir,
      ["get", "r", "a", `${dir}/none/y`],
      1,
      /there is no directory ".*none"; make it/,
    );
    await fails(
      dir,
      ["get", "r", "a", `${dir}/cli.db/y`],
      1,
      /cli\.db" is a file, not a directory/,
    );
    for (const place of ["", "made", "made/deep"]) {
      await ok(dir, ["get", "r", "a", `${join(dir, place)}/`]);
      assert.equal(await Deno.readTextFile(join(dir, place, "a")), "x");
    }
    await fails(dir, ["get", "r", "a", `${dir}/a/`], 2, /a\/" is a file, not a directory/);
  });
});

Deno.test("put leaves out symbolic links only if it is told to", async () => {
  await inTempDir(async (dir) => {
    await startRun(dir, "--id", "r");
    await Deno.mkdir(join(dir, "d"));
    await Deno.writeTextFile(join(dir, "d/file"), "x");
    await Deno.symlink("file", join(dir, "d/link"));
    await fails(dir, ["put", "r", join(dir, "d")], 1, /symbolic link; pass --skip-links/);
    assert.deepEqual(await json(dir, ["ls", "r"]), []);
    const stored = await json(dir, ["put", "r", join(dir, "d"), "--skip-links"]);
    assert.deepEqual(stored.map(({ name }: { name: string }) => name), ["d/file"]);
  });
});

Deno.test("help is there for every command, and a wrong call is refused", async () => {
  await inTempDir(async (dir) => {
    for (const name of ["start", "exec", "put", "log", "runs", "rm", "restore"]) {
      const help = await ok(dir, ["help", name]);
      assert.match(help, new RegExp(`^Usage: +chachaml ${name}`));
      assert.equal(await ok(dir, [name, "-h"]), help);
    }
    assert.doesNotMatch(await ok(dir, ["help"]), /__complete/);
    assert.equal(await ok(dir, ["help", "help"]), await ok(dir, ["help"]));
    await fails(dir, ["help", "nope"], 2, /there is no command "nope"/);
    await fails(dir, ["--", "start"], 2, /a command comes before --/);
    await fails(dir, [""], 2, /there is no command ""/);
  });
});
