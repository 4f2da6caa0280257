import { ArtifactNotFoundError } from "../base/errors.ts";
import { joinFailures } from "../base/join_failures.ts";
import type { IndexEntry } from "../metadata/artifact_index.ts";
import { unsafePath } from "../names/names.ts";
import type { ArtifactParts } from "./parts.ts";

/** Keys looked up in one transaction: other writers need not wait for all of a large run. */
const BATCH = 500;

/**
 * Removes an artifact: its record, then its bytes.
 *
 * @throws {ArtifactInUseError} If a model version is made of it, unless `force` is set.
 * @throws {ArtifactNotFoundError} If it is gone.
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
 * Removes the bytes of artifacts whose records are gone.
 *
 * @throws {StorageError} If some could not be removed; the others are.
 */
export async function removeBytes(
  { orphans }: Pick<ArtifactParts, "orphans">,
  artifacts: readonly { readonly path: string }[],
): Promise<void> {
  // What another program's record says may lead anywhere: it is left alone.
  const keys = artifacts.map(({ path }) => path).filter((path) => unsafePath(path) === undefined);
  const failures: Error[] = [];
  for (let at = 0; at < keys.length; at += BATCH) {
    failures.push(...await orphans.remove(keys.slice(at, at + BATCH)));
  }
  const what = `remove the files of ${failures.length} artifacts`;
  if (failures.length > 0) throw joinFailures(what, failures);
}
