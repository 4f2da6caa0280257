import type { ReplacementNote } from "../bytes/byte_store.ts";
import type { ArtifactRecord } from "../metadata/artifact_index.ts";

/** Returns a record updated from the note of a replacement. */
export function describedBy(record: ArtifactRecord, note: ReplacementNote): ArtifactRecord {
  const { contentType, size, hash, createdAt } = note;
  return { ...record, contentType, size, hash, createdAt: new Date(createdAt) };
}
