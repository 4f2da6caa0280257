/** The output of a program under exec: kept while it grows, and whatever happens. */
import assert from "node:assert/strict";
import { join } from "@std/path";
import { chachaml, json, ok, startRun } from "../support/cli_helpers.ts";
import {
  asProcess,
  CALL,
  execSh,
  isThere,
  lastRun,
  testWithShell as test,
  until,
} from "../support/exec_helpers.ts";
import { inTempDir } from "../support/helpers.ts";

/** Ends a process and those that it has started. */
function kill(child: Deno.ChildProcess, signal: Deno.Signal = "SIGKILL"): void {
  try {
    child.kill(signal);
  } catch {
    // It has ended.
  }
}

test("the output of exec can be read while the program runs", async () => {
  await inTempDir(async (dir) => {
    await startRun(dir);
    const script = "echo one; touch ready; while [ ! -e go ]; do sleep 0.05; done; echo two";
    const child = asProcess(dir, ["exec", "--quiet", "sh", "-c", script]);
    await until(() => isThere(join(dir, "ready")));
    await until(async () => (await chachaml(dir, ["cat", "@last", "stdout.log"])).out === "one\n");
    assert.equal(await ok(dir, ["get", "@last", "stdout.log", "-"]), "one\n");
    const [row] = await json(dir, ["ls", "@last"]);
    assert.deepEqual([row.name, row.size, row.growing], ["stdout.log", 4, true]);
    const following = ok(dir, ["cat", "@last", "stdout.log", "--follow"]);
    await Deno.writeTextFile(join(dir, "go"), "");
    assert.equal(await following, "one\ntwo\n");
    assert.equal((await child.output()).code, 0);
    assert.equal(await ok(dir, ["cat", "@last", "stdout.log"]), "one\ntwo\n");
  });
});

test("cat --follow waits for output that has not begun", async () => {
  await inTempDir(async (dir) => {
    await startRun(dir);
    const script = "touch ready; while [ ! -e go ]; do sleep 0.05; done; echo late";
    const child = asProcess(dir, ["exec", "--quiet", "sh", "-c", script]);
    await until(() => isThere(join(dir, "ready")));
    const following = ok(dir, ["cat", "@last", "stdout.log", "--follow"]);
    await Deno.writeTextFile(join(dir, "go"), "");
    assert.equal(await following, "late\n");
    await child.output();
  });
});

test("what a killed exec had kept is not lost, and becomes an artifact when its run is found dead", async () => {
  await inTempDir(async (dir) => {
    const script = "echo $$ > pid; yes 'some line' | head -n 20000; touch ready; sleep 60";
    const child = asProcess(dir, ["exec", "--quiet", "sh", "-c", script]);
    void child.stdout.cancel();
    await until(() => isThere(join(dir, "ready")));
    const size = async () => (await ok(dir, ["cat", "@last", "stdout.log"])).length;
    await until(async () => await size().catch(() => 0) === 200_000);
    kill(child);
    await child.status;
    Deno.kill(Number(await Deno.readTextFile(join(dir, "pid"))), "SIGKILL");
    await child.stderr.cancel();
    assert.equal(await size(), 200_000);
    await ok(dir, ["gc", "--grace", "0s"]);
    const { err } = await chachaml(dir, ["end", "--dead"]);
    assert.match(err, /^run [^ ]* failed: process \d+ [^\n]*ended without ending the run/);
    assert.equal(await size(), 200_000);
    const { artifacts } = await lastRun(dir);
    assert.deepEqual(artifacts.map(({ name }: { name: string }) => name), ["stdout.log"]);
    assert.equal((await chachaml(dir, ["verify"])).code, 0);
  });
});

test("exec --max-output keeps so much, says so, and passes all on", async () => {
  await inTempDir(async (dir) => {
    const { code, out, err } = await execSh(
      dir,
      "yes | head -c 5000; echo end >&2",
      "--max-output",
      "1kB",
    );
    assert.deepEqual([code, out.length], [0, 5000]);
    assert.match(err, /chachaml: stdout\.log has reached 1\.0 kB; further output is not kept\n/);
    const { run, artifacts } = await lastRun(dir);
    assert.equal(run.tags["output-cut"], "stdout.log");
    const sizes = artifacts.map(({ name, size }: { name: string; size: number }) => [name, size]);
    assert.deepEqual(sizes.sort(), [["stderr.log", 4], ["stdout.log", 1000]]);
    assert.equal((await execSh(dir, ":", "--max-output", "lots")).code, 2);
  });
});

test("a program that prints without end is ended once nobody reads it", async () => {
  await inTempDir(async (dir) => {
    await startRun(dir);
    const script = `${CALL} exec --quiet -- yes | head -n 1`;
    const { code, stdout } = await new Deno.Command("sh", {
      args: ["-c", script],
      env: { CHACHAML_DB: join(dir, "cli.db") },
      cwd: dir,
      stderr: "null",
    }).output();
    assert.deepEqual([code, new TextDecoder().decode(stdout)], [0, "y\n"]);
    await until(async () => (await lastRun(dir)).run.status !== "running");
    const { run, artifacts } = await lastRun(dir);
    assert.match(run.error, /SIGPIPE|exit status/);
    assert.ok(artifacts[0].size < 20_000_000, `${artifacts[0].size}`);
  });
});

test("exec says that it waits for what the program left running; --no-wait does not wait", async () => {
  await inTempDir(async (dir) => {
    const waiting = await execSh(dir, "sleep 1.5 & echo hi");
    assert.match(waiting.err, /sh has ended; waiting for programs that it left running/);
    assert.equal(waiting.code, 0);
    const script = 'sleep 30 & echo $! > "$1/left"; echo hi';
    const { code, out } = await execSh(dir, script, "--no-wait");
    Deno.kill(Number(await Deno.readTextFile(join(dir, "left"))), "SIGKILL");
    assert.deepEqual([code, out], [0, "hi\n"]);
    assert.equal(await ok(dir, ["cat", "@last", "stdout.log"]), "hi\n");
  });
});

test("exec keeps Python's output from being held back, unless that is wanted", async () => {
  await inTempDir(async (dir) => {
    const script = 'echo "[$PYTHONUNBUFFERED]"';
    assert.equal((await execSh(dir, script)).out, "[1]\n");
    const args = ["exec", "--quiet", "sh", "-c", script];
    const { stdout } = await asProcess(dir, args, { PYTHONUNBUFFERED: "x" }).output();
    assert.equal(new TextDecoder().decode(stdout), "[x]\n");
  });
});

const hasScript = Deno.build.os === "linux" &&
  new Deno.Command("sh", { args: ["-c", "command -v script"], stdout: "null" }).outputSync()
    .success;
(hasScript ? test : Deno.test.ignore)(
  "exec --pty gives the program a terminal" + (hasScript ? "" : " (skipped: no script program)"),
  async () => {
    await inTempDir(async (dir) => {
      const script = '[ -t 1 ] && echo terminal; echo "it\'s" >&2; exit 7';
      const child = asProcess(dir, ["exec", "--quiet", "--pty", "sh", "-c", script]);
      const { code, stdout } = await child.output();
      assert.deepEqual([code, new TextDecoder().decode(stdout)], [7, "terminal\r\nit's\r\n"]);
      const { run } = await lastRun(dir);
      assert.equal(run.error, "exit status 7");
      assert.match(run.tags.command, /^sh -c/);
    });
  },
);
