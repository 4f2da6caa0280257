/** Sharing of bytes between artifacts. */
import type { ByteStore, StagedBytes } from "../bytes/byte_store.ts";
import { hashFile } from "../bytes/hashing.ts";
import type { ArtifactIndex, ArtifactRecord } from "../metadata/artifact_index.ts";

/** Maximum number of candidates: one may be damaged, or its file have too many links. */
const MAX_TRIES = 8;

/** Stages the bytes of a stored artifact with equal bytes, if there is one. */
export async function stageDuplicate(
  { size, hash }: StagedBytes,
  index: ArtifactIndex,
  bytes: ByteStore,
  signal: AbortSignal | undefined,
): Promise<StagedBytes | undefined> {
  if (size === 0) return undefined;
  for (const { record, problem } of await index.list({ hash, limit: MAX_TRIES })) {
    if (problem || record.size !== size) continue;
    const staged = await stageIfWhole(record, bytes, signal);
    if (staged) return staged;
  }
}

/**
 * Stages the bytes of an artifact if they are intact. They stay open meanwhile, so that they cannot
 * be exchanged.
 */
async function stageIfWhole(
  { path, size, hash }: ArtifactRecord,
  bytes: ByteStore,
  signal: AbortSignal | undefined,
): Promise<StagedBytes | undefined> {
  try {
    const opened = await bytes.open(path);
    try {
      if (opened.size !== size) return undefined;
      const digest = await hashFile(opened, { signal }, size);
      return digest.hash === hash
        ? await bytes.copyFrom(opened, { link: digest, signal })
        : undefined;
    } finally {
      opened.close();
    }
  } catch {
    signal?.throwIfAborted();
    return undefined; // Missing or unreadable: try another one.
  }
}
