/** Bytes that several artifacts share. */
import type { ByteStore, StagedBytes } from "../bytes/byte_store.ts";
import { hashFile } from "../bytes/hashing.ts";
import type { ArtifactIndex, ArtifactRecord } from "../metadata/artifact_index.ts";

/** A file that is known to be whole, and one of the artifacts that have it. */
export interface Keeper {
  readonly record: ArtifactRecord;
  readonly file: string;
}

/** Which file an artifact has, if it is one of the right size. */
export function fileOf({ path, size }: ArtifactRecord, bytes: ByteStore): string | undefined {
  try {
    const entry = bytes.look(path);
    return entry?.kind === "file" && entry.size === size ? entry.identity : undefined;
  } catch {
    return undefined; // A link in its way, say: verify tells.
  }
}

/** The file of an artifact, unless it is not what the row says: that is no one's to share. */
export async function keep(
  record: ArtifactRecord,
  bytes: ByteStore,
  unread: boolean,
  signal: AbortSignal | undefined,
): Promise<Keeper | undefined> {
  const file = fileOf(record, bytes);
  if (file === undefined) return undefined;
  if (unread) return { record, file };
  try {
    const opened = await bytes.open(record.path);
    try {
      const { hash } = await hashFile(opened, { signal }, record.size);
      return hash === record.hash ? { record, file } : undefined;
    } finally {
      opened.close();
    }
  } catch {
    signal?.throwIfAborted();
    return undefined; // It is gone, or cannot be read: the others do without it.
  }
}

/** Stages a file by one more name; the very one that has been hashed, or none. */
export function stage(
  { record: { path, size, hash }, file }: Keeper,
  bytes: ByteStore,
): Promise<StagedBytes | undefined> {
  return bytes.share(bytes.locate(path), file, { size, hash });
}

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
