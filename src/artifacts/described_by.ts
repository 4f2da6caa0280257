import type { ReplacementNote } from "../bytes/byte_store.ts";
import type { ArtifactRecord } from "../metadata/artifact_index.ts";

/** A record as the note of a replacement has it. */
export function describedBy(record: ArtifactRecord, note: ReplacementNote): ArtifactRecord {
  const { contentType, size, hash, createdAt } = note;
  return { ...record, contentType, size, hash, createdAt: new Date(createdAt) };
}
