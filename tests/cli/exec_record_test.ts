/** What a run under exec notes of its program, and which run it is part of. */
import assert from "node:assert/strict";
import { join } from "@std/path";
import { chachaml, json, ok, startRun } from "../support/cli_helpers.ts";
import { CALL, execSh, lastRun, testWithShell as test } from "../support/exec_helpers.ts";
import { inTempDir } from "../support/helpers.ts";
import { versionOf } from "../support/programs.ts";

test("exec notes host, directory, user, arguments and command, without secrets", async () => {
  await inTempDir(async (dir) => {
    const args = ["exec", "--", "sh", "-c", "exit 0", "it's", "--token", "abc"];
    const { err } = await chachaml(dir, args, { env: { USER: "ana" } });
    assert.match(err, /secrets on the command line are recorded as \*\*\*\n/);
    const { run } = await lastRun(dir);
    assert.equal(run.tags.command, `sh -c 'exit 0' 'it'\\''s' --token '***'`);
    assert.equal(run.createdBy, "ana");
    const { host, directory, user, command } = run.environment;
    assert.deepEqual([host, directory, user], [Deno.hostname(), Deno.cwd(), "ana"]);
    assert.deepEqual(command, ["sh", "-c", "exit 0", "it's", "--token", "***"]);
    await chachaml(dir, ["exec", "--no-command", "--", "true", "--token", "abc"]);
    const without = await lastRun(dir);
    assert.ok(!JSON.stringify(without).includes("abc"));
    assert.equal(without.run.tags.command, undefined);
  });
});

const python = await versionOf("python3") !== undefined;
(python ? test : Deno.test.ignore)("exec notes the interpreter and its version", async () => {
  await inTempDir(async (dir) => {
    await chachaml(dir, ["exec", "--quiet", "python3", "-c", "pass"]);
    const { name, version } = (await lastRun(dir)).run.environment.interpreter;
    assert.equal(name, "python3");
    assert.match(version, /^Python 3\.\d+/);
    await Deno.writeTextFile(join(dir, "s"), "#!/usr/bin/env python3\npass\n", { mode: 0o755 });
    await chachaml(dir, ["exec", "--quiet", join(dir, "s")]);
    assert.equal((await lastRun(dir)).run.environment.interpreter.name, "python3");
  });
});

test("an exec within an exec is a child of its run, in the same experiment", async () => {
  await inTempDir(async (dir) => {
    const script = `${CALL} exec --quiet --name inner -- true; ${CALL} start --name started; ` +
      `${CALL} exec --quiet --name alone --parent none -- true`;
    await execSh(dir, script, "--quiet", "--name", "outer", "--experiment", "iris");
    const runs = await json(dir, ["runs"]);
    const named = (name: string) => runs.find((run: { name: string }) => run.name === name);
    const outer = named("outer");
    for (const name of ["inner", "started"]) {
      assert.deepEqual([named(name).parentId, named(name).experiment], [outer.id, "iris"], name);
    }
    assert.deepEqual([named("alone").parentId, named("alone").experiment], [null, "default"]);
  });
});

test("exec --parent names the run that it is part of", async () => {
  await inTempDir(async (dir) => {
    const parent = await startRun(dir, "--experiment", "e");
    await execSh(dir, ":", "--parent", parent, "--quiet");
    const { run } = await lastRun(dir);
    assert.deepEqual([run.parentId, run.experiment], [parent, "e"]);
    const { code } = await execSh(dir, ":", "--parent", "no-such-run");
    assert.notEqual(code, 0);
  });
});

test("exec --diff stores the uncommitted changes of a repository", async () => {
  await inTempDir(async (dir) => {
    const git = `git -c user.name=a -c user.email=a@b`;
    const script = `cd "$1" && git init -q . && echo one > f && git add f && ` +
      `${git} commit -qm c && echo two > f && ${CALL} --db cli.db exec --quiet --diff -- true`;
    const { success, stderr } = await new Deno.Command("sh", {
      args: ["-c", script, "sh", dir],
      stdout: "null",
    }).output();
    assert.ok(success, new TextDecoder().decode(stderr));
    assert.match(await ok(dir, ["cat", "@last", "git.diff"]), /^-one\n\+two$/m);
  });
});

test("exec --system-metrics logs how busy the machine is", async () => {
  await inTempDir(async (dir) => {
    await execSh(dir, "sleep 1.5", "--system-metrics", "--quiet");
    const { metrics } = await lastRun(dir);
    const keys = metrics.map(({ key }: { key: string }) => key);
    assert.ok(keys.includes("system/cpu_percent"), keys.join());
    assert.ok(keys.includes("system/memory_bytes"), keys.join());
  });
});
