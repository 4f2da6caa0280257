import assert from "node:assert/strict";
import { join } from "@std/path";
import { child } from "../support/children/flags.ts";
import { inTempDir, openIn } from "../support/helpers.ts";

interface Info {
  readonly parentId: string | null;
  readonly experiment: string;
  readonly createdBy: string | null;
  readonly environment: Record<string, unknown>;
}

async function outcome(
  env: Record<string, string>,
  args: readonly string[] = [],
): Promise<[id: string | null, path: string, artifactDir: string, info: Info]> {
  const { success, stdout, stderr } = await child("current_run.ts", args, ["-A"], env).output();
  assert.ok(success, new TextDecoder().decode(stderr));
  return JSON.parse(new TextDecoder().decode(stdout));
}

Deno.test("the environment names the store and the run of a program", () =>
  inTempDir(async (dir) => {
    const artifactDir = join(dir, "elsewhere");
    const at = { path: join(dir, "t.db"), artifactDir };
    {
      await using store = await openIn(dir, at);
      await store.startRun({ id: "r", experiment: "iris" });
    }
    const env = { CHACHAML_DB: at.path, CHACHAML_ARTIFACT_DIR: artifactDir, CHACHAML_RUN: "r" };
    const [id, path, artifacts, info] = await outcome(env);
    assert.deepEqual([id, path, artifacts], ["r", at.path, artifactDir]);
    assert.deepEqual([info.parentId, info.experiment], ["r", "iris"]);
    await using store = await openIn(dir, at);
    assert.deepEqual((await store.metrics.points("r")).map(({ value }) => value), [1]);
    await store.runs.remove("child");
    await store.close();
    const [none] = await outcome({ ...env, CHACHAML_RUN: "of another store" });
    assert.equal(none, null);
  }));

Deno.test("a run notes who has started it, where and how, without secrets", () =>
  inTempDir(async (dir) => {
    const env = { CHACHAML_DB: join(dir, "t.db"), USER: "ana" };
    const [, , , info] = await outcome(env, ["--token", "hunter2", "--epochs=3"]);
    assert.equal(info.createdBy, "ana");
    const { user, host, directory, command } = info.environment;
    assert.deepEqual([user, host, directory], ["ana", Deno.hostname(), Deno.cwd()]);
    const [program, ...args] = command as string[];
    assert.match(program!, /current_run\.ts$/);
    assert.deepEqual(args, ["--token", "***", "--epochs=3"]);
  }));
