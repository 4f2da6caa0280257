/**
 * Uses a store with no permission but for its own paths: `least_permission.ts DB ARTIFACTS HOW`,
 * where HOW is a key of {@linkcode WORK}; or `restore`, `backup` with a directory behind it. Prints
 * what has come of it, as JSON.
 */
import { openStore, restoreStore, type Store } from "@chachaml/store";
import { join } from "@std/path";

const [path, artifactDir, how, backup] = Deno.args as [string, string, string, string];

/** So many bytes are hashed by workers. */
const MANY = 40 * 1024 * 1024;

async function write(store: Store): Promise<unknown> {
  const run = await store.startRun({ id: "r" });
  await run.logParams({ lr: 0.1 });
  await run.logMetrics({ loss: 0.5 });
  await run.put("d/kept.txt", "first");
  await run.put("d/kept.txt", "kept", { ifExists: "replace" });
  await run.put("stream", new Blob(["x".repeat(200_000)]).stream());
  await run.put("gone", "gone");
  await store.artifacts.remove("r", "gone");
  await store.startRun({ id: "gone" });
  await store.runs.remove("gone");
  await run.end();
  return await read(store);
}

async function read(store: Store): Promise<unknown> {
  return {
    driver: store.driver,
    runs: (await store.runs.list()).map(({ id }) => id),
    names: (await store.artifacts.list("r")).map(({ name }) => name).sort(),
    text: await (await store.artifacts.get("r", "d/kept.txt")).text({ verify: true }),
    found: (await store.artifacts.find({ name: "str*" })).length,
  };
}

async function care(store: Store): Promise<unknown> {
  const { id } = await store.startRun();
  for (const name of ["a", "b"]) await store.artifacts.put(id, name, new Uint8Array(MANY));
  await store.runs.end(id);
  Deno.writeTextFileSync(join(artifactDir, id, "orphan"), "x");
  const { shared } = await store.dedup();
  const verified = await store.verify().summary();
  const { removed } = await store.gc({ grace: 0 });
  const { removed: pruned } = await store.runs.prune({ keepLast: 1 });
  const { driver, fileBytes } = await store.info({ files: true });
  return {
    driver,
    shared: shared.length,
    verified,
    removed: removed.map(({ path }) => path.replace(`${id}/`, "")),
    pruned: pruned.map(({ id }) => id),
    fileBytes,
  };
}

async function check(store: Store): Promise<unknown> {
  return await store.verify().summary();
}

async function backUp(store: Store): Promise<unknown> {
  const { copied, omitted, check } = await store.backup(backup, { check: true });
  return { copied, omitted, damaged: check?.damaged };
}

const WORK: Record<string, (store: Store) => Promise<unknown>> = {
  write,
  care,
  backup: backUp,
  read,
  check,
};

let outcome: unknown;
if (how === "restore") {
  const { restored, failed } = await restoreStore(backup, { path, artifactDir });
  outcome = { restored: restored.length, failed };
} else {
  const readOnly = how === "read" || how === "check";
  await using store = await openStore({ path, artifactDir, readOnly });
  outcome = await WORK[how]!(store);
}
console.log(JSON.stringify(outcome));
