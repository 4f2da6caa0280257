/** Copies the bytes of artifacts from one store to another, each checked against its hash. */
import { asReader, type OpenArtifact } from "../artifacts/artifact_reader.ts";
import type { ArtifactRecord } from "../metadata/artifact_index.ts";
import type { ByteEntry, ByteStore, OpenBytes, Progress } from "../bytes/byte_store.ts";
import type { StagedBytes } from "../bytes/staged_bytes.ts";
import { codeOf } from "../base/fs_error.ts";
import { hashFile } from "../bytes/hashing.ts";
import {
  ArtifactNotFoundError,
  DamagedRowError,
  IntegrityError,
  StorageError,
  UnsafePathError,
} from "../base/errors.ts";

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
  /** Opens an artifact together with the record that describes it. */
  readonly open: (id: string) => Promise<OpenArtifact>;
}

/** How to copy one artifact. */
export interface CopyOptions {
  /** Whether the two stores may share files, by hard links. */
  readonly link?: boolean;
  /** Bytes that have been copied or found already, and are of the same file of the source. */
  readonly twin?: ArtifactRecord | undefined;
  /** Another store that may have the bytes at the same key, and whose file may be shared. */
  readonly base?: ByteStore | undefined;
  /** Has what is at the key make way; throws if it is not to be replaced. */
  readonly makeWay?: ((key: string) => Promise<void>) | undefined;
  /** Stops the work. */
  readonly signal?: AbortSignal | undefined;
  /** Called with the bytes done so far. */
  readonly onProgress?: ((progress: Progress) => void) | undefined;
}

/** An artifact that could not be copied, and why. */
export interface Omitted {
  /** What its record says. */
  readonly artifact: ArtifactRecord;
  /** Why. */
  readonly error: Error;
}

/** How to look for bytes that are in place already. */
export interface FindOptions {
  /** Whether their hash is known, so that their size is enough. */
  readonly known: boolean;
  /**
   * Whether files may be changed: one that is read is then made sure to be read-only.
   *
   * @default {true}
   */
  readonly touch?: boolean;
  /** Stops the work. */
  readonly signal?: AbortSignal | undefined;
}

/** The entry that has an artifact's bytes already; of a hash that is not known, it is read. */
export async function findInPlace(
  record: ArtifactRecord,
  to: ByteStore,
  { known, touch = true, signal }: FindOptions,
): Promise<ByteEntry | undefined> {
  const there = await lookAt(to, record.path);
  if (there?.kind !== "file" || there.size !== record.size) return undefined;
  if (known) return there;
  try {
    const bytes = await to.open(record.path);
    try {
      const digest = await hashFile(bytes, { signal }, bytes.size);
      if (digest.hash !== record.hash) return undefined;
      if (!touch) return there;
      // Perhaps of a copy that was interrupted: shared once more, it is made sure to be read-only.
      const staged = await to.copyFrom(bytes, { link: digest });
      await staged?.release();
      return there;
    } finally {
      bytes.close();
    }
  } catch {
    signal?.throwIfAborted();
    return undefined; // It cannot be read: a copy takes its place.
  }
}

/** What is at a key; nothing can be where a directory on the way is none. */
export async function lookAt(bytes: ByteStore, key: string): Promise<ByteEntry | undefined> {
  try {
    return await bytes.stat(key);
  } catch (error) {
    if (error instanceof UnsafePathError) return undefined;
    throw error;
  }
}

/**
 * Copies an artifact, and gives its record as the bytes that were copied have it.
 *
 * @throws {ArtifactNotFoundError} If it has been removed.
 * @throws {IntegrityError} If it is damaged.
 */
export async function copyArtifact(
  record: ArtifactRecord,
  from: CopySource,
  to: ByteStore,
  options: CopyOptions,
): Promise<ArtifactRecord> {
  for (let tries = 1;; tries++) {
    const opened = await openArtifact(record, from);
    let staged: StagedBytes;
    try {
      staged = await stage(opened, to, options);
    } catch (error) {
      // Perhaps it has been removed meanwhile, which opening it again tells.
      (await openArtifact(record, from)).bytes.close();
      throw error;
    } finally {
      opened.bytes.close();
    }
    const { path, name, hash, size } = opened.record;
    if (staged.hash === hash) {
      try {
        await options.makeWay?.(path);
        await to.publish(staged, path);
      } catch (error) {
        await staged.discard();
        throw error;
      }
      await staged.release();
      return opened.record;
    }
    await staged.discard();
    const again = await openArtifact(record, from);
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

async function stage(
  { record, bytes }: OpenArtifact,
  to: ByteStore,
  { link = false, twin, base, signal, onProgress }: CopyOptions,
): Promise<StagedBytes> {
  const { hash, size } = record;
  const shared = twin?.hash === hash && await share(twin, to, to) ||
    base && await share(record, base, to);
  if (shared) return shared;
  const source = reportingDamage(record, bytes);
  if (link) {
    // The file stays open until it has its second name: nothing else can have its identity.
    const digest = await hashFile(source, { signal, onProgress }, size);
    const linked = digest.hash === hash ? await to.copyFrom(bytes, { link: digest }) : undefined;
    if (linked) return linked;
    await bytes.seek(0);
  }
  if (size >= WORTH_CLONING) {
    try {
      const copy = await to.copyFrom(bytes, { signal, onProgress });
      if (copy) return copy;
    } catch (error) {
      // Reading and writing apart tell which of the two has failed.
      if (!(error instanceof StorageError) || NO_ROOM.has(codeBehind(error) ?? "")) throw error;
    }
  }
  return await to.stage(asReader(source), { signal, onProgress, mode: bytes.mode });
}

/** Shares the file that a store has at a record's key, whose hash is known. */
async function share(
  { path, hash, size }: ArtifactRecord,
  from: ByteStore,
  to: ByteStore,
): Promise<StagedBytes | undefined> {
  try {
    const bytes = await from.open(path);
    try {
      return await to.copyFrom(bytes, { link: { hash, size } });
    } finally {
      bytes.close();
    }
  } catch {
    return undefined; // It is not there, or damaged: it is copied instead.
  }
}

/** Opens an artifact; a file that the system refuses to open is damage of its own. */
export async function openArtifact(
  record: ArtifactRecord,
  from: CopySource,
): Promise<OpenArtifact> {
  try {
    return await from.open(record.id);
  } catch (error) {
    if (!(error instanceof StorageError) || !UNREADABLE.has(codeBehind(error) ?? "")) throw error;
    throw unreadable(record, error.cause as Error);
  }
}

/** Bytes that report a failure to read them as damage of their artifact. */
function reportingDamage(record: ArtifactRecord, bytes: OpenBytes): OpenBytes {
  return {
    size: bytes.size,
    identity: bytes.identity,
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
export function isOfOne(error: unknown): error is Error {
  return error instanceof ArtifactNotFoundError || error instanceof IntegrityError ||
    error instanceof UnsafePathError || error instanceof DamagedRowError;
}

/** Turns the progress of one artifact into bytes that are done more, up to all of it. */
export class Meter {
  #reported = 0;
  readonly #size: number;
  readonly #advance: (bytes: number) => void;

  /** Advances by `size` in all. */
  constructor(size: number, advance: (bytes: number) => void) {
    this.#size = size;
    this.#advance = advance;
  }

  readonly onProgress = ({ bytes }: Progress): void => {
    const reached = Math.min(bytes, this.#size);
    if (reached > this.#reported) this.#advance(reached - this.#reported);
    this.#reported = Math.max(this.#reported, reached);
  };

  /** Reports what is left. */
  finish(): void {
    this.onProgress({ bytes: this.#size, total: this.#size });
  }
}
