/** Copies artifacts from one store to another, and verifies each against its hash. */
import { asReader, type OpenArtifact } from "../artifacts/artifact_reader.ts";
import type { ArtifactRecord } from "../metadata/artifact_index.ts";
import type { ByteEntry, ByteStore, OpenBytes, Progress } from "../bytes/byte_store.ts";
import type { StagedBytes } from "../bytes/staged_bytes.ts";
import { codeOf } from "../base/fs_error.ts";
import { hashFile } from "../bytes/hashing.ts";
import type { StoreContext } from "../context/compose.ts";
import {
  ArtifactNotFoundError,
  DamagedRowError,
  IntegrityError,
  StorageError,
  UnsafePathError,
} from "../base/errors.ts";

/** Minimum size, in bytes, for a copy by the kernel, which requires a second read for hashing. */
export const WORTH_CLONING = 1024 * 1024;

/** Maximum number of retries for an artifact that is replaced while it is copied. */
const MAX_TRIES = 10;

/** Error codes that concern only the file being read. */
const UNREADABLE = new Set(["EACCES", "EPERM", "EIO", "EBADMSG", "ESTALE", "EBUSY"]);

/** Error codes for a target that is full, whatever the method of copying. */
const NO_ROOM = new Set(["ENOSPC", "EDQUOT", "EFBIG"]);

/** Source of artifacts. */
export type CopySource = Pick<StoreContext, "bytes" | "artifacts">;

/** Options for copying one artifact. */
export interface CopyOptions {
  /** Whether the two stores may share files by hard links. */
  readonly link?: boolean;
  /** An artifact with the same source file that has already been copied or found. */
  readonly twin?: ArtifactRecord | undefined;
  /** Another store that may have the same bytes under the same key, to share its file. */
  readonly base?: ByteStore | undefined;
  /** Clears the target key; throws if its file must not be replaced. */
  readonly makeWay?: ((key: string) => Promise<void>) | undefined;
  /** Stops the copy. */
  readonly signal?: AbortSignal | undefined;
  /** Called with the number of bytes copied. */
  readonly onProgress?: ((progress: Progress) => void) | undefined;
}

/** An artifact that was not copied, and why. */
export interface Omitted {
  /** Record of the artifact. */
  readonly artifact: ArtifactRecord;
  /** Reason. */
  readonly error: Error;
}

/** Entry at the key of an artifact. */
export interface Found {
  /** The entry that already has its bytes. */
  readonly entry?: ByteEntry | undefined;
  /** Whether there is nothing. */
  readonly isFree: boolean;
}

/** Options for finding bytes that are already in place. */
export interface FindOptions {
  /** Whether the hash of the bytes is known to match, so that checking the size is enough. */
  readonly known: boolean;
  /**
   * Whether files may be changed: a file that is read is then made read-only.
   *
   * @default {true}
   */
  readonly touch?: boolean;
  /** Stops the search. */
  readonly signal?: AbortSignal | undefined;
}

/** Looks for the bytes of an artifact at its key. They are read unless their hash is known. */
export async function findInPlace(
  record: ArtifactRecord,
  to: ByteStore,
  options: FindOptions,
): Promise<Found> {
  const there = await statOrUndefined(to, record.path);
  if (!there) return { isFree: true };
  const isSame = there.kind === "file" && there.size === record.size &&
    (options.known || await hasBytes(record, to, options));
  return { entry: isSame ? there : undefined, isFree: false };
}

/** Whether the bytes at the key of an artifact are its own. */
async function hasBytes(
  record: ArtifactRecord,
  to: ByteStore,
  { touch = true, signal }: FindOptions,
): Promise<boolean> {
  try {
    const bytes = await to.open(record.path);
    try {
      const digest = await hashFile(bytes, { signal }, bytes.size);
      if (digest.hash !== record.hash) return false;
      if (!touch) return true;
      // A copy may have been interrupted before its file was read-only; linking it again fixes
      // that.
      const staged = await to.copyFrom(bytes, { link: digest });
      await staged?.release();
      return true;
    } finally {
      bytes.close();
    }
  } catch {
    signal?.throwIfAborted();
    return false; // An unreadable file is replaced by a copy.
  }
}

/** Whether a byte store has no published bytes and nothing of other origin. */
export async function isEmpty(bytes: ByteStore): Promise<boolean> {
  for await (const { state } of bytes.list()) {
    if (state === "published" || state === "foreign") return false;
  }
  return true;
}

/** Returns the entry of a key; `undefined` also if a parent is not a directory. */
export async function statOrUndefined(
  bytes: ByteStore,
  key: string,
): Promise<ByteEntry | undefined> {
  try {
    return await bytes.stat(key);
  } catch (error) {
    if (error instanceof UnsafePathError) return undefined;
    throw error;
  }
}

/**
 * Copies an artifact. Returns the record that matches the copied bytes.
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
      // If the artifact has been removed meanwhile, opening it again throws the right error.
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
    // The file stays open until it is linked, so that its identity cannot be reused.
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
      // Copying by reading and writing shows which of the two fails.
      if (!(error instanceof StorageError) || NO_ROOM.has(codeBehind(error) ?? "")) throw error;
    }
  }
  return await to.stage(asReader(source), { signal, onProgress, mode: bytes.mode });
}

/** Links to the file that a store has under a record's key. Its hash must be known. */
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
    return undefined; // A missing or damaged file is copied instead.
  }
}

/** Opens an artifact. A file that the system refuses to open counts as damaged. */
export async function openArtifact(
  record: ArtifactRecord,
  from: CopySource,
): Promise<OpenArtifact> {
  try {
    return await from.artifacts.open(record.id);
  } catch (error) {
    if (!(error instanceof StorageError) || !UNREADABLE.has(codeBehind(error) ?? "")) throw error;
    throw unreadable(record, error.cause as Error);
  }
}

/** Wraps bytes so that a failure to read them is reported as damage of the artifact. */
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

/** Returns the system's code of a storage error. */
function codeBehind({ cause }: StorageError): string | undefined {
  return cause instanceof Error ? codeOf(cause) : undefined;
}

/** Whether an error concerns only one artifact, so that the others can be copied. */
export function isArtifactError(error: unknown): error is Error {
  return error instanceof ArtifactNotFoundError || error instanceof IntegrityError ||
    error instanceof UnsafePathError || error instanceof DamagedRowError;
}

/** Converts the progress of one artifact to increments, limited to its size. */
export class Meter {
  #reported = 0;
  readonly #size: number;
  readonly #advance: (bytes: number) => void;

  /** Creates a meter whose increments add up to `size` bytes. */
  constructor(size: number, advance: (bytes: number) => void) {
    this.#size = size;
    this.#advance = advance;
  }

  readonly onProgress = ({ bytes }: Progress): void => {
    const reached = Math.min(bytes, this.#size);
    if (reached > this.#reported) this.#advance(reached - this.#reported);
    this.#reported = Math.max(this.#reported, reached);
  };

  /** Reports the remaining bytes. */
  finish(): void {
    this.onProgress({ bytes: this.#size, total: this.#size });
  }
}
