import type { MetricBatch } from "./metric.ts";

/** Identity of a process, unique even if its id is reused. */
export interface RunProcess {
  /** Name of the host; `null` if it may not be read. */
  readonly host: string | null;
  /** Scope of process ids: the boot of the host and the container. `null` if it cannot be read. */
  readonly space: string | null;
  /** Process id. */
  readonly pid: number;
  /** Start time in a system-specific form; `null` if it cannot be read. */
  readonly started: string | null;
}

/** Process of a run that has not ended. */
export interface RecordedProcess extends RunProcess {
  /** Id of the run. */
  readonly runId: string;
  /** Time of the last heartbeat. */
  readonly heartbeat: Date;
}

/** Processes of running runs. */
export interface ProcessStore {
  /**
   * Records the process of a running run, replacing a former one.
   *
   * @throws {RunNotFoundError} If the run does not exist.
   */
  attach(runId: string, process: RunProcess): Promise<void>;
  /** Records a heartbeat for some runs. */
  heartbeat(runIds: readonly string[]): Promise<void>;
  /** Lists the recorded processes of all running runs. */
  running(): Promise<RecordedProcess[]>;
}

/** Data that a process stores synchronously before it ends. */
export interface FinalWrites {
  /** Buffered points that have not been written. */
  readonly batches: readonly MetricBatch[];
  /** Ids of runs to end as failed, unless they have already ended. */
  readonly runIds: readonly string[];
  /** Error of these runs. */
  readonly error: string;
}
