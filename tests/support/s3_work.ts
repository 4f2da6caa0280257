/** Pieces of work on a store, how it is before them, and what may be found when they are interrupted. */
import assert from "node:assert/strict";
import { join } from "@std/path";
import { openStore, type Store } from "../../mod.ts";
import { PART } from "../../src/bytes/s3/part_size.ts";
import { someBytes } from "./helpers.ts";

/** Every piece of work. */
export const WORKS = [
  "put",
  "put large",
  "replace",
  "replace large",
  "remove",
  "put directory",
  "import",
  "prune",
] as const;

/** One of them. */
export type Work = typeof WORKS[number];

const LARGE = someBytes(PART + 1000);
const NEW_LARGE = LARGE.toReversed();
const NAMES = ["a.txt", "b/c.txt", "b/d.txt"];

/** Makes what the work takes from outside: an archive, and a directory. */
export async function prepare(dir: string): Promise<void> {
  await using store = await openStore({ inMemory: true, driver: "builtin" });
  const run = await store.startRun({ id: "imported" });
  for (const name of NAMES) await run.put(name, `imported ${name}`);
  await run.put("large.bin", LARGE);
  await run.end();
  await Deno.writeFile(join(dir, "runs.tar"), await store.export(["imported"]));
  await Deno.mkdir(join(dir, "files/b"), { recursive: true });
  for (const name of NAMES) await Deno.writeTextFile(join(dir, "files", name), `file ${name}`);
}

/** Puts there what is there before. */
export async function fill(store: Store): Promise<void> {
  const run = await store.startRun({ id: "r" });
  await run.put("kept.txt", "kept");
  await run.put("small.txt", "old");
  await run.put("large.bin", LARGE);
  const old = await store.startRun({ id: "old" });
  for (const name of NAMES) await old.put(name, `old ${name}`);
  await old.end();
}

/** Does the work; a second time it finishes what an interruption left. */
export async function doWork(store: Store, work: Work, dir: string): Promise<void> {
  switch (work) {
    case "put":
      return void await store.artifacts.put("r", "new", "new", { ifExists: "same" });
    case "put large":
      return void await store.artifacts.put("r", "new", NEW_LARGE, { ifExists: "same" });
    case "replace":
      return void await store.artifacts.put("r", "small.txt", "new", { ifExists: "replace" });
    case "replace large":
      return void await store.artifacts.put("r", "large.bin", NEW_LARGE, { ifExists: "replace" });
    case "remove":
      if (await store.artifacts.has("r", "large.bin")) {
        await store.artifacts.remove("r", "large.bin");
      }
      return;
    case "put directory":
      return void await store.artifacts.putDirectory("r", join(dir, "files"), {
        prefix: "files",
        ifExists: "same",
      });
    case "import": {
      const archive = await Deno.open(join(dir, "runs.tar"));
      return void await store.import(archive.readable);
    }
    case "prune":
      return void await store.runs.prune({ status: "completed", olderThan: new Date() });
  }
}

/** What a store has: hash of each artifact by run and name. */
export async function contentsOf(store: Store): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const { runId, name, hash } of await store.artifacts.find({})) {
    found[`${runId}/${name}`] = hash;
  }
  return found;
}

/** Asserts that a store has what it had, or what it is to have, of every artifact; `isDone` if all. */
export function assertBetween(
  work: Work,
  found: Record<string, string>,
  before: Record<string, string>,
  after: Record<string, string>,
): boolean {
  const keys = new Set([before, after, found].flatMap((contents) => Object.keys(contents)));
  let [isBefore, isAfter] = [true, true];
  for (const key of keys) {
    assert.ok([before[key], after[key]].includes(found[key]), `${key} is ${found[key]}`);
    isBefore &&= found[key] === before[key];
    isAfter &&= found[key] === after[key];
  }
  // A run is pruned artifact and record together, an archive imported whole.
  if (work === "import" || work === "prune") assert.ok(isBefore || isAfter, "half of it is there");
  return isAfter;
}
