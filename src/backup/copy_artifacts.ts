/** Copies the bytes of artifacts from one store to another, each checked against its hash. */
import { asReader, type OpenArtifact } from "../artifacts/artifact_reader.ts";
import type { ArtifactRecord, IndexEntry } from "../metadata/artifact_index.ts";
import type { ByteStore, OpenBytes, Progress, StagedBytes } from "../bytes/byte_store.ts";
import { codeOf } from "../base/fs_error.ts";
import type { Digest } from "../bytes/digest.ts";
import { hashFile } from "../bytes/hashing.ts";
import {
  ArtifactNotFoundError,
  DamagedRowError,
  IntegrityError,
  StorageError,
  UnsafePathError,
} from "../base/errors.ts";
import { inParallel } from "../base/in_parallel.ts";

/** Artifacts copied at a time. */
const WIDTH = 32;

/** From so many bytes on, having the kernel copy is worth reading them once more to hash them. */
const WORTH_CLONING = 1024 * 1024;

/** How often an artifact is tried again that is replaced while it is copied. */
const MAX_TRIES = 10;

/** Codes by which a system says that one file cannot be read, whatever the state of the others. */
const UNREADABLE = new Set(["EACCES", "EPERM", "EIO", "EBADMSG", "ESTALE", "EBUSY"]);

/** Codes by which a system says that there is no room for a copy, however it is made. */
const NO_ROOM = new Set(["ENOSPC", "EDQUOT", "EFBIG"]);

/** What artifacts are copied from. */
export interface CopySource {
  /** Where their bytes are. */
  readonly bytes: ByteStore;
  /** Opens an artifact together with the row that describes it. */
  readonly open: (id: string) => Promise<OpenArtifact>;
}

/** How to copy. */
export interface CopyOptions {
  /** Whether the two stores may share files, by hard links. */
  readonly link?: boolean;
  /** Hashes of files in place that need not be read again, by path. */
  readonly known?: ReadonlyMap<string, string>;
  /** Whether these are read all the same, and copied again if they are damaged. */
  readonly check?: boolean;
  /** Stops the work. */
  readonly signal?: AbortSignal | undefined;
  /** Told of the bytes done so far. */
  readonly onProgress?: ((progress: Progress) => void) | undefined;
}

/** An artifact that could not be copied, and why. */
export interface Omitted {
  /** What its row says. */
  readonly artifact: ArtifactRecord;
  /** Why. */
  readonly error: Error;
}

/** What has become of the artifacts. */
export interface CopyOutcome {
  /** Those whose bytes are in place now, as their rows are now. */
  readonly present: ArtifactRecord[];
  /** Those of them whose bytes had to be copied. */
  readonly copied: ArtifactRecord[];
  /** Those that could not be copied. */
  readonly omitted: Omitted[];
}

/** Copies what is not in place yet; a bad artifact is left out, and stops nothing. */
export async function copyArtifacts(
  entries: readonly IndexEntry[],
  from: CopySource,
  to: ByteStore,
  options: CopyOptions,
): Promise<CopyOutcome> {
  const { signal, onProgress } = options;
  const outcome: CopyOutcome = { present: [], copied: [], omitted: [] };
  const total = entries.reduce((sum, { record }) => sum + (record.size || 0), 0);
  let done = 0;
  const advance = (bytes: number) => onProgress?.({ bytes: done += bytes, total });
  await inParallel(byFile(entries, from.bytes), WIDTH, async (group) => {
    let twin: ArtifactRecord | undefined;
    for (const { record, problem } of group) {
      signal?.throwIfAborted();
      const meter = new Meter(record.size || 0, advance);
      try {
        if (problem) throw problem;
        if (await isInPlace(record, to, options)) outcome.present.push(record);
        else {
          const copy = await copyOne(record, from, to, twin, {
            ...options,
            onProgress: meter.onProgress,
          });
          outcome.present.push(copy);
          outcome.copied.push(copy);
          twin = copy;
        }
      } catch (error) {
        if (!isOfOne(error)) throw error;
        outcome.omitted.push({ artifact: record, error });
      }
      meter.finish();
    }
  });
  return outcome;
}

/** Tells what {@linkcode copyArtifacts} would do, as far as that shows without reading the source. */
export async function foresee(
  entries: readonly IndexEntry[],
  from: CopySource,
  to: ByteStore,
  options: CopyOptions,
): Promise<CopyOutcome> {
  const { signal, onProgress } = options;
  const outcome: CopyOutcome = { present: [], copied: [], omitted: [] };
  const total = entries.reduce((sum, { record }) => sum + (record.size || 0), 0);
  let bytes = 0;
  for (const { record, problem } of entries) {
    signal?.throwIfAborted();
    try {
      if (problem) throw problem;
      if (await findInPlace(record, to, options)) outcome.present.push(record);
      else {
        (await openOne(record, from)).bytes.close();
        outcome.copied.push(record);
      }
    } catch (error) {
      if (!isOfOne(error)) throw error;
      outcome.omitted.push({ artifact: record, error });
    }
    onProgress?.({ bytes: bytes += record.size || 0, total });
  }
  return outcome;
}

/** Artifacts that share a file stand together, so that they can share one at their new place too. */
function byFile(entries: readonly IndexEntry[], bytes: ByteStore): Iterable<IndexEntry[]> {
  const groups = new Map<string, IndexEntry[]>();
  for (const entry of entries) {
    const file = entry.problem ? undefined : lookOrSkip(bytes, entry.record.path);
    const key = file?.identity ?? entry.record.id;
    const group = groups.get(key);
    if (group) group.push(entry);
    else groups.set(key, [entry]);
  }
  return groups.values();
}

function lookOrSkip(bytes: ByteStore, path: string): { identity: string } | undefined {
  try {
    return bytes.look(path);
  } catch {
    return undefined; // Opening it tells what is wrong with it.
  }
}

async function isInPlace(
  record: ArtifactRecord,
  to: ByteStore,
  options: CopyOptions,
): Promise<boolean> {
  const found = await findInPlace(record, to, options);
  if (!found?.digest) return found !== undefined;
  // Perhaps of a copy that was interrupted: shared anew, it is also made sure to be read-only.
  const staged = await to.share(to.locate(record.path), found.identity, found.digest);
  staged?.release();
  return staged !== undefined;
}

/** The file that has an artifact's bytes already; with their digest, unless its hash is known. */
async function findInPlace(
  record: ArtifactRecord,
  to: ByteStore,
  { known, check = false, signal }: CopyOptions,
): Promise<{ identity: string; digest?: Digest } | undefined> {
  const there = to.look(record.path);
  if (there?.kind !== "file" || there.size !== record.size) return undefined;
  const { identity } = there;
  const isKnown = known?.get(record.path) === record.hash;
  if (isKnown && !check) return { identity };
  try {
    const bytes = await to.open(record.path);
    try {
      const digest = await hashFile(bytes, { signal }, bytes.size);
      if (digest.hash !== record.hash) return undefined;
      return isKnown ? { identity } : { identity, digest };
    } finally {
      bytes.close();
    }
  } catch {
    signal?.throwIfAborted();
    return undefined; // It cannot be read: a copy takes its place.
  }
}

async function copyOne(
  record: ArtifactRecord,
  from: CopySource,
  to: ByteStore,
  twin: ArtifactRecord | undefined,
  options: CopyOptions,
): Promise<ArtifactRecord> {
  for (let tries = 1;; tries++) {
    const opened = await openOne(record, from);
    let staged: StagedBytes;
    try {
      staged = await stageOne(opened, from, to, twin, options);
    } catch (error) {
      // Perhaps it has been removed meanwhile, which opening it again tells.
      (await openOne(record, from)).bytes.close();
      throw error;
    } finally {
      opened.bytes.close();
    }
    const { path, name, hash, size } = opened.record;
    if (staged.hash === hash) {
      try {
        await to.publish(staged, path);
      } catch (error) {
        staged.discard();
        throw error;
      }
      staged.release();
      return opened.record;
    }
    staged.discard();
    const again = await openOne(record, from);
    again.bytes.close();
    if (again.record.hash === hash || tries === MAX_TRIES) {
      throw new IntegrityError(
        name,
        `its ${size} bytes have the SHA-256 ${staged.hash.slice(0, 12)}… where ` +
          `${hash.slice(0, 12)}… was stored`,
        hash,
        staged.hash,
      );
    }
  }
}

async function stageOne(
  { record, bytes }: OpenArtifact,
  from: CopySource,
  to: ByteStore,
  twin: ArtifactRecord | undefined,
  { link = false, signal, onProgress }: CopyOptions,
): Promise<StagedBytes> {
  const { path, hash, size } = record;
  const here = from.bytes.locate(path);
  if (twin?.hash === hash) {
    const there = to.look(twin.path);
    const shared = there && await to.share(to.locate(twin.path), there.identity, { hash, size });
    if (shared) return shared;
  }
  const source = tellingOf(record, bytes);
  if (link) {
    const identity = from.bytes.look(path)?.identity ?? "";
    const digest = await hashFile(source, { signal, onProgress }, size);
    const shared = digest.hash === hash ? await to.share(here, identity, digest) : undefined;
    if (shared) return shared;
    await bytes.seek(0);
  }
  if (size >= WORTH_CLONING) {
    try {
      return await to.clone(here, { signal, onProgress });
    } catch (error) {
      // Reading and writing apart tell which of the two has failed.
      if (!(error instanceof StorageError) || NO_ROOM.has(codeBehind(error) ?? "")) throw error;
    }
  }
  return await to.stage(asReader(source), { signal, onProgress });
}

/** Opens an artifact; a file that the system refuses to open is told as damage of its own. */
async function openOne(record: ArtifactRecord, from: CopySource): Promise<OpenArtifact> {
  try {
    return await from.open(record.id);
  } catch (error) {
    if (!(error instanceof StorageError) || !UNREADABLE.has(codeBehind(error) ?? "")) throw error;
    throw unreadable(record, error.cause as Error);
  }
}

/** Bytes that tell of a failure to read them as damage of their artifact. */
function tellingOf(record: ArtifactRecord, bytes: OpenBytes): OpenBytes {
  return {
    size: bytes.size,
    read: async (into) => {
      try {
        return await bytes.read(into);
      } catch (cause) {
        throw unreadable(record, cause as Error);
      }
    },
    seek: (position) => bytes.seek(position),
    close: () => bytes.close(),
  };
}

function unreadable({ name, hash }: ArtifactRecord, cause: Error): IntegrityError {
  const state = `its file cannot be read: ${cause.message}`;
  return new IntegrityError(name, state, hash, null, { cause });
}

/** The code of the system error that a storage error tells of. */
function codeBehind({ cause }: StorageError): string | undefined {
  return cause instanceof Error ? codeOf(cause) : undefined;
}

/** Whether an error is of the one artifact, and no reason to stop. */
function isOfOne(error: unknown): error is Error {
  return error instanceof ArtifactNotFoundError || error instanceof IntegrityError ||
    error instanceof UnsafePathError || error instanceof DamagedRowError;
}

/** Tells how far one artifact has come as bytes that are done more, and all of it at last. */
class Meter {
  #told = 0;
  readonly #size: number;
  readonly #advance: (bytes: number) => void;

  constructor(size: number, advance: (bytes: number) => void) {
    this.#size = size;
    this.#advance = advance;
  }

  readonly onProgress = ({ bytes }: Progress): void => {
    const reached = Math.min(bytes, this.#size);
    if (reached > this.#told) this.#advance(reached - this.#told);
    this.#told = Math.max(this.#told, reached);
  };

  finish(): void {
    this.onProgress({ bytes: this.#size, total: this.#size });
  }
}
