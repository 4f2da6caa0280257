import { COMPOSITION } from "../support/compositions.ts";
import assert from "node:assert/strict";
import { join } from "@std/path";
import { RunStateError } from "../../mod.ts";
import { DEAD_AFTER, findDead } from "../../src/processes/dead_runs.ts";
import { isAlive, parseStat, thisProcess } from "../../src/processes/this_process.ts";
import { child } from "../support/children/flags.ts";
import { inMemory, inTempDir, openIn } from "../support/helpers.ts";

const isWindows = Deno.build.os === "windows";

Deno.test({
  name: "a run whose process was killed is found dead, and ended as failed",
  ignore: isWindows || COMPOSITION !== undefined,
  fn: () =>
    inTempDir(async (dir) => {
      const process = child("end_early.ts", [join(dir, "t.db"), "signal"]).spawn();
      const reader = process.stdout.getReader();
      let printed = "";
      while (!printed.includes("logged")) {
        printed += new TextDecoder().decode((await reader.read()).value);
      }
      await using store = await openIn(dir);
      await store.startRun({ id: "mine" });
      await store.startRun({ id: "nobody's", attached: false });
      assert.deepEqual(await store.runs.dead(), []);
      process.kill("SIGKILL");
      await Promise.all([process.status, process.stderr.cancel(), reader.cancel()]);
      const [dead, ...others] = await store.runs.dead();
      assert.deepEqual(others, []);
      assert.deepEqual([dead!.runId, dead!.pid, dead!.reason], ["r", process.pid, "ended"]);
      const ended = await store.runs.endDead();
      assert.deepEqual(ended.map(({ id, status }) => [id, status]), [["r", "failed"]]);
      assert.match(ended[0]!.error!, new RegExp(`process ${process.pid} .*without ending the run`));
      assert.deepEqual(ended[0]!.endTime, dead!.lastSeen);
      assert.deepEqual([await store.runs.dead(), await store.runs.endDead()], [[], []]);
      assert.equal((await store.runs.get("mine")).status, "running");
      await assert.rejects(store.runs.end("r"), RunStateError);
    }),
});

Deno.test("a process of the same number that was started later is another one", () => {
  const here = thisProcess();
  assert.equal(isAlive(here), true);
  if (here.started !== null) assert.equal(isAlive({ ...here, started: "1" }), false);
});

Deno.test("a killed process is over before its memory is freed", () => {
  const line = (state: string, flags: number, pending: number) =>
    `7 (a) b) ${state} 1 1 1 0 -1 ${flags} 1 2 0 0 1 1 0 0 20 0 9 0 4711 0 0 0 0 0 0 0 0 ${pending} 0 0`;
  const cases: [state: string, flags: number, pending: number, isOver: boolean][] = [
    ["S", 4194304, 0, false],
    ["R", 4194304, 1 << 14, false],
    ["Z", 4194304, 0, true],
    ["R", 4195340, 0, true],
    ["D", 4194304, 1 << 8, true],
  ];
  for (const [state, flags, pending, isOver] of cases) {
    assert.deepEqual(parseStat(line(state, flags, pending)), { started: "4711", isOver });
  }
});

Deno.test("processes elsewhere are dead once they have been silent for long", () => {
  const now = Date.now();
  const elsewhere = { ...thisProcess(), runId: "r", host: "elsewhere" };
  const at = (age: number) => [{ ...elsewhere, heartbeat: new Date(now - age) }];
  assert.deepEqual(findDead(at(DEAD_AFTER), now), []);
  assert.deepEqual(findDead(at(-DEAD_AFTER), now), []);
  assert.deepEqual(findDead(at(DEAD_AFTER + 1), now).map(({ reason }) => reason), ["silent"]);
  const container = { ...thisProcess(), runId: "r", space: "other", heartbeat: new Date(now) };
  assert.deepEqual(findDead([container], now), []);
});

Deno.test("a run that has ended, or has been removed, has no process", () =>
  inMemory(async (store) => {
    await store.startRun({ id: "other" });
    await store.runs.end("r");
    await store.runs.remove("other");
    assert.deepEqual(await store.runs.dead(), []);
  }));
