/** Where artifacts' bytes are kept. Files today; an object store fits the same calls. */

import type { Digest } from "./digest.ts";
import type { GrowingByteStore } from "./growing_bytes.ts";
import type { StagedBytes } from "./staged_bytes.ts";

export type { StagedBytes } from "./staged_bytes.ts";

/** A source of bytes that is read once, from start to end. */
export interface ByteReader {
  /** How many bytes there will be, where that is known. */
  readonly size: number | undefined;
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
  /**
   * Key of a lock that the caller holds: the bytes stay staged as long as it does, however many they
   * are.
   */
  readonly batch?: string | undefined;
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
  /** Reads on into `into`; 0 is the end. */
  read(into: Uint8Array): Promise<number>;
  /** Goes to a byte. */
  seek(position: number): Promise<void>;
  /** Ends the reading; may be called more than once. */
  close(): void;
}

/** A place for the bytes of artifacts, under relative paths. */
export interface ByteStore {
  /** Bytes that can be read while they are written, where there are such. */
  readonly growing?: GrowingByteStore;
  /** Stores the bytes of a source under no name yet; all of them are durable on return. */
  stage(source: ByteReader, options: StageOptions): Promise<StagedBytes>;
  /** Takes a local file of this file system as it is, without copying; `undefined` if it can't. */
  adopt(path: string, options: StageOptions): Promise<StagedBytes | undefined>;
  /** Copies bytes kept by a store of the same kind, in the cheapest way that there is. */
  clone(location: string, options: StageOptions): Promise<StagedBytes>;
  /**
   * Stages bytes kept by a store of the same kind without copying them; their hash is known.
   *
   * @param location Where they are.
   * @param identity That of the entry that was hashed.
   * @param digest Their size and hash.
   * @returns `undefined` where they cannot be shared.
   */
  share(location: string, identity: string, digest: Digest): Promise<StagedBytes | undefined>;
  /** Takes a lock among processes, known by a key; gives it back by the function returned. */
  lock(key: string): Promise<(() => void) | undefined>;
  /**
   * Gives staged bytes their path. The caller holds the write lock and has found no row for the
   * path, so what is there is the orphan of a crash, and is replaced.
   */
  publish(staged: StagedBytes, path: string): Promise<void>;
  /** Puts staged bytes in the place of those at `path`, in one step. */
  replace(staged: StagedBytes, path: string): Promise<void>;
  /** Makes sure that staged bytes can be found again after a power cut. */
  keepStaged(): Promise<void>;
  /** Whether bytes are still staged, and whether the process that staged them is at work. */
  stagedState(key: string): "absent" | "abandoned" | "in use";
  /** Drops abandoned staged bytes. */
  dropStaged(key: string): void;
  /** Opens the bytes at a path. */
  open(path: string): Promise<OpenBytes>;
  /** Removes bytes, if they are there, and the folders left empty by that. */
  remove(path: string): void;
  /** Whether the bytes at a path are these very staged ones. */
  holds(staged: StagedBytes, path: string): boolean;
  /** Name for other programs, such as an absolute file path. */
  locate(path: string): string;
  /** What is at a path, without following a link; `undefined` if nothing is. */
  look(path: string): StoredEntry | undefined;
  /**
   * All there is, or all below a folder, staged bytes too, folders behind what they hold; follows no
   * link.
   *
   * @param under The folder; `""` is all there is.
   * @param onFailure Told of what cannot be looked at, and of folders that cannot be listed; the
   * others follow. Without it, such a failure is thrown.
   */
  entries(under?: string, onFailure?: OnFailure): Iterable<StoredEntry>;
  /** Whether an entry found by {@linkcode entries} is still there, and the very same. */
  isThere(entry: StoredEntry): boolean;
  /** Removes such an entry; `false` if it is not there any more. */
  collect(entry: StoredEntry): boolean;
}

/** Told of an entry that something cannot be done with, and why. */
export type OnFailure = (path: string, error: Error) => void;

/** One entry of a byte store, whoever put it there. */
export interface StoredEntry {
  /** Path below the store's root, `/` separated. */
  readonly path: string;
  /** What it is. */
  readonly kind: "file" | "folder" | "link" | "other";
  /** Bytes, of a file. */
  readonly size: number;
  /** When it came there, or was changed last. */
  readonly since: Date;
  /** Distinguishes it from another entry of the same path. */
  readonly identity: string;
}
