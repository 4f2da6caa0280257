/** Bytes that several artifacts share. */
import type { ByteStore, StagedBytes } from "../bytes/byte_store.ts";
import { hashFile } from "../bytes/hashing.ts";
import type { ArtifactIndex, ArtifactRecord } from "../metadata/artifact_index.ts";

/** Artifacts tried: one may prove damaged, or its file have as many names as the system allows. */
const MAX_TRIES = 8;

/** Stages the bytes of a stored artifact that has the same ones, if there is one. */
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

/** They stay open until they are staged: other bytes cannot be taken for them meanwhile. */
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
    return undefined; // It is gone, or cannot be read: another one may do.
  }
}
