/** Reads the files of an archive: small ones many at a time, and ahead of their being written. */
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

/** Bytes up to which a file is read in one piece. */
const SMALL = 256 * 1024;

/** Files, and bytes of small ones, that are read together. */
const MAX_FILES = 256;
const MAX_BYTES = 8 * 1024 * 1024;

/** Files read at a time. */
const WIDTH = 32;

/** An artifact that is to be in an archive. */
export interface ExportFile {
  /** The run that it belongs to. */
  readonly runId: string;
  /** What the manifest says of it. */
  readonly artifact: ArtifactDocument;
}

/** A file as far as it has been read. */
export interface AheadFile {
  /** Which it is. */
  readonly file: ExportFile;
  /** All its bytes, checked, if it is small. */
  readonly bytes?: Uint8Array;
  /** Its permission bits, where there are such. */
  readonly mode?: number | undefined;
  /** What is wrong with it. */
  readonly error?: unknown;
}

/** Gives the files of runs in their order. */
export async function* readAhead(
  store: StoreContext,
  runs: readonly RunDocument[],
  signal: AbortSignal | undefined,
): AsyncGenerator<AheadFile> {
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
): Promise<AheadFile[]> {
  const read: AheadFile[] = [];
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
    // Bytes of the hash that is to be are the right ones, whatever the record says by now.
    const opened = await store.bytes.open(`${runId}/${name}`);
    const bytes = await readAll(opened, size);
    if (bytes && createHash("sha256").update(bytes).digest("hex") === hash) {
      return { bytes, mode: opened.mode };
    }
  } catch {
    // Whatever is wrong shows again where it is looked at closely.
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

/** `undefined` if there are not so many bytes. */
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

/** Opens the bytes that the manifest tells of. */
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

/** Whether an error is of one artifact, and no reason to leave out the others. */
export function isDamage(error: unknown): error is Error {
  return error instanceof IntegrityError || error instanceof UnsafePathError ||
    error instanceof DamagedRowError || error instanceof ArtifactNotFoundError ||
    error instanceof StorageError;
}
