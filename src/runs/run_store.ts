import type { RunDocument } from "./run_document.ts";
import type { EndOptions, Metric, Params, Run, RunQuery, StartOptions } from "./run.ts";

/** Where artifacts of a run are, as far as is needed to remove them. */
export interface ArtifactPlace {
  /** The run. */
  readonly runId: string;
  /** The artifact's name. */
  readonly name: string;
  /** The path of its bytes. */
  readonly path: string;
}

/** Runs, and what is logged to them. */
export interface RunStore {
  /** Starts a run. */
  start(options: StartOptions): Promise<Run>;
  /** Ends a run that is running. */
  end(id: string, options: EndOptions): Promise<Run>;
  /** The run of an id. */
  get(id: string): Promise<Run>;
  /** The runs that fit a query, newest first. */
  list(query: RunQuery): Promise<Run[]>;
  /**
   * Removes a run, and the rows of all it has; gives the places of artifacts' bytes.
   *
   * @throws {ArtifactInUseError} If a model version is made of it, unless `force` is set.
   */
  remove(id: string, force: boolean): Promise<ArtifactPlace[]>;
  /** A run with all that is kept of it; `undefined` if it is not there. */
  document(id: string): Promise<RunDocument | undefined>;
  /**
   * Takes up a run that another store has had. `publish`, called with the write lock held, gives its
   * artifacts' bytes their places, before any row is written.
   *
   * @returns `false`, with nothing done, if the very same run is there already.
   * @throws {RunStateError} If a run of this id is there that is not the same.
   */
  adopt(run: RunDocument, publish: () => Promise<void>): Promise<boolean>;
  /** Sets params; one that is set already to another value is refused. */
  logParams(id: string, params: Params): Promise<void>;
  /** The params of a run. */
  params(id: string): Promise<Record<string, unknown>>;
  /** Adds one value to each of some metrics. */
  logMetrics(id: string, metrics: Readonly<Record<string, number>>, step: number): Promise<void>;
  /** The values of a run's metrics, or of one of them, in the order logged. */
  metrics(id: string, key: string | undefined): Promise<Metric[]>;
}
