/** Bytes that can be read while they are written, such as the output of a running program. */
import type { StagedBytes } from "./staged_bytes.ts";

/** Growing bytes, until they are staged as a whole. */
export interface GrowingBytes {
  /** Number of bytes appended. */
  readonly size: number;
  /**
   * Appends bytes. When the promise resolves, others can read them (in a bucket a second later);
   * they are durable a second later. After a failure nothing more is appended, so that there is no
   * gap; every further call throws it.
   */
  append(bytes: Uint8Array): Promise<void>;
  /** Resolves once everything appended is durable. */
  sync(): Promise<void>;
  /**
   * Ends the growth and stages the bytes. If they are then discarded, they stay for a later
   * recovery.
   */
  finish(): Promise<StagedBytes>;
  /** Closes the bytes without staging, for a later recovery; never throws. */
  close(): void | Promise<void>;
}

/** A growing log, as seen by others. */
export interface GrowingEntry {
  /** Id of the run. */
  readonly runId: string;
  /** Name of the future artifact. */
  readonly name: string;
  /** Number of bytes so far. */
  readonly size: number;
  /** Time of the last append. */
  readonly changedAt: Date;
  /** Whether a process is still writing it; otherwise its writer is dead. */
  readonly growing: boolean;
}

/** A growing log, opened for reading. */
export interface GrowingReader {
  /** Reads the next bytes into `into`; 0 at the current end. */
  read(into: Uint8Array): Promise<number>;
  /** Whether a process is still writing it. */
  isGrowing(): boolean;
  /** Closes it. May be called several times. */
  close(): void;
}

/** Storage of growing logs, by run and name. */
export interface GrowingByteStore {
  /**
   * Starts a log written by this process.
   *
   * @throws {StorageError} If a log of this name exists.
   */
  create(runId: string, name: string): Promise<GrowingBytes>;
  /** Lists the logs of a run, or of all runs. */
  list(runId?: string): Promise<GrowingEntry[]>;
  /**
   * Opens a log for reading, from the byte `start` on (default: 0); `undefined` if it does not exist.
   * Reading from behind the current end gives nothing until the log grows beyond `start`.
   */
  open(runId: string, name: string, start?: number): Promise<GrowingReader | undefined>;
  /** Stages the log of a dead process; `undefined` if it does not exist, or is still written. */
  stageAbandoned(runId: string, name: string): Promise<StagedBytes | undefined>;
  /** Removes the log of a dead process. */
  remove(runId: string, name: string): void | Promise<void>;
}
