import type { StagedBytes } from "../bytes/byte_store.ts";
import { ReplacementUnderWayError } from "../bytes/replacement.ts";
import type { ArtifactRecord, NewArtifact } from "../metadata/artifact_index.ts";
import type { ArtifactParts } from "./parts.ts";
import { recoverReplacements } from "./recover_replacements.ts";

/**
 * Replaces the bytes of an artifact with staged ones and updates its record. If the byte store
 * gives them a new key, the old bytes are removed after the commit; otherwise a note beside the
 * bytes allows recovery from a crash.
 *
 * @returns The new record; `undefined` if the artifact was replaced or removed meanwhile.
 * @throws {ArtifactInUseError} If a model version uses it.
 */
export async function replaceArtifact(
  parts: ArtifactParts,
  record: ArtifactRecord,
  staged: StagedBytes,
  { contentType, size, hash }: NewArtifact,
): Promise<ArtifactRecord | undefined> {
  const { index, bytes, orphans, now } = parts;
  const createdAt = new Date(now());
  const contents = { contentType, size, hash, createdAt };
  const note = { ...contents, artifactId: record.id, createdAt: createdAt.getTime() };
  let isBegun = false;
  let moved: string | undefined;
  try {
    const replaced = await index.update(record, contents, async (key) => {
      isBegun = true;
      const now = await bytes.replace(staged, key, note);
      if (now !== key) moved = now;
      return now;
    });
    if (moved !== undefined) await removeOld(parts, record.path);
    return replaced;
  } catch (error) {
    if (!isBegun || error instanceof ReplacementUnderWayError) throw error;
    // If the new bytes are published, the record is updated; otherwise the note is removed.
    await staged.discard();
    await recoverReplacements(parts).catch(() => {}); // Otherwise done when the store is next opened.
    const found = (await index.byId(record.id).catch(() => undefined))?.record;
    const isOurs = found?.hash === hash && found.createdAt.getTime() === createdAt.getTime();
    if (isOurs) {
      if (moved !== undefined) await removeOld(parts, record.path);
      return found;
    }
    // A failed commit may still become visible: the bytes are removed once that is impossible.
    if (moved !== undefined) orphans.add(moved);
    throw error;
  }
}

/** Removes the old bytes. The new ones are stored in any case, so failures are left to `gc`. */
async function removeOld({ orphans }: ArtifactParts, key: string): Promise<void> {
  await orphans.remove([key]).catch(() => orphans.add(key));
}
