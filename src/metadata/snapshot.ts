import type { ArtifactRecord, IndexEntry } from "./artifact_index.ts";

/** Properties of a database that is a backup. */
export interface BackupMark {
  /** Origin of the backup. */
  readonly of: string;
  /** Identity of its artifact directory; `undefined` in older backups. */
  readonly directory: string | undefined;
}

/** A copy of a store's metadata in a database file that nobody else has open. */
export interface Snapshot {
  /** Yields the artifacts, by run and name. */
  artifacts(): AsyncIterable<IndexEntry>;
  /** Returns the keys that no record names, neither themselves nor anything below them. */
  unnamed(keys: Iterable<string>): Promise<Set<string>>;
  /**
   * Updates the records to the copied artifacts: those in `present` are changed, those in `omitted`
   * removed, together with model versions that use them.
   *
   * @param outcome Copied and omitted artifacts.
   * @param mark Origin of the backup; `null` for an independent store.
   * @returns The unneeded keys that no record names; also recorded in a backup.
   */
  applyOutcome(outcome: SnapshotOutcome, mark: BackupMark | null): Promise<Set<string>>;
  /**
   * Moves the file to its place, atomically and durably.
   *
   * @throws {StorageError} If the database there is open elsewhere.
   */
  moveTo(path: string): Promise<void>;
  /** Removes the file, unless it was moved to its place. May be called several times. */
  discard(): Promise<void>;
}

/** Result of copying the artifacts of a snapshot. */
export interface SnapshotOutcome {
  /** Records of the copied bytes; unchanged ones may be omitted. */
  readonly present: readonly ArtifactRecord[];
  /** Artifacts whose bytes were not copied. */
  readonly omitted: readonly { readonly artifact: ArtifactRecord }[];
  /** Keys of bytes that may no longer be needed. */
  readonly unneeded?: Iterable<string>;
}
