import assert from "node:assert/strict";
import { fromFileUrl, join } from "@std/path";
import { chachaml, fails, json, ok, type Outcome, startRun } from "../support/cli_helpers.ts";
import { childFlags, inTempDir } from "../support/helpers.ts";

const CLI = fromFileUrl(new URL("../../cli.ts", import.meta.url));

// Real programs: those of every system that has a POSIX shell.
const test = Deno.build.os === "windows" ? Deno.test.ignore : Deno.test;

/** Runs a script of sh as a run. */
function execSh(dir: string, script: string, ...options: string[]): Promise<Outcome> {
  return chachaml(dir, ["exec", ...options, "--", "sh", "-c", script, "sh", dir]);
}

/** All that is kept of the run started last. */
function last(dir: string): Promise<ReturnType<typeof JSON.parse>> {
  return json(dir, ["show", "@last"]);
}

/** Calls the command line as a program of its own. */
function asProcess(dir: string, args: readonly string[]): Deno.ChildProcess {
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", "--no-prompt", ...childFlags(), CLI, ...args],
    env: { CHACHAML_DB: join(dir, "cli.db") },
    cwd: dir,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

/** Waits until a file is there. */
async function appearance(path: string): Promise<void> {
  while (!await Deno.stat(path).then(() => true, () => false)) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

test("exec passes output on, stores it, and returns the exit status", async () => {
  await inTempDir(async (dir) => {
    const { code, out, err } = await execSh(dir, "echo data; echo words >&2", "--quiet");
    assert.deepEqual({ code, out, err }, { code: 0, out: "data\n", err: "words\n" });
    assert.equal(await ok(dir, ["cat", "@last", "stdout.log"]), "data\n");
    assert.equal(await ok(dir, ["cat", "@last", "stderr.log"]), "words\n");
    const { run, artifacts } = await last(dir);
    assert.deepEqual([run.status, run.error], ["completed", null]);
    assert.equal(run.tags.command, `sh -c 'echo data; echo words >&2' sh ${dir}`);
    assert.equal(artifacts[0].contentType, "text/plain");
  });
});

test("exec that prints nothing stores no output", async () => {
  await inTempDir(async (dir) => {
    const { code, err } = await execSh(dir, ":");
    assert.equal(code, 0);
    assert.match(err, /^run [0-9a-f-]{36}\nrun [0-9a-f-]{36} completed\n$/);
    assert.deepEqual((await last(dir)).artifacts, []);
  });
});

test("exec records why a program has failed", async () => {
  await inTempDir(async (dir) => {
    const cases: [script: string, code: number, error: string][] = [
      ["echo x; exit 3", 3, "exit status 3"],
      ["exit 255", 255, "exit status 255"],
      ["kill -TERM $$", 143, "killed by SIGTERM"],
      ["kill -KILL $$", 137, "killed by SIGKILL"],
    ];
    for (const [script, code, error] of cases) {
      const outcome = await execSh(dir, script);
      assert.equal(outcome.code, code, script);
      assert.match(outcome.err, new RegExp(`failed: ${error}\n$`));
      const { run } = await last(dir);
      assert.deepEqual([run.status, run.error], ["failed", error]);
    }
  });
});

test("exec takes an experiment, a name, params and labels", async () => {
  await inTempDir(async (dir) => {
    const options = ["--experiment", "e", "--name", "n", "--param", "lr=0.1", "--param", "l=[1]"];
    await execSh(dir, ":", ...options, "--tag", "a=b=c", "--tag=command=mine");
    const { run, params } = await last(dir);
    assert.deepEqual([run.experiment, run.name], ["e", "n"]);
    assert.deepEqual(params, { lr: 0.1, l: [1] });
    assert.deepEqual(run.tags, { command: "mine", a: "b=c" });
  });
});

test("exec stores what globs fit, by names below the working directory", async () => {
  await inTempDir(async (dir) => {
    const script = "mkdir -p out/deep 'odd[1]'; echo 1 > out/a.txt; echo 2 > out/deep/b.txt; " +
      "echo 3 > 'odd[1]/c d.txt'; echo 4 > cli.db-notes; echo 5 > top.md";
    const args = ["exec", "--json", "--artifact", "out/**/*.txt", "--artifact", "odd[1]/c d.txt"];
    const child = asProcess(dir, [...args, "--artifact", "*", "sh", "-c", script]);
    const { code, stdout } = await child.output();
    assert.equal(code, 0);
    assert.deepEqual(JSON.parse(new TextDecoder().decode(stdout)).problems, []);
    const names = (await last(dir)).artifacts.map(({ name }: { name: string }) => name).sort();
    // The store lies there, too, and is no artifact.
    assert.deepEqual(names, [
      "cli.db-notes",
      "odd[1]/c d.txt",
      "out/a.txt",
      "out/deep/b.txt",
      "top.md",
    ]);
    assert.equal(await ok(dir, ["cat", "@last", "out/deep/b.txt"]), "2\n");
  });
});

test("exec stores a directory, and says of what nothing matches without failing", async () => {
  await inTempDir(async (dir) => {
    const script = 'mkdir -p "$1/out/deep"; echo 1 > "$1/out/a"; echo 2 > "$1/out/deep/b"';
    const options = ["--artifact", join(dir, "out"), "--artifact", join(dir, "*.none")];
    const { code, err } = await execSh(dir, script, ...options);
    assert.equal(code, 0, "the program did well");
    assert.match(err, /chachaml: no file matches "[^"]*\*\.none"\n/);
    const { run, artifacts } = await last(dir);
    assert.equal(run.status, "completed");
    assert.deepEqual(artifacts.map(({ name }: { name: string }) => name).sort(), ["a", "b"]);
  });
});

test("exec --lines logs metrics and params that a program prints", async () => {
  await inTempDir(async (dir) => {
    const script = [
      "printf '::met'; sleep 0.1; printf 'ric loss 0.5 1\\r'; sleep 0.1; printf '\\n'",
      "echo '::metric loss 0.25 2'",
      "echo '::metric acc nan'",
      "printf '::param a ram  x \\r\\n::param param param\\n'",
      "echo 'say ::metric no 1'",
      "echo '::metric low bad'; echo '::metric loss 1 1.5'; echo '::metric'; echo '::param a other'",
      "head -c 70000 /dev/zero | tr '\\0' ' ' | sed 's/^/::param long x/'; echo 'y'",
      // The end of a line that is too long is no line of its own.
      "printf '%070000d' 0; sleep 0.1; echo '::param tail 1'",
      "printf '::metric end 7'",
    ].join("\n");
    const { code, err, out } = await execSh(dir, script, "--lines");
    assert.equal(code, 1, "not all could be logged");
    assert.ok(out.startsWith("::metric loss 0.5 1\r\n"), "the lines are passed on, too");
    assert.match(err, /chachaml: the metric "low" is not a number: "bad"\n/);
    assert.match(err, /chachaml: the step of the metric "loss" is not a whole number: 1\.5\n/);
    assert.match(err, /chachaml: [^\n]*"a"[^\n]*\n/);
    assert.match(err, /chachaml: the line "::metric" is not understood; print ::metric NAME/);
    assert.equal(err.match(/^chachaml: /gm)!.length, 4);
    const { run, params, metrics } = await last(dir);
    assert.equal(run.status, "completed");
    assert.deepEqual(params, { a: "ram  x", param: "param" });
    const lasts = metrics.map(({ key, last, step }: Record<string, unknown>) => [key, last, step]);
    assert.deepEqual(lasts, [["acc", "NaN", 0], ["end", 7, 0], ["loss", 0.25, 2]]);
  });
});

test("exec without --lines logs nothing", async () => {
  await inTempDir(async (dir) => {
    await execSh(dir, "echo ::metric loss 1; echo ::param a b");
    const { params, metrics } = await last(dir);
    assert.deepEqual([params, metrics], [{}, []]);
  });
});

test("exec tells of many bad lines in few words", async () => {
  await inTempDir(async (dir) => {
    const { err } = await execSh(dir, "yes '::metric a b' | head -n 5000", "--lines", "--quiet");
    assert.equal(err.trimEnd().split("\n").length, 11);
    assert.match(err, /chachaml: 4990 more lines could not be logged\n$/);
  });
});

test("exec tells the program which run and store it works for", async () => {
  await inTempDir(async (dir) => {
    const flags = ["run", "-A", "--quiet", "--no-prompt", ...childFlags(), CLI];
    const call = [Deno.execPath(), ...flags].map((word) => `'${word}'`).join(" ");
    const script = `echo "$CHACHAML_RUN" && ${call} log @run loss=1 --quiet && cd / && ` +
      `echo nested | ${call} put @run - --as nested.txt --quiet`;
    const { code, out, err } = await execSh(dir, script, "--quiet");
    assert.deepEqual({ code, err }, { code: 0, err: "" });
    const { run, metrics } = await last(dir);
    assert.equal(run.id, out.trim());
    assert.equal(metrics[0].key, "loss");
    assert.equal(await ok(dir, ["cat", "@last", "nested.txt"]), "nested\n");
  });
});

test("options behind the program are the program's", async () => {
  await inTempDir(async (dir) => {
    for (const before of [[], ["--"]]) {
      const args = [
        "exec",
        "--quiet",
        ...before,
        "echo",
        "--json",
        "--nope",
        "--",
        "-h",
        "--quiet",
      ];
      assert.equal(await ok(dir, args), "--json --nope -- -h --quiet\n");
    }
    await fails(dir, ["exec", "--quiet", "no-such-program-here", "--json"], 127, /no such program/);
    await fails(dir, ["exec", "--nope", "echo"], 2, /exec has no option --nope/);
    await fails(dir, ["exec", "--"], 2, /exec needs <command>/);
  });
});

test("exec of a program that cannot be run exits as a shell does, and starts no run", async () => {
  await inTempDir(async (dir) => {
    await Deno.writeTextFile(join(dir, "plain"), "no program", { mode: 0o644 });
    await Deno.writeTextFile(join(dir, "lost"), "#!/no/such/interpreter\n", { mode: 0o755 });
    const cases: [program: string, code: number, words: RegExp][] = [
      ["no-such-program-here", 127, /no such program in PATH/],
      [join(dir, "missing"), 127, /there is no such file/],
      [join(dir, "plain"), 126, /not executable; make it so/],
      [dir, 126, /it is a directory/],
    ];
    for (const [program, code, words] of cases) {
      await fails(dir, ["exec", program, "x"], code, words);
    }
    await assert.rejects(Deno.stat(join(dir, "cli.db")), Deno.errors.NotFound);
    // What only the system can say comes after the start of the run, which is then failed.
    const { code, err } = await chachaml(dir, ["exec", join(dir, "lost")]);
    assert.equal(code, 127);
    assert.match(err, /chachaml: Cannot run [^\n]*interpreter[^\n]*\nrun [^ ]* failed: /);
    assert.equal((await last(dir)).run.status, "failed");
  });
});

test("exec --json gives one document, and the program's output as words", async () => {
  await inTempDir(async (dir) => {
    const { code, out, err } = await execSh(
      dir,
      "printf 'a\\303'; sleep 0.1; printf '\\244\\n'; exit 4",
      "--json",
      "--quiet",
    );
    assert.equal(code, 4);
    assert.equal(err, "aä\n");
    const document = JSON.parse(out);
    assert.deepEqual(Object.keys(document), ["run", "code", "problems"]);
    assert.deepEqual([document.code, document.problems], [4, []]);
    assert.equal(document.run.error, "exit status 4");
  });
});

test("exec keeps all output, and logs its lines, though nobody reads on", async () => {
  await inTempDir(async (dir) => {
    const script = "yes 'some line' | head -n 50000; echo ::metric loss 1";
    const { code, out } = await chachaml(
      dir,
      ["exec", "--quiet", "--lines", "sh", "-c", script],
      { stdout: () => Promise.reject(new Deno.errors.BrokenPipe()) },
    );
    assert.deepEqual([code, out], [0, ""]);
    const { metrics, artifacts } = await last(dir);
    assert.equal(metrics[0].last, 1);
    assert.equal(artifacts[0].size, 50_000 * 10 + "::metric loss 1\n".length);
  });
});

test("exec goes on where its output cannot be stored", async () => {
  await inTempDir(async (dir) => {
    // The run gets an artifact of that name before the program has printed anything.
    const { code, out, err } = await chachaml(dir, [
      "exec",
      "--quiet",
      "--artifact",
      join(dir, "stdout.log"),
      "sh",
      "-c",
      `echo other > '${dir}/stdout.log'; yes | head -c 1000000`,
    ]);
    assert.equal(code, 1);
    assert.equal(out.length, 1_000_000);
    assert.match(err, /^chachaml: Cannot put "stdout\.log"[^\n]*\n$/);
    assert.equal((await last(dir)).run.status, "completed");
  });
});

test("exec stores much output without holding it", async () => {
  await inTempDir(async (dir) => {
    let bytes = 0;
    let most = 0;
    const before = Deno.memoryUsage().rss;
    const code = (await chachaml(dir, ["exec", "--quiet", "sh", "-c", "yes | head -c 300000000"], {
      stdout: (data) => {
        bytes += data.length;
        most = Math.max(most, Deno.memoryUsage().rss);
        return Promise.resolve();
      },
    })).code;
    assert.deepEqual([code, bytes], [0, 300_000_000]);
    assert.equal((await last(dir)).artifacts[0].size, 300_000_000);
    assert.ok(most - before < 200_000_000, `${most - before} bytes more`);
  });
});

test("exec passes signals on, and records how the program has ended", async () => {
  await inTempDir(async (dir) => {
    const script = 'trap "echo got it; exit 7" TERM; touch ready; while :; do sleep 0.05; done';
    const child = asProcess(dir, ["exec", "--quiet", "sh", "-c", script]);
    try {
      await appearance(join(dir, "ready"));
      child.kill("SIGTERM");
      const { code, stdout } = await child.output();
      assert.equal(code, 7);
      assert.equal(new TextDecoder().decode(stdout), "got it\n");
    } finally {
      try {
        child.kill("SIGKILL");
      } catch {
        // It has ended, as it should.
      }
    }
    assert.equal((await last(dir)).run.error, "exit status 7");
  });
});

test("exec leaves bytes as they are that are no text", async () => {
  await inTempDir(async (dir) => {
    await startRun(dir);
    const child = asProcess(dir, [
      "exec",
      "--quiet",
      "sh",
      "-c",
      "printf '\\377\\0'; printf '\\376' >&2",
    ]);
    const { stdout, stderr } = await child.output();
    assert.deepEqual([...stdout, ...stderr], [0xff, 0, 0xfe]);
  });
});

test("exec gives the program's exit status also where that has ended or removed its own run", async () => {
  await inTempDir(async (dir) => {
    await startRun(dir);
    const cli = [Deno.execPath(), "run", "-A", "--quiet", ...childFlags(), CLI].join(" ");
    for (
      const [verb, told] of [["end @run", /ended already/], ["rm @run --yes", /Cannot find run/]]
    ) {
      const script = `${cli} ${verb} > /dev/null; exit 3`;
      const { code, err } = await chachaml(dir, ["exec", "--quiet", "--", "sh", "-c", script]);
      assert.equal(code, 3, err);
      assert.match(err, told as RegExp);
    }
  });
});

test("exec stops waiting for what the program has left running, once a signal comes", async () => {
  await inTempDir(async (dir) => {
    await startRun(dir);
    const script = "sleep 30 & echo $! > left; echo hi";
    const child = asProcess(dir, ["exec", "--quiet", "sh", "-c", script]);
    await appearance(join(dir, "left"));
    const left = Number(await Deno.readTextFile(join(dir, "left")));
    // The program itself ends at once, and is then reaped.
    await new Promise((resolve) => setTimeout(resolve, 500));
    child.kill("SIGTERM");
    const { code, stdout } = await child.output();
    Deno.kill(left, "SIGKILL");
    assert.equal(code, 0);
    assert.equal(new TextDecoder().decode(stdout), "hi\n");
    assert.equal((await last(dir)).run.status, "completed");
  });
});

test("exec refuses a pattern that is empty, as an unset variable is", async () => {
  await inTempDir(async (dir) => {
    await fails(dir, ["exec", "--quiet", "--artifact", "", "--", "true"], 2, /names nothing/);
  });
});
