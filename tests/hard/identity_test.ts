/**
 * A file that is replaced twice may come to have the inode number that it had at first, as ext4 gives
 * out numbers again at once. Whoever links a file by its name must still not take it for the first:
 * the process is stopped at any of its calls, the artifact is replaced, and the process goes on.
 */
import assert from "node:assert/strict";
import { join } from "@std/path";
import { openStore, type Store, StoreBusyError } from "../../mod.ts";
import { CONTENT } from "../support/children/crash_content.ts";
import { inExt4Image, testWithExt4 } from "../support/ext4_image.ts";
import { shimmed, shimMissing } from "../support/shim.ts";
import { effort, sample, Totals } from "../support/totals.ts";
import { prepareStore } from "./system_fault_checks.ts";

const CALLS = ["open", "link", "rename"];
const VICTIMS = ["run/old", "run/deep/old", "other/old"];

const open = (dir: string, busyTimeout: number) =>
  openStore({ path: join(dir, "t.db"), driver: "builtin", busyTimeout });

const inodeOf = (store: Store, victim: string) =>
  Deno.lstatSync(join(store.artifactDir!, victim)).ino;

const partsOf = (victim: string): [string, string] => {
  const [run, ...name] = victim.split("/");
  return [run!, name.join("/")];
};

/** Replaces an artifact by bytes of the same size until it has its first inode number again. */
async function replaceUntilReused(store: Store, victim: string): Promise<boolean> {
  const first = inodeOf(store, victim);
  const [run, name] = partsOf(victim);
  for (let at = 0; at < 4; at++) {
    const text = `${at}`.padEnd(CONTENT.old.length, ".");
    await store.artifacts.put(run, name, text, { ifExists: "replace" });
    if (inodeOf(store, victim) === first) return true;
  }
  return false;
}

/** Waits until a process is stopped; `false` if it has ended. */
async function isStopped(pid: number): Promise<boolean> {
  for (;;) {
    const state = await Deno.readTextFile(`/proc/${pid}/stat`).catch(() => ") Z");
    const letter = state.slice(state.lastIndexOf(")") + 2)[0];
    if (letter === "T") return true;
    if (letter === "Z" || letter === "X") return false;
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

/** Stops an operation at a call and replaces an artifact meanwhile; what has become of that. */
async function replaceAt(
  operation: string,
  dir: string,
  at: number,
  victim: string,
): Promise<string> {
  const fault = { dir, calls: CALLS, at, action: "stop" };
  const child = await shimmed("system_fault_child.ts", [dir, operation, "kill"], fault);
  const process = child.spawn();
  const output = process.output();
  let outcome = "over before";
  if (await isStopped(process.pid)) {
    await using store = await open(dir, 300);
    try {
      const reused = await replaceUntilReused(store, victim);
      outcome = reused ? "number reused" : "number not reused";
    } catch (error) {
      if (!(error instanceof StoreBusyError)) throw error;
      outcome = "locked";
    } finally {
      process.kill("SIGCONT");
    }
  }
  const { signal, stderr } = await output;
  assert.equal(signal, "SIGKILL", new TextDecoder().decode(stderr));
  await using store = await open(dir, 1000);
  await requireWhole(store, victim);
  if (operation === "linked") {
    const path = join(dir, "linked/chachaml.db");
    await using backup = await openStore({ path, driver: "builtin", readOnly: true });
    await requireWhole(backup, victim);
  }
  return outcome;
}

/** Only the artifact that was replaced may have other bytes than at first; none may be damaged. */
async function requireWhole(store: Store, victim: string): Promise<void> {
  for (const artifact of await store.artifacts.find({})) {
    const text = await artifact.text({ verify: true });
    if (`${artifact.runId}/${artifact.name}` !== victim) assert.equal(text, CONTENT.old);
  }
}

interface Point {
  readonly at: number;
  readonly victim: string;
}

/** Each call of an operation with each artifact to replace: first those that make links. */
async function pointsOf(operation: string, around: string): Promise<[Point[], Point[]]> {
  const { dir, log } = await prepareStore(around);
  const fault = { dir, calls: CALLS, log };
  await (await shimmed("system_fault_child.ts", [dir, operation, "kill"], fault)).output();
  const lines = (await Deno.readTextFile(log)).trim().split("\n");
  const points = lines.flatMap((line, index) =>
    VICTIMS.map((victim) => ({ at: index + 1, victim, links: line.split(" ")[1] === "link" }))
  );
  return [points.filter(({ links }) => links), points.filter(({ links }) => !links)];
}

if (shimMissing !== undefined) {
  Deno.test.ignore(`identity of replaced files (skipped: ${shimMissing})`, () => {});
} else {
  for (const [seed, operation] of ["dedup", "twin", "linked"].entries()) {
    testWithExt4(
      `a file that was replaced is not taken for the one before by "${operation}"`,
      () =>
        inExt4Image(64, async ({ dir }) => {
          let round = 0;
          const around = async () => {
            const path = join(dir, `round-${round++}`);
            await Deno.mkdir(path);
            return path;
          };
          const [links, others] = await pointsOf(operation, await around());
          const totals = new Totals(`replaced below ${operation}`, links.length + others.length);
          const tried = [
            ...sample(links, effort(6, 20), seed),
            ...sample(others, effort(0, 10), seed),
          ];
          for (const { at, victim } of tried) {
            const place = await prepareStore(await around());
            try {
              totals.add(await replaceAt(operation, place.dir, at, victim));
            } catch (error) {
              totals.fail(`${victim} replaced at call ${at}: ${error}`);
            }
            await Deno.remove(join(place.dir, ".."), { recursive: true });
          }
          totals.report();
        }),
    );
  }
}
