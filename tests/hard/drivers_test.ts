import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { join } from "@std/path";
import { child } from "../support/children/flags.ts";
import { inTempDir, openIn, testWithFfi } from "../support/helpers.ts";
import { effort, Totals } from "../support/totals.ts";

interface Writer {
  readonly driver: string;
  readonly stored: readonly string[];
  readonly problem?: string;
}

/** Two copies of SQLite on one file lose each other's locks, in whichever Worker they are. */
testWithFfi("both drivers in Workers of one process leave the database whole", async () => {
  const totals = new Totals("both drivers in Workers");
  for (let round = 0; round < Math.min(effort(1, 4), 10); round++) {
    await inTempDir(async (dir) => {
      await using store = await openIn(dir);
      await store.startRun({ id: "run" });
      await store.close();
      const { success, stdout, stderr } = await child("driver_workers.ts", [dir, "40"]).output();
      assert.ok(success, new TextDecoder().decode(stderr));
      const writers = new TextDecoder().decode(stdout).trim().split("\n")
        .map((line) => JSON.parse(line) as Writer);
      try {
        await requireWhole(dir, writers);
        totals.add(writers.some(({ problem }) => problem) ? "one refused" : "both wrote");
      } catch (error) {
        totals.fail(String(error));
      }
    });
  }
  totals.report();
});

async function requireWhole(dir: string, writers: readonly Writer[]): Promise<void> {
  assert.equal(writers.length, 2);
  for (const { problem } of writers) {
    if (problem !== undefined) assert.match(problem, /^DriverError: /);
  }
  assert.ok(writers.some(({ problem }) => problem === undefined), "nobody could write");
  const database = new DatabaseSync(join(dir, "t.db"));
  const states = database.prepare("PRAGMA integrity_check").all();
  database.close();
  assert.deepEqual(states.map((state) => ({ ...state })), [{ integrity_check: "ok" }]);
  await using store = await openIn(dir);
  for (const name of writers.flatMap(({ stored }) => stored)) {
    const artifact = await store.artifacts.get("run", name);
    assert.equal(await artifact.text({ verify: true }), name);
  }
}
