/** Processes that put the same names in one bucket. */
import assert from "node:assert/strict";
import { fromFileUrl, join } from "@std/path";
import { openStore } from "../../../mod.ts";
import { childFlags, inTempDir } from "../../support/helpers.ts";
import { testWithPostgres } from "../../support/postgres.ts";
import { freshPlace, s3Missing, testWithS3 } from "../../support/s3.ts";
import { effort, Totals } from "../../support/totals.ts";

const CHILD = fromFileUrl(new URL("../../support/children/s3_race.ts", import.meta.url));
const PROCESSES = 8;

/** Has processes put the same names in the store at `path`, which is new. */
async function race(path: string): Promise<void> {
  const artifactDir = await freshPlace();
  await using store = await openStore({ path, artifactDir });
  await store.startRun({ id: "r" });
  const count = Math.min(effort(20, 200), 200);
  const totals = new Totals(`${PROCESSES} processes that put the same names`);
  const winners = new Map<number, number>();
  await Promise.all(Array.from({ length: PROCESSES }, async (_, self) => {
    const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", ...childFlags(), CHILD, path, artifactDir, `${self}`, `${count}`],
    }).output();
    assert.ok(success, new TextDecoder().decode(stderr));
    for (const line of new TextDecoder().decode(stdout).split("\n").filter(Boolean)) {
      if (winners.has(Number(line))) totals.fail(`n${line} was acknowledged twice`);
      winners.set(Number(line), self);
    }
  }));
  for (let n = 0; n < count; n++) {
    const text = await (await store.artifacts.get("r", `n${n}`)).text({ verify: true });
    if (text === `${winners.get(n)} has put ${n}`) totals.add("acknowledged and whole");
    else totals.fail(`n${n} is ${JSON.stringify(text)}, not ${winners.get(n)}'s`);
  }
  assert.deepEqual(await Array.fromAsync(store.verify()), []);
  totals.report();
}

const NAME = "of processes that put the same names each name has one winner";
testWithS3(NAME, () => inTempDir((dir) => race(join(dir, "t.db"))));
testWithPostgres((declare) => declare(NAME, (server) => race(server.newSchema())), {
  missing: s3Missing,
});
