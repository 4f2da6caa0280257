/**
 * Kills a process at each system call by which it changes a file, as strace can. A few points of each
 * operation are tried among the other tests; `deno task test:crash` tries all of them.
 *
 * The kernel skips a call on whose entry the process is killed, so that the states before each call,
 * and the one at the end, are all that there are. strace counts the calls of each thread by itself:
 * those of the main thread, which are most, come in their order; of those that other threads make at
 * the same time, which are tried is a matter of chance. tests/crash_test.ts counts them together.
 */
import assert from "node:assert/strict";
import { child } from "../support/children/flags.ts";
import { CASES, prepare, requireSound } from "./crash_cases.ts";
import { inTempDir } from "../support/helpers.ts";
import { inParallel } from "../../src/base/in_parallel.ts";

/** Calls that change a file or what it is called. */
const CALLS = [
  ...["write", "pwrite64", "writev", "pwritev", "ftruncate", "fsync", "fdatasync"],
  ...["link", "linkat", "rename", "renameat", "renameat2", "unlink", "unlinkat"],
  ...["mkdir", "mkdirat", "rmdir", "chmod", "fchmod", "fchmodat", "copy_file_range", "sendfile"],
];

/** Every so many points one is tried, unless all of them are. */
const STRIDE = Deno.env.get("CHACHAML_CRASH") === "all" ? 1 : 29;

/** One system call: the nth of its kind that a thread makes. */
interface Point {
  readonly call: string;
  readonly nth: number;
}

/** Runs an operation with strace attached; tells how the process ended and what strace has seen. */
async function runTraced(
  path: string,
  operation: string,
  strace: readonly string[],
): Promise<{ status: Deno.CommandStatus; words: string }> {
  const process = child("crash_child.ts", [path, operation, "0"]).spawn();
  const output = Promise.all([process.stdout, process.stderr].map((of) => new Response(of).text()));
  while (!await isThere(`${path}.ready`)) await pause();
  const log = `${path}.strace`;
  const tracer = new Deno.Command("strace", {
    args: ["-f", "-o", log, "-p", String(process.pid), ...strace],
    stdout: "null",
    stderr: "piped",
  }).spawn();
  const reader = tracer.stderr.pipeThrough(new TextDecoderStream()).getReader();
  const { value: first = "" } = await reader.read();
  assert.match(first, /attached/, first);
  await Deno.writeTextFile(`${path}.go`, "");
  const status = await process.status;
  while (!(await reader.read()).done) { /* until strace has ended, too */ }
  await tracer.status;
  const [, errors] = await output;
  assert.ok(status.success || status.signal === "SIGKILL", errors);
  return { status, words: await Deno.readTextFile(log) };
}

async function isThere(path: string): Promise<boolean> {
  return await Deno.lstat(path).then(() => true, () => false);
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 5));
}

/** The points of an operation. Of two runs the shorter counts: Deno writes to its cache, too. */
async function pointsOf(operation: string): Promise<Point[]> {
  const [one, other] = [await countPoints(operation), await countPoints(operation)];
  return one.length < other.length ? one : other;
}

/** Lets an operation run to its end, and notes the calls that it makes. */
async function countPoints(operation: string): Promise<Point[]> {
  let points: Point[] = [];
  await inTempDir(async (dir) => {
    const path = await prepare(dir);
    const { status, words } = await runTraced(path, operation, ["-e", `trace=${CALLS.join(",")}`]);
    assert.ok(status.success);
    const counts = new Map<string, number>();
    const most = new Map<string, number>();
    for (const [, thread, call] of words.matchAll(/^(\d+) +(\w+)\(/gm)) {
      const count = (counts.get(`${thread} ${call}`) ?? 0) + 1;
      counts.set(`${thread} ${call}`, count);
      most.set(call!, Math.max(count, most.get(call!) ?? 0));
    }
    points = [...most].flatMap(([call, count]) =>
      Array.from({ length: count }, (_, at) => ({ call, nth: at + 1 }))
    );
  });
  return points;
}

/** Kills the operation at a point; whether it came there. */
async function killAt(operation: string, { call, nth }: Point): Promise<boolean> {
  let killed = false;
  await inTempDir(async (dir) => {
    const path = await prepare(dir);
    const { status } = await runTraced(path, operation, [
      ...["-e", `trace=${call}`],
      ...["-e", `inject=${call}:signal=SIGKILL:when=${nth}`],
    ]);
    killed = status.signal === "SIGKILL";
    await requireSound(path, dir, CASES[operation]!);
  });
  return killed;
}

const missing = await whyNot();

async function whyNot(): Promise<string | undefined> {
  try {
    const { success, stderr } = await new Deno.Command("strace", {
      args: ["-f", "-e", "trace=none", "true"],
    }).output();
    return success ? undefined : new TextDecoder().decode(stderr).trim().split("\n")[0];
  } catch {
    return "there is no strace";
  }
}

for (const [at, operation] of Object.keys(CASES).entries()) {
  const name = `killed at system calls of ${operation}, a process leaves every row true`;
  Deno.test({
    name: missing === undefined ? name : `${name} (skipped: ${missing})`,
    ignore: missing !== undefined,
    fn: async (step) => {
      const points = await pointsOf(operation);
      const tried = points.filter((_, index) => (index + at) % STRIDE === 0);
      let killed = 0;
      await inParallel(tried, 2, async (point) => {
        if (await killAt(operation, point)) killed++;
      });
      await step.step(`${killed} of ${points.length} points tried`, () => {
        assert.ok(points.length > 5);
        // The calls of threads are not always shared out in the same way.
        assert.ok(killed >= tried.length / 2);
      });
    },
  });
}
