import { ArtifactNotFoundError } from "../base/errors.ts";
import { isDiskFull } from "../base/fs_error.ts";
import { joinFailures } from "../base/join_failures.ts";
import type { IndexEntry } from "../metadata/artifact_index.ts";
import type { RunStore } from "../metadata/run_store.ts";
import { unsafePath } from "../names/names.ts";
import type { ArtifactParts } from "./parts.ts";

/** Number of keys per transaction, so that other writers need not wait for a whole run. */
const BATCH = 500;

/**
 * Removes an artifact: its record, then its bytes.
 *
 * @throws {ArtifactInUseError} If a model version uses it and `force` is not set.
 * @throws {ArtifactNotFoundError} If it no longer exists.
 */
export async function removeArtifact(
  parts: ArtifactParts,
  { record }: IndexEntry,
  force: boolean,
): Promise<void> {
  if (!await parts.index.remove(record.id, force)) throw new ArtifactNotFoundError(record);
  await removeBytes(parts, [record]);
}

/**
 * Removes a run: its rows, then the bytes of its artifacts. On a full disk that has no space for
 * the log of all its rows, artifacts go first, which makes space.
 *
 * @throws {ArtifactInUseError} If a model version uses one of its artifacts and `force` is not set.
 * @throws {RunNotFoundError} If it no longer exists.
 */
export async function removeRunWithBytes(
  parts: ArtifactParts,
  runs: Pick<RunStore, "remove">,
  id: string,
  force: boolean,
): Promise<void> {
  for (let count = 1;; count *= 2) {
    try {
      return await removeBytes(parts, await runs.remove(id, force));
    } catch (error) {
      if (!isDiskFull(error)) throw error;
      const entries = await parts.index.list({ runId: id, limit: count });
      if (entries.length === 0) throw error;
      for (const entry of entries) await removeArtifact(parts, entry, force);
    }
  }
}

/**
 * Removes the bytes of artifacts whose records have been removed.
 *
 * @throws {StorageError} If some cannot be removed; the others are.
 */
async function removeBytes(
  { orphans }: Pick<ArtifactParts, "orphans">,
  artifacts: readonly { readonly path: string }[],
): Promise<void> {
  // A path stored by another program may lead anywhere; unsafe ones are skipped.
  const keys = artifacts.map(({ path }) => path).filter((path) => unsafePath(path) === undefined);
  const failures: Error[] = [];
  for (let at = 0; at < keys.length; at += BATCH) {
    failures.push(...await orphans.remove(keys.slice(at, at + BATCH)));
  }
  const what = `remove the files of ${failures.length} artifacts`;
  if (failures.length > 0) throw joinFailures(what, failures);
}
