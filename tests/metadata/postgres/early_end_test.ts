/** A program that ends early loses no points of a store in PostgreSQL, and its runs have failed. */
import assert from "node:assert/strict";
import { join } from "@std/path";
import { openStore } from "../../../mod.ts";
import { child } from "../../support/children/flags.ts";
import { inTempDir } from "../../support/helpers.ts";
import { testWithPostgres } from "../../support/postgres.ts";

/** Runs a program that logs 100 points and ends in some way. */
async function endBy(url: string, way: string, more: string = "") {
  let outcome;
  await inTempDir(async (dir) => {
    const artifactDir = join(dir, "artifacts");
    const program = child("end_early.ts", [url, way, more, artifactDir]);
    const { code, stderr } = await program.output();
    await using store = await openStore({ path: url, artifactDir });
    const { status, error } = await store.runs.get("r");
    const points = await store.metrics.points("r");
    outcome = {
      code,
      status,
      error,
      points: points.filter(({ key }) => key === "loss").length,
      late: points.filter(({ key }) => key === "late").length,
      stderr: new TextDecoder().decode(stderr),
    };
  });
  return outcome!;
}

testWithPostgres((test) => {
  test("Deno.exit(), rejections and errors keep points and fail the runs", async (server) => {
    const ways = {
      exit: [7, "the process was ended by Deno.exit()"],
      rejection: [1, "Error: no luck"],
      throw: [1, "TypeError: no luck"],
    } as const;
    for (const [way, [code, error]] of Object.entries(ways)) {
      const outcome = await endBy(server.newSchema(), way);
      assert.deepEqual(
        [outcome.code, outcome.status, outcome.error, outcome.points],
        [code, "failed", error, 100],
        `${way}: ${outcome.stderr}`,
      );
    }
  });

  test("Deno.exit() in the middle of a transaction keeps points, each once", async (server) => {
    for (const delay of ["0", "3", "6", "10", "15"]) {
      const outcome = await endBy(server.newSchema(), "exit-in-flush", delay);
      assert.deepEqual(
        [outcome.code, outcome.status, outcome.points, outcome.late],
        [7, "failed", 100, 1],
        `${delay} ms: ${outcome.stderr}`,
      );
    }
  });
});
