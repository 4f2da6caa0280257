import assert from "node:assert/strict";
import { fromFileUrl, join } from "@std/path";
import { childFlags, inTempDir } from "../support/helpers.ts";

const CLI = fromFileUrl(new URL("../../cli.ts", import.meta.url));

/** Calls the command line in a directory, with nothing in the environment but what is given. */
async function call(cwd: string, args: string[], env: Record<string, string> = {}) {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", "--no-prompt", ...childFlags(), CLI, ...args],
    cwd,
    env: { CHACHAML_DB: "", CHACHAML_ARTIFACT_DIR: "", CHACHAML_CEILING: "", ...env },
  }).output();
  const [out, err] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  return { code, out: out!.trim(), err: err!.trim() };
}

Deno.test("a store is found in the directories above, up to the ceiling", () =>
  inTempDir(async (temporary) => {
    const dir = await Deno.realPath(temporary);
    const below = join(dir, "a/b");
    await Deno.mkdir(below, { recursive: true });
    const made = await call(dir, ["start", "--id", "r"]);
    assert.deepEqual(made, {
      code: 0,
      out: "r",
      err: `created a store: ${JSON.stringify(join(dir, "chachaml.db"))}`,
    });
    assert.deepEqual((await call(below, ["start", "--id", "s"])).err, "");
    assert.match((await call(below, ["runs"])).out, /\ns .*\nr /);
    assert.deepEqual([...Deno.readDirSync(below)], []);
    // Beyond the ceiling nothing is looked for.
    const stopped = await call(below, ["runs"], { CHACHAML_CEILING: join(dir, "a") });
    assert.equal(stopped.code, 1);
    assert.match(stopped.err, /there is no store/);
    const own = await call(below, ["start"], { CHACHAML_CEILING: join(dir, "a") });
    assert.match(own.err, /^created a store: ".*\/a\/b\/chachaml\.db"$/);
    assert.equal((await call(below, ["runs"])).out.split("\n").length, 2, "the nearest counts");
  }));
