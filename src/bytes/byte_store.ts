/** Byte stores: where the bytes of artifacts are kept, as files or objects. */

import type { Digest } from "./digest.ts";
import type { GrowingByteStore } from "./growing_bytes.ts";
import type { StagedBytes } from "./staged_bytes.ts";

export type { StagedBytes } from "./staged_bytes.ts";

/** A source of bytes that is read once, from start to end. */
export interface ByteReader {
  /** Size in bytes, if known. */
  readonly size: number | undefined;
  /** Permission bits of the bytes, if they differ from 0444. */
  readonly mode?: number | undefined;
  /** Fills `into` as far as the source goes. Returns the number of bytes read; 0 at the end. */
  read(into: Uint8Array): Promise<number>;
  /**
   * Closes the source: at its end, or earlier with `failure`. Without `failure`, throws
   * `SourceChangedError` if the source changed while it was read. Further calls do nothing.
   */
  close(failure?: unknown): Promise<void>;
}

/** Progress of a long operation. */
export interface Progress {
  /** Number of bytes processed. */
  readonly bytes: number;
  /** Total number of bytes, if known. */
  readonly total: number | undefined;
}

/** Options for staging a source. */
export interface StageOptions {
  /** Name of the future artifact, for error messages. */
  readonly name?: string | undefined;
  /** Stops the operation. */
  readonly signal?: AbortSignal | undefined;
  /** Called with the number of bytes processed. */
  readonly onProgress?: ((progress: Progress) => void) | undefined;
  /** Id of the run that the bytes will belong to. */
  readonly runId?: string | undefined;
  /** Whether the bytes will replace others, so that a store may choose another key for them. */
  readonly replaces?: boolean | undefined;
  /** Key of a lease held by the caller, which keeps all bytes of a batch staged. */
  readonly batch?: string | undefined;
  /**
   * Permission bits of the source. Staged bytes never have more, and are never writable.
   *
   * @default {0o444}
   */
  readonly mode?: number | undefined;
}

/** Half-open range of bytes: from `start` up to, but not including, `end`. */
export interface ByteRange {
  /** First byte; 0 by default. */
  readonly start?: number;
  /** Byte after the last one; by default the end of the bytes. */
  readonly end?: number;
}

/** Stored bytes, opened for reading. */
export interface OpenBytes {
  /** Total size in bytes, whatever the range. */
  readonly size: number;
  /** Identity, like {@linkcode ByteEntry.identity}; not reused while the bytes are open. */
  readonly identity: string;
  /**
   * Pending update of the record, if these bytes have replaced others and the record is not updated
   * yet.
   */
  readonly note?: ReplacementNote | undefined;
  /** Permission bits, if available. */
  readonly mode?: number | undefined;
  /** Number of keys that share the bytes, if known. */
  readonly links?: number | undefined;
  /** Reads the next bytes into `into`. Returns their number; 0 at the end. */
  read(into: Uint8Array): Promise<number>;
  /** Moves to a position. */
  seek(position: number): Promise<void>;
  /** Closes the bytes. May be called several times. */
  close(): void;
}

/** Pending update of a record whose bytes are being replaced. Kept until the record is updated. */
export interface ReplacementNote {
  /** Id of the artifact. */
  readonly artifactId: string;
  /** MIME type, if known. */
  readonly contentType: string | null;
  /** Size in bytes. */
  readonly size: number;
  /** SHA-256, lower-case hex. */
  readonly hash: string;
  /** Time of the put, in epoch milliseconds. */
  readonly createdAt: number;
}

/** Options for publishing staged bytes. */
export interface PublishOptions {
  /**
   * Returns whether no record names existing bytes at the key, such as those left by a crash. Only
   * then they are replaced.
   */
  readonly isOrphan?: ((key: string) => Promise<boolean>) | undefined;
}

/** Options for a batch. */
export interface BatchOptions {
  /** Approximate number of keys. */
  readonly count: number;
  /** Id of the run that they all belong to, if it is one. */
  readonly runId?: string | undefined;
}

/**
 * Bytes of several keys that are staged and published together, e.g. of a directory or an archive.
 * Bytes neither released nor discarded are discarded at the end of the batch.
 */
export interface ByteBatch {
  /**
   * Stages the bytes of a source for a key. They are durable after a subsequent {@linkcode
   * ByteBatch.sync}.
   */
  stage(source: ByteReader, key: string, options: StageOptions): Promise<StagedBytes>;
  /** Makes all staged bytes durable. */
  sync(): Promise<void>;
  /**
   * Publishes the bytes of some keys. The caller holds the write lock, has checked that no record
   * names the keys, and has discarded the other bytes of the batch. After a failure some may be
   * published.
   *
   * @throws {StorageError} If a key has bytes that are not an orphan.
   */
  publish(keys: Iterable<string>, options?: PublishOptions): Promise<void>;
  /** Ends the batch; never rejects. */
  end(): Promise<void>;
}

/** Options for copying bytes between stores of the same type. */
export interface CopyOptions extends StageOptions {
  /**
   * Verified size and hash of the bytes. If given, the bytes are shared with the other store
   * instead of copied.
   */
  readonly link?: Digest | undefined;
}

/** Properties of a presigned URL. */
export interface PresignOptions {
  /** Lifetime in seconds. */
  readonly seconds: number;
  /** MIME type of the response, if known. */
  readonly contentType: string | null;
  /** File name for downloads. */
  readonly fileName: string;
}

/** Options for listing a byte store. */
export interface ListOptions {
  /**
   * Called for entries that cannot be read; the listing continues. By default the error is thrown.
   */
  readonly onFailure?: OnFailure | undefined;
  /** Whether to list only staged and abandoned bytes. */
  readonly unpublished?: boolean | undefined;
}

/** An entry of a byte store, of any origin. */
export interface ByteEntry {
  /** Key, `/` separated. For unpublished bytes it is not the key of an artifact. */
  readonly key: string;
  /** Type of the entry. */
  readonly kind: "file" | "directory" | "link" | "other";
  /**
   * `"published"`: it may belong to an artifact; `"staged"`: a process is working on it;
   * `"abandoned"`: it was staged by a dead process; `"foreign"`: the store did not create it.
   */
  readonly state: "published" | "staged" | "abandoned" | "foreign";
  /** Size in bytes, of a file. */
  readonly size: number;
  /** Time of creation or last change. */
  readonly modifiedAt: Date;
  /**
   * Identity: differs between successive entries of a key, and is equal for links to the same
   * bytes.
   */
  readonly identity: string;
  /** Number of links to its bytes. */
  readonly links: number;
}

/** Result of {@linkcode ByteStore.check}. */
export interface ByteStoreCheck {
  /** Reason why nothing can be stored; `undefined` if storing works. */
  readonly failure: Error | undefined;
  /** Problems that do not prevent storing, one sentence fragment each. */
  readonly warnings: readonly string[];
}

/** Hashes published bytes, several at a time. */
export interface Hasher extends Disposable {
  /** Recommended number of concurrent calls. */
  readonly width: number;
  /**
   * Computes the SHA-256 of the bytes at a key, lower-case hex.
   *
   * @param key Key of the bytes.
   * @param advance Called with the number of further bytes hashed; must not throw.
   * @param signal Stops the hashing.
   */
  hash(key: string, advance: (bytes: number) => void, signal?: AbortSignal): Promise<string>;
}

/**
 * Storage for the bytes of artifacts, under relative keys. Keys come from records that another
 * program may have written: one that would lead outside throws an {@linkcode UnsafePathError}.
 */
export interface ByteStore {
  /** Bytes that can be read while they grow, if supported. */
  readonly growing?: GrowingByteStore;
  /** Whether several keys can share bytes without a copy. */
  readonly canShare: boolean;
  /** Stores the bytes of a source without a key. They are durable when the promise resolves. */
  stage(source: ByteReader, options: StageOptions): Promise<StagedBytes>;
  /**
   * Stages a local file of the same file system without copying; `undefined` if that is impossible.
   * Omitted by stores that are not files.
   */
  stageMove?(path: string, options: StageOptions): Promise<StagedBytes | undefined>;
  /**
   * Stages opened bytes of a store of the same type, in the cheapest way.
   *
   * @returns `undefined` if reading them is the cheapest way.
   */
  copyFrom(opened: OpenBytes, options: CopyOptions): Promise<StagedBytes | undefined>;
  /** Starts a batch. Stores without this method stage and publish individually. */
  batch?(options: BatchOptions): Promise<ByteBatch>;
  /**
   * Publishes staged bytes under a key. The caller holds the write lock and has checked that no
   * record names the key.
   *
   * @throws {StorageError} If the key has bytes that are not an orphan.
   */
  publish(staged: StagedBytes, key: string, options?: PublishOptions): Promise<void>;
  /**
   * Replaces the bytes at a key by staged ones, atomically. The caller holds the write lock.
   *
   * @param note Pending update of the record. A store that replaces bytes in place keeps it until
   * the staged bytes are released, and finds it in {@linkcode ByteStore.recoverReplacements}; other
   * stores publish under a new key.
   * @returns The key of the new bytes; without a note always the same one. If it is a new key,
   * updating the record completes the replacement, and the caller then removes the bytes at the old
   * key.
   * @throws {ReplacementUnderWayError} If another replacement of the key is unfinished.
   */
  replace(staged: StagedBytes, key: string, note?: ReplacementNote): Promise<string>;
  /**
   * Completes or reverts interrupted replacements.
   *
   * @param finish Updates the record from a note whose bytes are published.
   */
  recoverReplacements(finish: (note: ReplacementNote) => Promise<void>): Promise<void>;
  /**
   * Completes or reverts interrupted calls of {@linkcode ByteStore.stageMove}.
   *
   * @param isNamed Returns whether a record names a key.
   */
  recoverMoves?(isNamed: (key: string) => Promise<boolean>): Promise<void>;
  /** Opens the bytes at a key, or a range of them. */
  open(key: string, range?: ByteRange): Promise<OpenBytes>;
  /** Returns the entry at a key, without following links; `undefined` if there is none. */
  stat(key: string): Promise<ByteEntry | undefined>;
  /**
   * Lists all entries, or those below a key, including staged ones; directories follow their
   * content.
   */
  list(prefix?: string, options?: ListOptions): AsyncIterable<ByteEntry>;
  /** Returns the current state of an entry; `undefined` if it was removed or replaced. */
  refresh(entry: ByteEntry): Promise<ByteEntry | undefined>;
  /**
   * Removes the bytes at keys, if they exist. Returns the errors of those that could not be
   * removed.
   */
  removeAll(keys: readonly string[]): Promise<Error[]>;
  /**
   * Removes exactly this entry; `false` if it is gone, in use, or a directory that is not empty.
   */
  removeEntry(entry: ByteEntry): Promise<boolean>;
  /**
   * Removes what is at the keys of published entries in few requests. The caller holds the locks of
   * the keys. Omitted where one by one is as fast.
   *
   * @returns Errors of those that could not be removed, by key.
   */
  removeEntries?(entries: readonly ByteEntry[]): Promise<ReadonlyMap<string, Error>>;
  /** Whether the bytes at a key are exactly these staged ones. */
  isPublished(staged: StagedBytes, key: string): Promise<boolean>;
  /** Tries the first steps of a put and inspects the store. Leaves nothing behind. */
  check(): Promise<ByteStoreCheck>;
  /**
   * Creates a hasher for a total number of bytes, on all cores if that pays off. The signal stops
   * it.
   */
  hasher(bytes: number, signal: AbortSignal): Hasher;
  /**
   * Takes a lock among processes; `undefined` if another one holds it. Returns a function that
   * releases it.
   */
  lease(key: string): Promise<(() => Promise<void>) | undefined>;
  /** Closes idle connections, if it has any. */
  close?(): void;
  /** Returns the URL of a key for other programs. */
  url(key: string): string;
  /** Returns a temporary URL that anyone can read. Omitted by stores without a server. */
  presign?(key: string, options: PresignOptions): Promise<string>;
  /**
   * Returns the absolute path of a key's file for other programs. Omitted by stores that are not
   * files.
   */
  filePath?(key: string): string;
}

/** Called with an entry that could not be processed, and the error. */
export type OnFailure = (path: string, error: Error) => void;
