import type { ArtifactIndex } from "./artifact_index.ts";
import type { ChangeLog } from "./change_log.ts";
import type { MlflowStore } from "./mlflow_store.ts";
import type { ModelStore } from "./model_store.ts";
import type { FinalWrites, ProcessStore } from "./process_store.ts";
import type { RunStore } from "./run_store.ts";
import type { RunTable } from "./run_table.ts";
import type { RequestLog } from "./write_request.ts";
import type { Snapshot } from "./snapshot.ts";
import type { VerificationNote } from "./verification_note.ts";

/**
 * Metadata of a store: runs, artifact records, models. Every operation is asynchronous and one
 * transaction. No operation exposes SQL, a path of the database, or a synchronous callback. Domain
 * rules are implemented above this interface; an operation that a rule depends on takes the
 * expected state, and does nothing if the state is different.
 */
export interface MetadataStore {
  /** Runs and their logged data. */
  readonly runs: RunStore;
  /** Records of artifacts. */
  readonly artifacts: ArtifactIndex;
  /** Models and their versions. */
  readonly models: ModelStore;
  /** Processes of running runs. */
  readonly processes: ProcessStore;
  /** Loads the data of the MLflow protocol, which only servers need. */
  mlflow(): Promise<MlflowStore>;
  /**
   * Returns the identity of the store: a UUID assigned when it was created and shared by its
   * copies; `undefined` if another program created the database and it has not been opened for
   * writing yet.
   */
  identity(): Promise<string | undefined>;
  /** Returns the note of the last verification of the whole store; `undefined` if there is none. */
  lastVerification(): Promise<VerificationNote | undefined>;
  /** Replaces that note. */
  noteVerification(note: VerificationNote): Promise<void>;
  /** Loads the table of runs for the web page and the HTTP API. */
  table(): Promise<RunTable>;
  /** Loads the change log. */
  changes(): Promise<ChangeLog>;
  /** Loads the requests of other processes that have written. */
  requests(): Promise<RequestLog>;
  /** Reads everything stored to find damage. */
  check(): Promise<MetadataCheck>;
  /** Returns the size of the metadata in bytes; `undefined` if it is in memory. */
  size(): Promise<number | undefined>;
  /**
   * Tries the first steps of a write without changing anything. Works on a read-only store as well.
   *
   * @throws {StorageError} If the database cannot be written.
   * @throws {StoreBusyError} If other writers hold it for too long.
   */
  tryWriting(): Promise<void>;
  /**
   * Writes a consistent copy of everything to a new SQLite database, which can be opened as a
   * store. Writers can continue meanwhile.
   *
   * @param path Path of the new file, which must not exist. It is created exclusively.
   * @param mode Mode of the file, minus the umask; 0666 by default.
   * @throws {StorageError} If the file exists or cannot be written.
   */
  snapshot(path: string, mode?: number): Promise<Snapshot>;
  /**
   * Fills an empty store with everything of a SQLite database; the reverse of a snapshot. Omitted
   * by SQLite, where the file itself is moved to its place.
   *
   * @throws {StorageError} If the store is not empty.
   */
  fill?(path: string): Promise<void>;
  /**
   * Synchronously stores queued and given data, for a process that is about to end. Further
   * operations fail. Omitted if that is impossible; the runs are then found dead later.
   */
  finishSync?(last: FinalWrites): void;
  /** Completes queued operations and closes the store. Further operations fail. */
  close(): Promise<void>;
}

/** Result of {@linkcode MetadataStore.check}. */
export interface MetadataCheck {
  /** Descriptions of damage, one sentence fragment each; empty if there is none. */
  readonly damage: readonly string[];
  /** Problems that are not damage. */
  readonly warnings: readonly string[];
}
