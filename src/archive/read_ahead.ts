/** Reading ahead of the files of an archive: small ones in parallel, before they are written. */
import { createHash } from "node:crypto";
import { type OpenArtifact, readChunks } from "../artifacts/artifact_reader.ts";
import {
  ArtifactNotFoundError,
  DamagedRowError,
  IntegrityError,
  StorageError,
  UnsafePathError,
} from "../base/errors.ts";
import { inParallel } from "../base/in_parallel.ts";
import type { OpenBytes } from "../bytes/byte_store.ts";
import type { StoreContext } from "../context/compose.ts";
import type { ArtifactDocument, RunDocument } from "../metadata/run_document.ts";

/** Maximum size, in bytes, of a file that is read in one piece. */
const SMALL = 256 * 1024;

/** Maximum number of files, and of bytes of small files, that are read together. */
const MAX_FILES = 256;
const MAX_BYTES = 8 * 1024 * 1024;

/** Number of files read in parallel. */
const WIDTH = 32;

/** An artifact to export. */
export interface ExportFile {
  /** Id of its run. */
  readonly runId: string;
  /** Its entry in the manifest. */
  readonly artifact: ArtifactDocument;
}

/** A file that may have been read ahead. */
export interface PrefetchedFile {
  /** The artifact. */
  readonly file: ExportFile;
  /** All its bytes, verified, if it is small. */
  readonly bytes?: Uint8Array;
  /** Permission bits, if available. */
  readonly mode?: number | undefined;
  /** Error that prevented reading it. */
  readonly error?: unknown;
}

/** Yields the files of runs in order. */
export async function* readAhead(
  store: StoreContext,
  runs: readonly Pick<RunDocument, "id" | "artifacts">[],
  signal: AbortSignal | undefined,
): AsyncGenerator<PrefetchedFile> {
  let batch: ExportFile[] = [];
  let size = 0;
  for (const { id: runId, artifacts } of runs) {
    for (const artifact of artifacts) {
      const own = artifact.size <= SMALL ? artifact.size : 0;
      if (batch.length === MAX_FILES || size + own > MAX_BYTES) {
        yield* await readBatch(store, batch, signal);
        [batch, size] = [[], 0];
      }
      batch.push({ runId, artifact });
      size += own;
    }
  }
  yield* await readBatch(store, batch, signal);
}

async function readBatch(
  store: StoreContext,
  batch: readonly ExportFile[],
  signal: AbortSignal | undefined,
): Promise<PrefetchedFile[]> {
  const read: PrefetchedFile[] = [];
  await inParallel(batch.entries(), WIDTH, async ([at, file]) => {
    signal?.throwIfAborted();
    if (file.artifact.size > SMALL) read[at] = { file };
    else {
      try {
        read[at] = { file, ...await readSmall(store, file) };
      } catch (error) {
        read[at] = { file, error };
      }
    }
  });
  return read;
}

async function readSmall(
  store: StoreContext,
  file: ExportFile,
): Promise<{ bytes: Uint8Array; mode: number | undefined }> {
  const { runId, artifact: { name, size, hash } } = file;
  try {
    // Bytes with the hash of the manifest are right, even if the record has changed. A server gives
    // bytes with their record only.
    const opened = store.remote
      ? (await store.artifacts.open(file.artifact.id)).bytes
      : await store.bytes.open(`${runId}/${name}`);
    const bytes = await readAll(opened, size);
    if (bytes && createHash("sha256").update(bytes).digest("hex") === hash) {
      return { bytes, mode: opened.mode };
    }
  } catch {
    // The slower path below reports any error.
  }
  const opened = await openForExport(store, file);
  const { mode } = opened.bytes;
  const bytes = new Uint8Array(size);
  let at = 0;
  for await (const chunk of readChunks(opened, { verify: true })) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return { bytes, mode };
}

/** Reads all bytes; `undefined` if the size differs. */
async function readAll(opened: OpenBytes, size: number): Promise<Uint8Array | undefined> {
  try {
    if (opened.size !== size) return undefined;
    const bytes = new Uint8Array(size);
    for (let at = 0; at < size;) {
      const count = await opened.read(bytes.subarray(at));
      if (count === 0) return undefined;
      at += count;
    }
    return bytes;
  } finally {
    opened.close();
  }
}

/** Opens the bytes described by the manifest. */
export async function openForExport(
  store: StoreContext,
  { artifact: { id, name, hash } }: ExportFile,
): Promise<OpenArtifact> {
  const opened = await store.artifacts.open(id);
  if (opened.record.hash === hash) return opened;
  opened.bytes.close();
  const state = "it has been replaced since the export began; export again";
  throw new StorageError(`export ${JSON.stringify(name)}`, state);
}

/** Whether an error concerns only one artifact, so that the others can be exported. */
export function isDamage(error: unknown): error is Error {
  return error instanceof IntegrityError || error instanceof UnsafePathError ||
    error instanceof DamagedRowError || error instanceof ArtifactNotFoundError ||
    error instanceof StorageError;
}
