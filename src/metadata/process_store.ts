import type { MetricBatch } from "./metric.ts";

/** A process, named so that another one of the same number is not taken for it. */
export interface RunProcess {
  /** Name of the machine; `null` if that must not be read. */
  readonly host: string | null;
  /**
   * What process ids are unique within: this boot of the machine, this container. `null` if that
   * cannot be read.
   */
  readonly space: string | null;
  /** Process id. */
  readonly pid: number;
  /** When it was started, in a form that the system keeps for as long as it lives. */
  readonly started: string | null;
}

/** The process of a run that has not ended. */
export interface NotedProcess extends RunProcess {
  /** The run. */
  readonly runId: string;
  /** When it was last heard of. */
  readonly heartbeat: Date;
}

/** Which processes runs live in, for as long as these are running. */
export interface ProcessStore {
  /**
   * Notes the process of a run that is running, in place of one noted before.
   *
   * @throws {RunNotFoundError} If it is not there.
   */
  attach(runId: string, process: RunProcess): Promise<void>;
  /** Notes that the processes of some runs have been heard of now. */
  beat(runIds: readonly string[]): Promise<void>;
  /** The processes of all running runs that have one noted. */
  running(): Promise<NotedProcess[]>;
}

/** What a process does before it ends, without waiting for anything. */
export interface LastWords {
  /** Points that have been taken and not yet been handed over. */
  readonly batches: readonly MetricBatch[];
  /** Runs that end as failed, unless they have ended already. */
  readonly runIds: readonly string[];
  /** Why they have failed. */
  readonly error: string;
}
