import type { ArtifactRecord, IndexEntry } from "./artifact_index.ts";

/** A copy of a store's metadata, as a database file that nobody else has open yet. */
export interface Snapshot {
  /** The artifacts, by run and name. */
  artifacts(): AsyncIterable<IndexEntry>;
  /**
   * Makes the records describe the artifacts whose bytes have been copied: those of `present` as they
   * were read, none of `omitted`. A model version of an omitted artifact goes with it.
   *
   * @param origin What it is a backup of; `null` if it is to be a store of its own.
   */
  settle(outcome: SnapshotOutcome, origin: string | null): Promise<void>;
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
  /** Records as the bytes that were copied have them. */
  readonly present: readonly ArtifactRecord[];
  /** Artifacts whose bytes could not be copied. */
  readonly omitted: readonly { readonly artifact: ArtifactRecord }[];
}
