import { ArtifactExistsError } from "../base/errors.ts";
import type { StagedBytes } from "../bytes/byte_store.ts";
import { ReplacementUnderWayError } from "../bytes/replacement.ts";
import type { ArtifactRecord, IndexEntry, NewArtifact } from "../metadata/artifact_index.ts";
import { areStored } from "./check_bytes.ts";
import type { ArtifactParts } from "./parts.ts";
import type { PutOptions } from "./put_options.ts";
import { replaceArtifact } from "./replace_artifact.ts";

/**
 * Applies `ifExists` to an existing artifact.
 *
 * @returns Its record; `undefined` means retry.
 * @throws {ArtifactExistsError} If its bytes differ and must not be replaced.
 */
export async function resolveExisting(
  parts: ArtifactParts,
  { record, problem }: IndexEntry,
  staged: StagedBytes,
  artifact: NewArtifact,
  { ifExists = "error", contentType, signal }: PutOptions,
): Promise<ArtifactRecord | undefined> {
  const { index, bytes } = parts;
  const { runId, name, size, hash } = artifact;
  if (ifExists === "error") throw new ArtifactExistsError(runId, name);
  if (problem) throw problem;
  const same = record.hash === hash && record.size === size;
  const sameType = contentType === undefined || contentType === record.contentType;
  try {
    if (same && (ifExists === "same" || sameType)) {
      // The given bytes replace stored ones that are missing or damaged.
      if (await areStored(bytes, record, signal)) return record;
      const renewed = await index.republish(record, async (key) => {
        await bytes.replace(staged, key);
      });
      return renewed ? record : undefined;
    }
    if (ifExists === "same") throw new ArtifactExistsError(runId, name, record.hash, hash);
    return await replaceArtifact(parts, record, staged, artifact);
  } catch (error) {
    if (error instanceof ReplacementUnderWayError) return undefined;
    throw error;
  }
}
