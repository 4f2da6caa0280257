/** What the tests of hostile archives share. */
import assert from "node:assert/strict";
import { join } from "@std/path";
import type { Store } from "../../mod.ts";
import { archiveOf, rowsOf, streamOf } from "./archive_helpers.ts";
import { namesIn } from "./backup_helpers.ts";
import { inTempDir, openIn, tree } from "./helpers.ts";

/** The artifacts of the run that is archived. */
export const NAMES: readonly string[] = ["a.txt", "deep/b", "empty"];

/** What a test of hostile archives works with. */
export interface Fixture {
  readonly dir: string;
  readonly here: Store;
  /** Where archives are imported. */
  readonly there: Store;
  readonly archive: Uint8Array<ArrayBuffer>;
}

/** Gives a test the small archive of a run, the store that it is of, and one that has another run. */
export function withArchive(work: (fixture: Fixture) => Promise<void>): Promise<void> {
  return inTempDir(async (dir) => {
    const durability = "relaxed";
    await using here = await openIn(dir, { durability });
    const run = await here.startRun({ id: "r", tags: { a: "b" } });
    await run.logParams({ lr: 0.1 });
    await run.logMetrics({ loss: 0.5 });
    for (const name of NAMES) await run.put(name, name === "empty" ? "" : `the text of ${name}`);
    await run.end();
    await using there = await openIn(dir, { path: join(dir, "there.db"), durability });
    await there.startRun({ id: "mine" });
    await there.artifacts.put("mine", "mine", "my own");
    await work({ dir, here, there, archive: await archiveOf(here, ["r"]) });
  });
}

/** Asserts that an archive is refused with nothing left behind, and that the store is as it was. */
export async function assertRefused(
  { dir, there }: Pick<Fixture, "dir" | "there">,
  archive: Uint8Array | ReadableStream<Uint8Array>,
  words?: RegExp,
): Promise<void> {
  const before = { rows: rowsOf(there), files: tree(dir), staged: namesIn(stagingOf(there)) };
  const stream = archive instanceof Uint8Array ? streamOf(archive) : archive;
  await assert.rejects(there.import(stream), (error) => {
    const { name, code, message } = error as Error & { code?: string };
    assert.deepEqual([name, code], ["ArchiveError", "archive"], String(error));
    assert.match(message, /^Cannot import the archive: /);
    if (words) assert.match(message, words);
    return true;
  });
  const after = { rows: rowsOf(there), files: tree(dir), staged: namesIn(stagingOf(there)) };
  assert.deepEqual(after, before);
  assert.deepEqual(after.staged, []);
}

function stagingOf(store: Store): string {
  return join(store.artifactDir!, ".staging");
}
