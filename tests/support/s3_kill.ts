/** Clients that are killed while they work on a store whose artifacts are in a bucket. */
import { fromFileUrl } from "@std/path";
import { openStore, type Store } from "../../mod.ts";
import type { CuttingProxy } from "./cutting_proxy.ts";
import type { FaultProxy } from "./fault_proxy.ts";
import { childFlags } from "./helpers.ts";
import { freshPlace, GATEWAY } from "./s3.ts";
import { assertBetween, contentsOf, doWork, fill, type Work } from "./s3_work.ts";

const CHILD = fromFileUrl(new URL("./children/s3_work.ts", import.meta.url));

/** Where a client is killed: at a request to the bucket, or at a packet to the database server. */
export interface Point {
  readonly at: "request" | "packet";
  readonly number: number;
  /** Whether the bucket's server still does what it was asked for. */
  readonly isPassed: boolean;
}

/** The proxies before the bucket and, if there is one, before the database server. */
export interface Proxies {
  readonly bucket: FaultProxy;
  readonly database?: CuttingProxy;
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
  { bucket, database }: Proxies,
  args: readonly string[],
  point: Point | undefined,
): Promise<boolean> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", ...childFlags(), CHILD, ...args],
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const first = bucket.seen.length;
  bucket.rule = ({ number }) => {
    if (point?.at !== "request" || number - first !== point.number) return "pass";
    child.kill("SIGKILL");
    return point.isPassed ? "lose answer" : "lose";
  };
  const packet = point?.at === "packet" ? point.number : Infinity;
  database?.cutAt(packet, () => child.kill("SIGKILL"));
  const { stdout } = await child.output();
  bucket.rule = () => "pass";
  return new TextDecoder().decode(stdout).includes("acknowledged");
}

/**
 * Does a piece of work on the store at `path`, which is new, in a process that is killed at a point;
 * then looks at what is there and does it again. Throws if anything is wrong. Without a point it counts
 * what there is to be killed at.
 */
export async function tryPoint(
  proxies: Proxies,
  path: string,
  dir: string,
  work: Work,
  point: Point | undefined,
): Promise<{ outcome: string; requests: number; packets: number }> {
  const { bucket, database } = proxies;
  const artifactDir = await freshPlace();
  const open = () => openStore({ path, artifactDir });
  let before: Record<string, string>;
  {
    await using store = await open();
    await fill(store);
    before = await contentsOf(store);
  }
  const seen = bucket.seen.length;
  const places = [
    database ? path.replace(/:\d+\//, `:${database.port}/`) : path,
    artifactDir.replace(GATEWAY!, bucket.endpoint),
  ];
  const isAcknowledged = await runChild(proxies, [...places, work, dir], point);
  const [requests, packets] = [bucket.seen.length - seen, database?.said ?? 0];
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
  return { outcome, requests, packets };
}
