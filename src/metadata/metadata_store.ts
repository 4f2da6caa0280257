import type { ArtifactIndex } from "./artifact_index.ts";
import type { ChangeLog } from "./change_log.ts";
import type { MlflowStore } from "./mlflow_store.ts";
import type { ModelStore } from "./model_store.ts";
import type { LastWords, ProcessStore } from "./process_store.ts";
import type { RunStore } from "./run_store.ts";
import type { RunTable } from "./run_table.ts";
import type { Snapshot } from "./snapshot.ts";

/**
 * Metadata of a store: runs, artifact records, models. Every operation is asynchronous and is one
 * transaction: done as a whole, or not at all. No operation takes SQL, a path of the database, or a
 * callback that must be synchronous. Rules about what may be stored stand above; an operation that a
 * rule depends on takes the state that the caller expects, and does nothing if another is found.
 */
export interface MetadataStore {
  /** Runs, and what is logged to them. */
  readonly runs: RunStore;
  /** Records of artifacts. */
  readonly artifacts: ArtifactIndex;
  /** Models and their versions. */
  readonly models: ModelStore;
  /** The processes that running runs live in. */
  readonly processes: ProcessStore;
  /** Loads what the MLflow protocol keeps beside these: only a server needs it. */
  mlflow(): Promise<MlflowStore>;
  /**
   * Identity of the store: a UUID that it got when it was created, and that copies of it share;
   * `undefined` where another program made the database and nobody has opened it for writing yet.
   */
  identity(): Promise<string | undefined>;
  /** Loads runs as a table, as the page and the HTTP API read them. */
  table(): Promise<RunTable>;
  /** Loads what says what has changed, whichever program has changed it. */
  changes(): Promise<ChangeLog>;
  /** Looks for damage, reading everything that is stored. */
  check(): Promise<MetadataCheck>;
  /** Bytes that the metadata takes; `undefined` if it is in memory. */
  size(): Promise<number | undefined>;
  /**
   * Tries what a write does first, and changes nothing. A read-only store tries it too.
   *
   * @throws {StorageError} If the system refuses.
   * @throws {StoreBusyError} If other writers keep it waiting.
   */
  tryWriting(): Promise<void>;
  /**
   * Writes everything, as one moment has it, into a new SQLite database, which another store can be
   * opened from. Writers go on meanwhile.
   *
   * @param path The new file. Nothing may be there; it is created exclusively.
   * @param mode Mode of the file, as far as the umask allows. 0666 by default.
   * @throws {StorageError} If something is there, or the system refuses.
   */
  snapshot(path: string, mode?: number): Promise<Snapshot>;
  /**
   * Stores what is queued and what is given, and returns once that is done: for a process that is
   * about to end and can await nothing any more. Further operations are refused. Left out where that
   * is not possible; runs are found dead then.
   */
  finishNow?(last: LastWords): void;
  /** Finishes what is queued, and gives back what was opened. Further operations are refused. */
  close(): Promise<void>;
}

/** Result of {@linkcode MetadataStore.check}. */
export interface MetadataCheck {
  /** What is damaged, one sentence fragment each; empty if nothing is. */
  readonly damage: readonly string[];
  /** What is not damaged but stands in the way of good use. */
  readonly warnings: readonly string[];
}
