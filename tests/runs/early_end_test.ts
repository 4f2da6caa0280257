/** A program that is ended early loses no points, and its runs have failed. */
import { COMPOSITION } from "../support/compositions.ts";
import assert from "node:assert/strict";
import { join } from "@std/path";
import { child } from "../support/children/flags.ts";
import { inTempDir, openIn, testOnSqlite } from "../support/helpers.ts";

interface Outcome {
  readonly code: number;
  readonly signal: Deno.Signal | null;
  readonly status: string;
  readonly error: string | null;
  readonly points: number;
  readonly params: Record<string, unknown>;
  readonly artifacts: number;
  readonly isDead: boolean;
}

/** Runs a program that logs and ends in some way, if need be by a signal once it has logged. */
async function endBy(
  way: string,
  signal?: Deno.Signal,
  permissions?: readonly string[],
): Promise<Outcome> {
  let outcome: Outcome | undefined;
  await inTempDir(async (dir) => {
    const process = child("end_early.ts", [join(dir, "t.db"), way], permissions).spawn();
    const reader = process.stdout.getReader();
    let printed = "";
    for (let read = await reader.read(); !read.done; read = await reader.read()) {
      printed += new TextDecoder().decode(read.value);
      if (signal && printed.includes("logged")) {
        process.kill(signal);
        signal = undefined;
      }
    }
    const [status] = await Promise.all([process.status, process.stderr.cancel()]);
    await using store = await openIn(dir);
    const run = await store.runs.get("r");
    outcome = {
      code: status.code,
      signal: status.signal,
      status: run.status,
      error: run.error,
      points: (await store.metrics.points("r")).length,
      params: await store.runs.params("r"),
      artifacts: (await store.artifacts.list("r")).length,
      isDead: (await store.runs.dead()).length > 0,
    };
  });
  return outcome!;
}

const isWindows = Deno.build.os === "windows";
const skipped = isWindows ? " (skipped: Windows has no signals)" : "";

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  Deno.test({
    name: `a program ended by ${signal} keeps its points, fails its run, and ends by it${skipped}`,
    ignore: isWindows || COMPOSITION !== undefined,
    fn: async () => {
      const { points, status, error, signal: by } = await endBy("signal", signal);
      assert.deepEqual([points, status, error, by], [100, "failed", `ended by ${signal}`, signal]);
    },
  });
}

Deno.test({
  name: `without permission to send signals a program exits as shells report a signal${skipped}`,
  ignore: isWindows || COMPOSITION !== undefined,
  fn: async () => {
    const permissions = ["--allow-read", "--allow-write", "--no-prompt"];
    const { points, status, code } = await endBy("signal", "SIGTERM", permissions);
    assert.deepEqual([points, status, code], [100, "failed", 143]);
  },
});

Deno.test({
  name: `a program that outlives a signal ends its run as it likes${skipped}`,
  ignore: isWindows || COMPOSITION !== undefined,
  fn: async () => {
    for (const way of ["own-handler", "own-handler-off"]) {
      const { points, status, error, code } = await endBy(way, "SIGTERM");
      assert.deepEqual([points, status, error, code], [100, "completed", null, 0], way);
    }
  },
});

testOnSqlite("Deno.exit() keeps logged points and fails the runs that have not ended", async () => {
  const { points, status, error, code } = await endBy("exit");
  assert.deepEqual(
    [points, status, error, code],
    [100, "failed", "the process was ended by Deno.exit()", 7],
  );
});

testOnSqlite(
  "Deno.exit() in the middle of writing keeps params and points, each once",
  async () => {
    const { points, status, params, artifacts, code } = await endBy("exit-in-put");
    assert.deepEqual([points, status, params, code], [100, "failed", { lr: 1 }, 7]);
    assert.ok(artifacts <= 1);
  },
);

testOnSqlite("an unhandled rejection and an uncaught error keep points and are noted", async () => {
  const rejected = await endBy("rejection");
  assert.deepEqual(
    [rejected.points, rejected.status, rejected.error, rejected.code],
    [100, "failed", "Error: no luck", 1],
  );
  const thrown = await endBy("throw");
  assert.deepEqual(
    [thrown.points, thrown.status, thrown.error, thrown.code],
    [100, "failed", "TypeError: no luck", 1],
  );
});

testOnSqlite(
  "a program that has nothing left to do keeps its points and leaves its run",
  async () => {
    for (const way of ["natural", "handled"]) {
      const { points, status, code, isDead } = await endBy(way);
      assert.deepEqual([points, status, code, isDead], [100, "running", 0, true]);
    }
  },
);
