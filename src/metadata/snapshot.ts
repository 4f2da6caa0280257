import type { ArtifactRecord, IndexEntry } from "./artifact_index.ts";

/** What makes a database a backup. */
export interface BackupMark {
  /** What it is a backup of. */
  readonly of: string;
  /** Identity of its artifact directory; `undefined` in backups that did not note it yet. */
  readonly directory: string | undefined;
}

/** A copy of a store's metadata, as a database file that nobody else has open yet. */
export interface Snapshot {
  /** The artifacts, by run and name. */
  artifacts(): AsyncIterable<IndexEntry>;
  /** Which of some keys no record names, and no record names anything below. */
  unnamed(keys: Iterable<string>): Promise<Set<string>>;
  /**
   * Makes the records describe the artifacts whose bytes have been copied: those of `present` as they
   * were read, none of `omitted`. A model version of an omitted artifact goes with it.
   *
   * @param outcome Which artifacts have been copied.
   * @param mark What it is a backup of; `null` if it is to be a store of its own.
   * @returns Those of the unneeded keys that no record names now, which is noted if it is a backup.
   */
  settle(outcome: SnapshotOutcome, mark: BackupMark | null): Promise<Set<string>>;
  /**
   * Gives the file its place, in one step that a power cut does not undo.
   *
   * @throws {StorageError} If the database that was there is open elsewhere.
   */
  moveTo(path: string): Promise<void>;
  /** Removes the file, unless it has been given its place. May be called again. */
  discard(): Promise<void>;
}

/** Which artifacts of a snapshot have been copied. */
export interface SnapshotOutcome {
  /** Records as the bytes that were copied have them; those that are as before may be left out. */
  readonly present: readonly ArtifactRecord[];
  /** Artifacts whose bytes could not be copied. */
  readonly omitted: readonly { readonly artifact: ArtifactRecord }[];
  /** Keys of bytes that may not be needed any more. */
  readonly unneeded?: Iterable<string>;
}
