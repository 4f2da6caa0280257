/** `chachaml watch`. */
import assert from "node:assert/strict";
import { join } from "@std/path";
import { openStore } from "../../mod.ts";
import { chachaml } from "../support/cli_helpers.ts";
import { inTempDir } from "../support/helpers.ts";

// The command line takes this binding, and one process takes one.
const driver = "builtin";

Deno.test("a run is watched until it ends, and its failure is the exit code", () =>
  inTempDir(async (dir) => {
    await using store = await openStore({ path: join(dir, "cli.db"), driver });
    for (const [error, expected] of [[undefined, 0], ["out of memory", 1]] as const) {
      const run = await store.startRun();
      let lines = "";
      const watching = chachaml(dir, ["watch", run.id], {
        stdout: async (data) => {
          lines += data;
          if (`${data}`.includes("loss")) await run.end(error === undefined ? {} : { error });
        },
      });
      // Whether it has begun to watch cannot be told: the next point is seen.
      const timer = setInterval(() => void run.log({ loss: 0.5 }, { step: 3 }), 50);
      const { code, err } = await watching;
      clearInterval(timer);
      assert.equal(code, expected);
      assert.match(lines, new RegExp(`run ${run.id} loss=0.5 step 3`));
      assert.match(err, expected === 0 ? /completed after/ : /failed after .*: out of memory/);
    }
  }));

Deno.test("a run that has ended is not watched, and one that is not there is said so", () =>
  inTempDir(async (dir) => {
    await using store = await openStore({ path: join(dir, "cli.db"), driver });
    const run = await store.startRun();
    const ended = chachaml(dir, ["watch", run.id]);
    await run.end();
    assert.equal((await ended).code, 0);
    assert.equal((await chachaml(dir, ["watch", "nope"])).code, 1);
  }));

Deno.test("all changes are watched as JSON until the user interrupts", () =>
  inTempDir(async (dir) => {
    await using store = await openStore({ path: join(dir, "cli.db"), driver });
    const ending = new AbortController();
    const lines: string[] = [];
    const watching = chachaml(dir, ["watch", "--json", "--experiment", "iris"], {
      interrupted: () => ending.signal,
      stdout: (data) => {
        lines.push(`${data}`);
        ending.abort();
        return Promise.resolve();
      },
    });
    const timer = setInterval(() => {
      for (const experiment of ["other", "iris"]) void store.startRun({ experiment });
    }, 100);
    const { code } = await watching;
    clearInterval(timer);
    assert.equal(code, 0);
    for (const line of lines) {
      const { kind, run } = JSON.parse(line);
      assert.deepEqual([kind, run.experiment, run.status], ["run", "iris", "running"]);
    }
  }));
