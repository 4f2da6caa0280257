/** A client that is killed at any of its requests leaves a store that is whole. */
import { fromFileUrl, join } from "@std/path";
import { openStore, type Store } from "../../mod.ts";
import { FaultProxy } from "../support/fault_proxy.ts";
import { childFlags, inTempDir } from "../support/helpers.ts";
import { freshPlace, GATEWAY, testWithS3 } from "../support/s3.ts";
import { assertBetween, contentsOf, doWork, fill, prepare, WORKS } from "../support/s3_work.ts";
import type { Work } from "../support/s3_work.ts";
import { effort, sample, Totals } from "../support/totals.ts";

const CHILD = fromFileUrl(new URL("../support/children/s3_work.ts", import.meta.url));

/** Where a client is killed, and whether the server still does what it asked for. */
interface Point {
  readonly number: number;
  readonly isPassed: boolean;
}

/** Damage, and what belongs to no artifact, that a verification finds. */
async function problemsOf(store: Store): Promise<{ damaged: string[]; left: number }> {
  const damaged: string[] = [];
  let left = 0;
  for await (const { kind, message } of store.verify()) {
    if (kind === "orphan" || kind === "abandoned") left++;
    else damaged.push(message);
  }
  return { damaged, left };
}

/** Runs the work in a process of its own; it is killed at a point, if one is given. */
async function runChild(
  proxy: FaultProxy,
  args: readonly string[],
  point: Point | undefined,
): Promise<boolean> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", ...childFlags(), CHILD, ...args],
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const first = proxy.seen.length;
  proxy.rule = ({ number }) => {
    if (number - first !== point?.number) return "pass";
    child.kill("SIGKILL");
    return point.isPassed ? "lose answer" : "lose";
  };
  const { stdout } = await child.output();
  proxy.rule = () => "pass";
  return new TextDecoder().decode(stdout).includes("acknowledged");
}

async function tryPoint(
  proxy: FaultProxy,
  dir: string,
  work: Work,
  point: Point | undefined,
): Promise<{ outcome: string; requests: number }> {
  const path = join(await Deno.makeTempDir({ dir }), "t.db");
  const artifactDir = await freshPlace();
  const open = () => openStore({ path, artifactDir, driver: "builtin" });
  let before: Record<string, string>;
  {
    await using store = await open();
    await fill(store);
    before = await contentsOf(store);
  }
  const requests = proxy.seen.length;
  const through = artifactDir.replace(GATEWAY!, proxy.endpoint);
  const isAcknowledged = await runChild(proxy, [path, through, work, dir], point);
  const count = proxy.seen.length - requests;
  await using store = await open();
  const found = await contentsOf(store);
  const { damaged, left } = await problemsOf(store);
  if (damaged.length > 0) throw new Error(damaged.join(", "));
  await doWork(store, work, dir);
  const after = await contentsOf(store);
  const isDone = assertBetween(work, found, before, after);
  if (isAcknowledged && !isDone) throw new Error("what was acknowledged is lost");
  await store.gc({ grace: 0 });
  const again = await problemsOf(store);
  if (again.damaged.length > 0) throw new Error(`after gc: ${again.damaged.join(", ")}`);
  if (again.left > 0) throw new Error(`${again.left} objects are left after gc`);
  const outcome = `${isDone ? "done" : "not done"}${left > 0 ? ", with an orphan" : ""}`;
  return { outcome, requests: count };
}

for (const work of WORKS) {
  testWithS3(`a client killed at any request of "${work}" leaves a whole store`, async () => {
    await inTempDir(async (dir) => {
      await using proxy = await FaultProxy.start(GATEWAY!);
      await prepare(dir);
      const { requests } = await tryPoint(proxy, dir, work, undefined);
      const points = [true, false].flatMap((isPassed) =>
        Array.from({ length: requests }, (_, at) => ({ number: at + 1, isPassed }))
      );
      const totals = new Totals(`clients killed at requests of "${work}"`, points.length);
      for (const point of sample(points, effort(3, Infinity), WORKS.indexOf(work))) {
        try {
          totals.add((await tryPoint(proxy, dir, work, point)).outcome);
        } catch (error) {
          const how = point.isPassed ? "and does it" : "and does not";
          totals.fail(`request ${point.number} ${how}: ${(error as Error).message}`);
        }
      }
      totals.report();
    });
  });
}
