/** What the tests of backup and restore share. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { join } from "@std/path";
import { type OpenOptions, openStore, type Store } from "../../mod.ts";
import { child } from "./children/flags.ts";
import { OWNER } from "../../src/names/names.ts";
import { openIn } from "./helpers.ts";

/** All that a store says, and the text of each artifact, as read and checked. */
export async function contentsOf(store: Store) {
  const runs = await store.runs.list();
  return {
    runs: await Promise.all(runs.map(async (run) => ({
      run,
      params: await store.runs.params(run.id),
      metrics: await store.metrics.points(run.id),
    }))),
    artifacts: await Promise.all((await store.artifacts.find({})).map(async (artifact) => ({
      ...artifact.toJSON(),
      text: await artifact.text({ verify: true }),
    }))),
  };
}

/** What {@linkcode contentsOf} gives. */
export type Contents = Awaited<ReturnType<typeof contentsOf>>;

/** The texts of a store's artifacts, by run and name. */
export async function textsOf(store: Store): Promise<Record<string, string>> {
  const { artifacts } = await contentsOf(store);
  return Object.fromEntries(artifacts.map(({ path, text }) => [path, text]).sort());
}

/** Opens what a backup has made in a directory, without writing to it. */
export function openBackup(dir: string, options: OpenOptions = {}): Promise<Store> {
  const path = join(dir, "chachaml.db");
  return openStore({ path, driver: "builtin", readOnly: true, ...options });
}

/** What is in a backup: nothing damaged, and, unless it has been interrupted, nothing else. */
export async function backedUp(dir: string, { leftovers = 0 } = {}): Promise<Contents> {
  await using store = await openBackup(dir);
  const summary = await store.verify().summary();
  assert.equal(summary.damaged, 0);
  assert.ok(summary.leftovers <= leftovers, `${summary.leftovers} leftovers`);
  return await contentsOf(store);
}

/** What a backup that was interrupted holds; each artifact is checked as it is read. */
export async function readBackup(dest: string): Promise<Contents> {
  await using backup = await openBackup(dest);
  return await contentsOf(backup);
}

/** Asserts that a backup is all that its directory holds. */
export function assertTidy(dir: string): void {
  assert.deepEqual(namesIn(dir), ["chachaml-artifacts", "chachaml.db"]);
  assert.deepEqual(namesIn(join(dir, "chachaml-artifacts/.staging")), []);
  assertWal(join(dir, "chachaml.db"));
}

/** Asserts that a database, which no one has open, is one for readers and writers side by side. */
export function assertWal(path: string): void {
  // Bytes 18 and 19 are the journal version: 2 is WAL.
  assert.deepEqual([...Deno.readFileSync(path).subarray(18, 20)], [2, 2], path);
}

/** The names in a directory, sorted; all but those of the notes and reserves of stores. */
export function namesIn(dir: string): string[] {
  const names = [...Deno.readDirSync(dir)].map(({ name }) => name);
  return names.filter((name) => name !== OWNER && !/^\..*-reserve$/.test(name)).sort();
}

/** Overwrites a stored file, as no one should. */
export function tamper(path: string, text: string): void {
  Deno.chmodSync(path, 0o644);
  Deno.writeTextFileSync(path, text);
}

/** Fills a store with two runs, their params and metrics, and artifacts of several shapes. */
export async function fill(store: Store): Promise<void> {
  const run = await store.startRun({ id: "r", experiment: "e", name: "n", tags: { by: "ana" } });
  await run.logParams({ lr: 0.1, layers: [1, 2] });
  for (const step of [1, 2]) await run.logMetrics({ loss: 1 / step }, { step });
  await run.put("a", "text of a", { contentType: "text/x-a" });
  await run.put("empty", "");
  await run.put("deep/er/b", "text of b");
  // Larger than what is copied by reading: the kernel copies it.
  await run.put("large", "0123456789abcdef".repeat(100_000));
  await run.end();
  await store.startRun({ id: "failed" });
  await store.runs.end("failed", { error: new Error("no luck") });
}

/** Gives a test a store in `dir` that {@linkcode fill} has filled. */
export async function filled(dir: string, options: OpenOptions = {}): Promise<Store> {
  const store = await openIn(dir, options);
  await fill(store);
  return store;
}

/** Has another process open a store and write to it while `work` goes on, and kills it then. */
export async function whileHeldOpen(path: string, work: () => Promise<void>): Promise<void> {
  const holder = child("backup_holder.ts", [path]).spawn();
  try {
    const reader = holder.stdout.getReader();
    const { value } = await reader.read();
    reader.releaseLock();
    assert.equal(new TextDecoder().decode(value), "open\n");
    await work();
  } finally {
    holder.kill("SIGKILL");
    await Promise.all([holder.status, holder.stdout.cancel(), holder.stderr.cancel()]);
  }
}

/** Copies a directory with its modes and hard links, as a user would. */
export async function copyTree(from: string, to: string): Promise<void> {
  const { success } = await new Deno.Command("cp", { args: ["-a", from, to] }).output();
  assert.ok(success);
}

/** All that is in a directory: each file by inode and content, so that it shows what was touched. */
export function stateOf(dir: string, under = ""): Record<string, string> {
  const state: Record<string, string> = {};
  for (const name of namesIn(join(dir, under))) {
    const path = under === "" ? name : `${under}/${name}`;
    const info = Deno.lstatSync(join(dir, path));
    if (info.isDirectory) Object.assign(state, { [path]: "directory" }, stateOf(dir, path));
    else if (info.isFile) {
      const hash = createHash("sha256").update(Deno.readFileSync(join(dir, path))).digest("hex");
      state[path] = `${info.ino} ${hash}`;
    } else state[path] = "link";
  }
  return state;
}
