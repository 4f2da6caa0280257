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
  /** Sets params; one that is set already to another value is refused. */
  logParams(id: string, params: Params): Promise<void>;
  /** The params of a run. */
  params(id: string): Promise<Record<string, unknown>>;
  /** Adds one value to each of some metrics. */
  logMetrics(id: string, metrics: Readonly<Record<string, number>>, step: number): Promise<void>;
  /** The values of a run's metrics, or of one of them, in the order logged. */
  metrics(id: string, key: string | undefined): Promise<Metric[]>;
}
