/** What the tests of import share. */
import assert from "node:assert/strict";
import { join } from "@std/path";
import { openStore, type Store } from "../../mod.ts";
import { archiveOf, fillFully, rowsOf } from "./archive_helpers.ts";
import { namesIn } from "./backup_helpers.ts";
import { inTempDir, openIn } from "./helpers.ts";

/** Gives a test a store that has the runs `parent` and `r`, their archive, and another store. */
export function withTwo(
  work: (
    at: { dir: string; here: Store; there: Store; archive: Uint8Array<ArrayBuffer> },
  ) => Promise<void>,
): Promise<void> {
  return inTempDir(async (dir) => {
    await using here = await openIn(dir, { durability: "relaxed" });
    await using there = await openStore({
      path: join(dir, "there.db"),
      driver: "builtin",
      durability: "relaxed",
    });
    await fillFully(here);
    await work({ dir, here, there, archive: await archiveOf(here, ["r", "parent"]) });
  });
}

/** Asserts that a store has just what another has, every row and every byte. */
export async function assertSame(store: Store, original: Store): Promise<void> {
  assert.deepEqual(rowsOf(store), rowsOf(original));
  const { damaged, leftovers } = await store.verify().summary();
  assert.deepEqual({ damaged, leftovers }, { damaged: 0, leftovers: 0 });
  assertNothingStaged(store);
}

/** Asserts that a store has no bytes on their way in. */
export function assertNothingStaged(store: Store): void {
  assert.deepEqual(namesIn(join(store.artifactDir!, ".staging")), []);
}
