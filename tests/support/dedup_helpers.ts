/** What the tests of dedup share. */
import assert from "node:assert/strict";
import { join } from "@std/path";
import type { DedupReport, Store } from "../../mod.ts";
import { tamperRows } from "./archive_helpers.ts";
import { namesIn, textsOf } from "./backup_helpers.ts";
import { inTempDir, openIn, tree } from "./helpers.ts";

/** Artifacts by run and name: three of the same bytes, two of others, two that are empty. */
export const TEXTS: Record<string, string> = {
  "r/a": "the same text",
  "r/deep/b": "the same text",
  "r/empty": "",
  "r/other": "another text",
  "s/a": "the same text",
  "s/empty": "",
  "s/other": "yet another",
};

/** Puts these artifacts. */
export async function fill(store: Store): Promise<void> {
  for (const id of ["r", "s"]) await store.startRun({ id });
  for (const [path, text] of Object.entries(TEXTS)) {
    await store.artifacts.put(path.slice(0, 1), path.slice(2), text);
  }
  // In this order, also where several were put within a millisecond.
  tamperRows(store, "UPDATE artifacts SET created_at = rowid");
}

/** Gives a test a store that has these artifacts. */
export function withTwins(work: (store: Store, dir: string) => Promise<void>): Promise<void> {
  return inTempDir(async (dir) => {
    await using store = await openIn(dir, { durability: "relaxed" });
    await fill(store);
    await work(store, dir);
  });
}

/** What the system says of the file at a path. */
export function fileOf(store: Store, path: string): Deno.FileInfo {
  return Deno.lstatSync(join(store.artifactDir!, path));
}

/** Paths of artifacts by the file that they have. */
export function byFile(store: Store): string[][] {
  const groups = new Map<number | null, string[]>();
  for (const path of tree(store.artifactDir!)) {
    const { ino, isFile } = fileOf(store, path);
    if (isFile) groups.set(ino, [...groups.get(ino) ?? [], path]);
  }
  return [...groups.values()].filter((group) => group.length > 1);
}

/** Asserts that a store has just these artifacts, all of them whole, and nothing else. */
export async function assertTrue(
  store: Store,
  texts: Record<string, string> = TEXTS,
): Promise<void> {
  assert.deepEqual(await textsOf(store), texts);
  const { damaged, leftovers } = await store.verify().summary();
  assert.deepEqual({ damaged, leftovers }, { damaged: 0, leftovers: 0 });
  assert.deepEqual(namesIn(join(store.artifactDir!, ".staging")), []);
}

/** The paths of a report. */
export function paths({ shared, unshared }: DedupReport): Record<string, string[]> {
  const pathsOf = (records: DedupReport["shared"]) => records.map(({ path }) => path);
  return { shared: pathsOf(shared), unshared: pathsOf(unshared) };
}
