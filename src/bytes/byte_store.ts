/** Where artifacts' bytes are kept. Files today; an object store fits the same calls. */

import type { Digest } from "./digest.ts";
import type { GrowingByteStore } from "./growing_bytes.ts";
import type { StagedBytes } from "./staged_bytes.ts";

export type { StagedBytes } from "./staged_bytes.ts";

/** A source of bytes that is read once, from start to end. */
export interface ByteReader {
  /** How many bytes there will be, where that is known. */
  readonly size: number | undefined;
  /** Permission bits that the bytes are to have, where they are to have others than 0444. */
  readonly mode?: number | undefined;
  /** Fills `into` as far as the source goes; 0 is its end. */
  read(into: Uint8Array): Promise<number>;
  /**
   * Gives the source back, at its end or, with a reason, before. Without a reason it throws if the
   * source turns out not to have been read as it was. Calls after the first do nothing.
   */
  close(failure?: unknown): Promise<void>;
}

/** How far a long piece of work has come. */
export interface Progress {
  /** Bytes done. */
  readonly bytes: number;
  /** Bytes in all, where that is known. */
  readonly total: number | undefined;
}

/** What goes along with the reading of a source. */
export interface StageOptions {
  /** What the bytes are to be, for the words of an error. */
  readonly name?: string | undefined;
  /** Stops the work. */
  readonly signal?: AbortSignal | undefined;
  /** Told of the bytes done so far. */
  readonly onProgress?: ((progress: Progress) => void) | undefined;
  /** The run that they are to belong to. */
  readonly runId?: string | undefined;
  /** Whether they are to take the place of others: a store may then keep them under another key. */
  readonly replaces?: boolean | undefined;
  /**
   * Key of a lease that the caller holds: the bytes stay staged as long as it does, however many they
   * are.
   */
  readonly batch?: string | undefined;
  /**
   * Permission bits of what they are copied from. Theirs are never more, and never allow to write.
   *
   * @default {0o444}
   */
  readonly mode?: number | undefined;
}

/** Half-open range of bytes: from `start` up to, not including, `end`. */
export interface ByteRange {
  /** First byte; 0 if left out. */
  readonly start?: number;
  /** The byte after the last one; the end of the bytes if left out. */
  readonly end?: number;
}

/** Stored bytes, opened for reading. */
export interface OpenBytes {
  /** Bytes there are, whatever the range. */
  readonly size: number;
  /** Which bytes they are, as {@linkcode ByteEntry.identity}: theirs alone as long as they are open. */
  readonly identity: string;
  /**
   * What the record of these bytes is about to say, where they have replaced others and it does not
   * say so yet.
   */
  readonly note?: ReplacementNote | undefined;
  /** Permission bits, where there are such. */
  readonly mode?: number | undefined;
  /** Reads on into `into`; 0 is the end. */
  read(into: Uint8Array): Promise<number>;
  /** Goes to a byte. */
  seek(position: number): Promise<void>;
  /** Ends the reading; may be called more than once. */
  close(): void;
}

/** What a record is to say of bytes that replace others. It is kept until the record says it. */
export interface ReplacementNote {
  /** Id of the artifact. */
  readonly artifactId: string;
  /** MIME type, where it is known. */
  readonly contentType: string | null;
  /** Bytes. */
  readonly size: number;
  /** SHA-256, lower-case hex. */
  readonly hash: string;
  /** When they were put, in epoch milliseconds. */
  readonly createdAt: number;
}

/** How to publish staged bytes. */
export interface PublishOptions {
  /**
   * Asked where there are bytes at a key already whether no record names them, as of those that a crash
   * left: only then they are replaced.
   */
  readonly isOrphan?: ((key: string) => Promise<boolean>) | undefined;
}

/** How to start a batch. */
export interface BatchOptions {
  /** About how many keys there will be. */
  readonly count: number;
  /** The run that they all belong to, where it is one. */
  readonly runId?: string | undefined;
}

/**
 * Bytes of several keys that are staged together, and published together: those of a directory, or of
 * an archive. What is neither released nor discarded at the end of the batch is
 * discarded then.
 */
export interface ByteBatch {
  /**
   * Stages the bytes of a source for a key. They are durable once {@linkcode ByteBatch.sync} has
   * resolved after that.
   */
  stage(source: ByteReader, key: string, options: StageOptions): Promise<StagedBytes>;
  /** Makes all bytes that have been staged durable. */
  sync(): Promise<void>;
  /**
   * Gives the bytes of some keys those keys. The caller holds the write lock, has found no record of
   * any of them, and has discarded the other bytes of the batch. After a failure some may be published.
   *
   * @throws {StorageError} If there are bytes that are no orphan.
   */
  publish(keys: Iterable<string>, options?: PublishOptions): Promise<void>;
  /** Ends the batch; never rejects. */
  end(): Promise<void>;
}

/** How to copy bytes of another store of the same kind. */
export interface CopyOptions extends StageOptions {
  /**
   * Size and hash that the bytes have been found to have. Where it is given, they are shared with the
   * other store rather than copied.
   */
  readonly link?: Digest | undefined;
}

/** What a URL that anyone can use gives. */
export interface PresignOptions {
  /** Seconds for which it can be used. */
  readonly seconds: number;
  /** MIME type that is answered with, where it is known. */
  readonly contentType: string | null;
  /** Name under which a browser saves the bytes. */
  readonly fileName: string;
}

/** How to list a byte store. */
export interface ListOptions {
  /** Told of what cannot be looked at; the others follow. Without it, such a failure is thrown. */
  readonly onFailure?: OnFailure | undefined;
  /** Whether to give only what is staged or abandoned, without looking at what is published. */
  readonly unpublished?: boolean | undefined;
}

/** One entry of a byte store, whoever put it there. */
export interface ByteEntry {
  /** Key, `/` separated; that of bytes that are not published is no key of an artifact. */
  readonly key: string;
  /** What it is. */
  readonly kind: "file" | "directory" | "link" | "other";
  /**
   * `"published"`: it may be an artifact's; `"staged"`: someone is at work on it; `"abandoned"`: it was
   * staged by a process that is gone; `"foreign"`: the store has never put it there.
   */
  readonly state: "published" | "staged" | "abandoned" | "foreign";
  /** Bytes, of a file. */
  readonly size: number;
  /** When it was put there, or changed last. */
  readonly modifiedAt: Date;
  /** Distinguishes it from another entry of the same key, and is shared by names of the same bytes. */
  readonly identity: string;
  /** How many names share its bytes. */
  readonly links: number;
}

/** Result of {@linkcode ByteStore.check}. */
export interface ByteStoreCheck {
  /** Why nothing can be stored; `undefined` if it can. */
  readonly failure: Error | undefined;
  /** What stands in the way of good use, one fragment of a sentence each. */
  readonly warnings: readonly string[];
}

/** Hashes published bytes, several at a time. */
export interface Hasher extends Disposable {
  /** How many are best hashed at a time. */
  readonly width: number;
  /**
   * The SHA-256 of the bytes at a key, lower-case hex.
   *
   * @param key The bytes.
   * @param advance Told how many bytes more have been hashed; it must not throw.
   * @param signal Stops it.
   */
  hash(key: string, advance: (bytes: number) => void, signal?: AbortSignal): Promise<string>;
}

/**
 * A place for the bytes of artifacts, under relative keys. Keys are those of records, and may come
 * from another program: one that would lead outside is refused with an {@linkcode UnsafePathError}.
 */
export interface ByteStore {
  /** Bytes that can be read while they are written, where there are such. */
  readonly growing?: GrowingByteStore;
  /** Whether several keys can have the same bytes, without a copy. */
  readonly canShare: boolean;
  /** Stores the bytes of a source under no key yet; all of them are durable on return. */
  stage(source: ByteReader, options: StageOptions): Promise<StagedBytes>;
  /**
   * Stages a local file of the same file system as it is, without copying; `undefined` where that
   * cannot be. Stores that keep no files lack it.
   */
  adopt?(path: string, options: StageOptions): Promise<StagedBytes | undefined>;
  /**
   * Stages bytes that a store of the same kind has opened, in the cheapest way that there is.
   *
   * @returns `undefined` where they are not to be had in a cheaper way than by reading them.
   */
  copyFrom(opened: OpenBytes, options: CopyOptions): Promise<StagedBytes | undefined>;
  /**
   * Starts a batch of bytes. Stores that lack it stage and publish one by one.
   */
  batch?(options: BatchOptions): Promise<ByteBatch>;
  /**
   * Gives staged bytes their key. The caller holds the write lock and has found no record of the key.
   *
   * @throws {StorageError} If there are bytes that are no orphan.
   */
  publish(staged: StagedBytes, key: string, options?: PublishOptions): Promise<void>;
  /**
   * Puts staged bytes in the place of those at a key, in one step. The caller holds the write lock.
   *
   * @param note What the record will say, if it does not say so yet. A store that changes bytes in
   * place keeps it until the staged bytes are released, and finds it by
   * {@linkcode ByteStore.recoverReplacements}; another one publishes under a new key.
   * @returns The key that they have now: without a note the same one. Is it a new one, the record that
   * names it is the swap, and the caller removes the bytes at the old key afterwards.
   * @throws {ReplacementUnderWayError} If another replacement of the key is not finished.
   */
  replace(staged: StagedBytes, key: string, note?: ReplacementNote): Promise<string>;
  /**
   * Finishes or undoes replacements that were interrupted.
   *
   * @param finish Has the record say what the note does, where the new bytes are in place.
   */
  recoverReplacements(finish: (note: ReplacementNote) => Promise<void>): Promise<void>;
  /**
   * Finishes or undoes what {@linkcode ByteStore.adopt} was interrupted in.
   *
   * @param isNamed Whether a record names the bytes at a key.
   */
  recoverMoves?(isNamed: (key: string) => Promise<boolean>): Promise<void>;
  /** Opens the bytes at a key, or a range of them. */
  open(key: string, range?: ByteRange): Promise<OpenBytes>;
  /** What is at a key, without following a link; `undefined` if nothing is. */
  stat(key: string): Promise<ByteEntry | undefined>;
  /** All there is, or all below a key, staged bytes too; directories follow what they hold. */
  list(prefix?: string, options?: ListOptions): AsyncIterable<ByteEntry>;
  /** What has become of an entry: its state now, `undefined` if it is gone or another one. */
  refresh(entry: ByteEntry): Promise<ByteEntry | undefined>;
  /** Removes the bytes at keys, if they are there; gives what could not be removed. */
  removeAll(keys: readonly string[]): Promise<Error[]>;
  /** Removes that very entry; `false` if it is gone, in use, or a directory that is not empty. */
  removeEntry(entry: ByteEntry): Promise<boolean>;
  /** Whether the bytes at a key are these very staged ones. */
  isPublished(staged: StagedBytes, key: string): Promise<boolean>;
  /** Tries what a put does, and looks at the place. Leaves nothing behind. */
  check(): Promise<ByteStoreCheck>;
  /** Hashes so many bytes in all, on all cores where that is worth it; the signal ends it. */
  hasher(bytes: number, signal: AbortSignal): Hasher;
  /** A lock among processes, known by a key; `undefined` if another one has it. */
  lease(key: string): Promise<(() => Promise<void>) | undefined>;
  /** Gives back connections that it keeps, where it does. */
  close?(): void;
  /** URL for other programs. */
  url(key: string): string;
  /** URL by which anyone can read the bytes for a while. Stores without a server of their own lack it. */
  presign?(key: string, options: PresignOptions): Promise<string>;
  /** Absolute path of the file for other programs. Stores that keep no files lack it. */
  filePath?(key: string): string;
}

/** Told of an entry that something cannot be done with, and why. */
export type OnFailure = (path: string, error: Error) => void;
