/** Bytes that can be read while they are written: the output of a program that runs. */
import type { StagedBytes } from "./staged_bytes.ts";

/** Bytes that grow, until they are staged as a whole. */
export interface GrowingBytes {
  /** Bytes so far. */
  readonly size: number;
  /**
   * Appends bytes: others can read them on return, or, from a bucket, a second later; they are
   * durable a second later. After a failure nothing more is appended, so that what is kept has no gap; every call throws it then.
   */
  append(bytes: Uint8Array): Promise<void>;
  /** Resolves once all that was appended is durable. */
  sync(): Promise<void>;
  /** Ends the growth. If the bytes are then discarded, they stay, to be taken over later. */
  finish(): Promise<StagedBytes>;
  /** Leaves the bytes as they are, to be taken over later; never throws. */
  close(): void;
}

/** Growing bytes, as others see them. */
export interface GrowingEntry {
  /** The run that they belong to. */
  readonly runId: string;
  /** Name of the artifact that they become. */
  readonly name: string;
  /** Bytes so far. */
  readonly size: number;
  /** When they grew last. */
  readonly changedAt: Date;
  /** Whether a process still writes them; otherwise it has left them. */
  readonly growing: boolean;
}

/** Growing bytes, opened for reading. */
export interface GrowingReader {
  /** Reads on into `into`; 0 is the end so far. */
  read(into: Uint8Array): Promise<number>;
  /** Whether a process still writes them. */
  isGrowing(): boolean;
  /** Ends the reading; may be called more than once. */
  close(): void;
}

/** Where growing bytes are kept, by run and name. */
export interface GrowingByteStore {
  /**
   * Starts bytes that this process writes.
   *
   * @throws {StorageError} If there are some of this name.
   */
  create(runId: string, name: string): Promise<GrowingBytes>;
  /** Lists those of a run, or of all runs. */
  list(runId?: string): Promise<GrowingEntry[]>;
  /** Opens some for reading; `undefined` if there are none. */
  open(runId: string, name: string): Promise<GrowingReader | undefined>;
  /** Stages what a process has left; `undefined` if there is nothing, or it is still written. */
  take(runId: string, name: string): Promise<StagedBytes | undefined>;
  /** Removes what a process has left. */
  remove(runId: string, name: string): void | Promise<void>;
}
