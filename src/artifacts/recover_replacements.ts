import type { ReplacementNote } from "../bytes/byte_store.ts";
import type { ArtifactIndex } from "../metadata/artifact_index.ts";
import { describedBy } from "./described_by.ts";
import type { ArtifactParts } from "./parts.ts";

/** Completes interrupted replacements whose bytes are published, and reverts the others. */
export async function recoverReplacements(
  { index, bytes }: Pick<ArtifactParts, "index" | "bytes">,
): Promise<void> {
  await bytes.recoverReplacements((note) => finishReplacement(index, note));
}

/** Completes interrupted moves whose artifact is stored, and reverts the others. */
export async function recoverMoves(
  { index, bytes }: Pick<ArtifactParts, "index" | "bytes">,
): Promise<void> {
  await bytes.recoverMoves?.(async (key) => !(await index.unnamed([key])).has(key));
}

async function finishReplacement(index: ArtifactIndex, note: ReplacementNote): Promise<void> {
  const entry = await index.byId(note.artifactId);
  // Nothing is left to do if the record was removed or is already updated.
  if (!entry || entry.problem) return;
  const { record } = entry;
  const now = describedBy(record, note);
  const isDone = record.hash === now.hash && record.contentType === now.contentType &&
    record.createdAt.getTime() === now.createdAt.getTime();
  // A model version registered meanwhile uses the published bytes in any case.
  if (!isDone) await index.update(record, now, (key) => Promise.resolve(key), true);
}
