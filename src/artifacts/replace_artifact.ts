import type { StagedBytes } from "../bytes/byte_store.ts";
import { ReplacementUnderWayError } from "../bytes/replacement.ts";
import type { ArtifactRecord, NewArtifact } from "../metadata/artifact_index.ts";
import type { ArtifactParts } from "./parts.ts";
import { recoverReplacements } from "./recover_replacements.ts";

/**
 * Puts staged bytes in the place of an artifact's, and has its record describe them. Where they get a
 * key of their own, the old bytes go once the record is committed; otherwise a note beside the bytes
 * says so in between, by which a crash is recovered.
 *
 * @returns The new record; `undefined` if the artifact is another one by now, or gone.
 * @throws {ArtifactInUseError} If a model version is made of it.
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
    // Are the new bytes in place, then the record follows them; else the note goes.
    await staged.discard();
    await recoverReplacements(parts).catch(() => {}); // Whoever opens the store next does it.
    const found = (await index.byId(record.id).catch(() => undefined))?.record;
    const isOurs = found?.hash === hash && found.createdAt.getTime() === createdAt.getTime();
    if (isOurs) {
      if (moved !== undefined) await removeOld(parts, record.path);
      return found;
    }
    // A commit that has failed may still be found done: they go once it is certain.
    if (moved !== undefined) orphans.add(moved);
    throw error;
  }
}

/** The new bytes are stored in any case: what cannot be removed of the old is left to gc. */
async function removeOld({ orphans }: ArtifactParts, key: string): Promise<void> {
  await orphans.remove([key]).catch(() => orphans.add(key));
}
