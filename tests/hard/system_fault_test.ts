/**
 * Calls to the system fail below SQLite and below Deno: each of those that an operation makes, by
 * itself or with all that follow. The process is then killed, or goes on once the disk works again.
 * A sample is tried among the other tests; `deno task test:hard` tries many.
 */
import assert from "node:assert/strict";
import { inTempDir } from "../support/helpers.ts";
import { inParallel } from "../../src/base/in_parallel.ts";
import { CHECKS, type Outcome, prepareStore, requireSoundAfter } from "./system_fault_checks.ts";
import { shimmed, testWithShim } from "../support/shim.ts";
import { effort, sample, Totals } from "../support/totals.ts";

const GROUPS = ["sync", "write", "name", "open"];

/** What fails, by the kind of call; one after the other over the points. */
const ERRORS: Record<string, readonly string[]> = {
  fsync: ["EIO", "ENOSPC", "EDQUOT"],
  fdatasync: ["EIO", "ENOSPC", "EDQUOT"],
  open: ["EIO", "EMFILE"],
  create: ["ENOSPC", "EMFILE", "EDQUOT"],
  unlink: ["EIO", "EROFS"],
  rmdir: ["EIO", "EROFS"],
  chmod: ["EIO", "EROFS"],
};
const WRITING = ["ENOSPC", "short", "EIO", "EDQUOT"];

interface Point {
  readonly at: number;
  readonly call: string;
  readonly path: string;
  readonly on: boolean;
  readonly action: string;
  readonly end: "kill" | "close";
}

/** The points of an operation: each call once failing alone, once with all that follow. */
async function pointsOf(operation: string): Promise<Point[]> {
  let lines: string[] = [];
  await inTempDir(async (around) => {
    const { dir, log } = await prepareStore(around);
    const child = await shimmed("system_fault_child.ts", [dir, operation, "close"], {
      ...{ dir, calls: GROUPS, log },
    });
    const { success, stderr } = await child.output();
    assert.ok(success, new TextDecoder().decode(stderr));
    lines = (await Deno.readTextFile(log)).trim().split("\n");
  });
  return lines.flatMap((line, index) => {
    const [, call = "", path = ""] = line.split(" ");
    const errors = ERRORS[call] ?? WRITING;
    return [false, true].map((on): Point => ({
      at: index + 1,
      call,
      path,
      on,
      action: errors[(index + Number(on)) % errors.length]!,
      end: (index + Number(on)) % 2 === 0 ? "kill" : "close",
    }));
  });
}

/** Has one point fail and asserts what must hold after it. */
async function failAt(operation: string, point: Point, totals: Totals): Promise<void> {
  await inTempDir(async (around) => {
    const { dir, log } = await prepareStore(around);
    const { at, on, action, end } = point;
    const fault = { dir, calls: GROUPS, at, on, action, log };
    const child = await shimmed("system_fault_child.ts", [dir, operation, end], fault);
    const { success, signal, stdout, stderr } = await child.output();
    const decoder = new TextDecoder();
    const outcomes = decoder.decode(stdout).trim().split("\n").filter(Boolean)
      .map((line) => JSON.parse(line) as Outcome);
    const calls = await Deno.readTextFile(log).catch(() => "");
    const hit = / hit$/m.test(calls);
    try {
      assert.ok(success || signal === "SIGKILL", decoder.decode(stderr));
      for (const { what, known, problem } of outcomes) assert.ok(known, `${what}: ${problem}`);
      await requireSoundAfter(dir, operation, outcomes);
      const refused = outcomes.some(({ problem }) => problem !== undefined);
      totals.add(!hit ? "missed" : refused ? "refused" : "survived");
    } catch (error) {
      const where = calls.split("\n").find((line) => line.endsWith(" hit"));
      totals.fail(
        `${operation}, ${where} (${action}${on ? " and all later" : ""}, then ${end}), ` +
          `${JSON.stringify(outcomes)}: ${error}`,
      );
    }
  });
}

for (const [offset, operation] of Object.keys(CHECKS).entries()) {
  testWithShim(`calls that fail below ${operation} leave every record true`, async () => {
    const points = await pointsOf(operation);
    const tried = sample(points, effort(4, 50), offset);
    const totals = new Totals(`faults below ${operation}`, points.length);
    await inParallel(tried, 2, (point) => failAt(operation, point, totals));
    totals.report();
  });
}

/** Frames whose sync failed may be in the log all the same, and count once it is opened again. */
testWithShim(
  "a put whose commit cannot be synced does not come back without its bytes",
  async () => {
    const points = (await pointsOf("put")).filter(({ call, path, on }) =>
      call.endsWith("sync") && path.endsWith("-wal") && !on
    );
    const tried = points.flatMap((point) =>
      ["EIO", "ENOSPC", "EDQUOT"].flatMap((action) =>
        (["kill", "close"] as const).map((end) => ({ ...point, action, end }))
      )
    );
    const totals = new Totals("commits that cannot be synced", tried.length);
    await inParallel(tried, 2, (point) => failAt("put", point, totals));
    totals.report();
  },
);
