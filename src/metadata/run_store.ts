import type { RunDocument } from "./run_document.ts";
import type { Dataset, DatasetOptions, Experiment } from "./dataset.ts";
import type { Metric, MetricBatch, MetricSummary, PointColumns } from "./metric.ts";
import type { Environment, Run, StartOptions } from "./run.ts";
import type { RunProcess } from "./process_store.ts";
import type { RunQuery } from "./run_query.ts";

/** Location of an artifact's bytes, for removal. */
export interface ArtifactPlace {
  /** Id of the run. */
  readonly runId: string;
  /** Name of the artifact. */
  readonly name: string;
  /** Path of its bytes. */
  readonly path: string;
}

/** Changes of a run. Omitted members keep their value. */
export interface RunChange {
  /** Status. */
  readonly status?: string;
  /** End time; `null` if it is running. */
  readonly endTime?: Date | null;
  /** Error of a failed run. */
  readonly error?: string | null;
  /** Name of the experiment. */
  readonly experiment?: string;
  /** Display name. */
  readonly name?: string | null;
}

/** Counts of runs. */
export interface RunCounts {
  /** Number of runs by status. */
  readonly byStatus: Readonly<Record<string, number>>;
  /** Number of experiments with runs. */
  readonly experiments: number;
}

/** Part of a run that a store lacks. */
export interface Missing {
  /** The whole run, or only its new data. */
  readonly run: RunDocument;
  /** Whether the store does not have the run. */
  readonly isNew: boolean;
}

/** Runs and their logged data. */
export interface RunStore {
  /**
   * Updates a run, if its status is one of the expected ones.
   *
   * @returns The current run, and whether it was updated.
   * @throws {RunNotFoundError} If the run does not exist.
   */
  update(
    id: string,
    change: RunChange,
    expected?: readonly string[],
  ): Promise<{ readonly run: Run; readonly changed: boolean }>;
  /** Returns the params of a run as EDN text, by key. */
  paramTexts(id: string): Promise<ReadonlyMap<string, string>>;
  /**
   * Inserts params, given as EDN text, if none of them is set; all or none.
   *
   * @returns The keys that are already set: if there are any, nothing was changed.
   * @throws {RunNotFoundError} If the run does not exist.
   */
  insertParams(id: string, params: ReadonlyMap<string, string>): Promise<ReadonlySet<string>>;
  /** Returns the ids that belong to runs. */
  known(ids: Iterable<string>): Promise<Set<string>>;
  /** Returns the ids that belong to runs, or belonged to runs removed by any program. */
  knownOrRemoved(ids: Iterable<string>): Promise<Set<string>>;
  /**
   * Returns all names of a kind: metrics and params of runs, or experiments with runs or a
   * description. May be slow; used for messages.
   */
  names(kind: "metric" | "param" | "experiment"): Promise<string[]>;
  /**
   * Archives a run: sets the status `archived` and keeps the former one. Does nothing if it is
   * already archived or running.
   *
   * @returns The current run.
   */
  archive(id: string): Promise<Run>;
  /** Unarchives a run and restores its former status. Returns the current run. */
  unarchive(id: string): Promise<Run>;
  /** Returns counts of runs. */
  counts(): Promise<RunCounts>;
  /** Starts a run, and records its environment and process. */
  start(
    options: StartOptions,
    environment: Environment | null,
    process?: RunProcess | null,
  ): Promise<Run>;
  /** Returns a run by id. */
  get(id: string): Promise<Run>;
  /** Lists the runs that match a query, in its order. */
  list(query: RunQuery): Promise<Run[]>;
  /**
   * Removes a run with all its records. Returns the places of its artifacts' bytes.
   *
   * @throws {ArtifactInUseError} If a model version uses one of its artifacts, unless `force` is
   * set, which removes the version in the same transaction.
   */
  remove(id: string, force: boolean): Promise<ArtifactPlace[]>;
  /** Returns the complete document of a run; `undefined` if it does not exist. */
  document(id: string): Promise<RunDocument | undefined>;
  /**
   * Imports runs of another store, all or none. An existing run gets what it lacks, provided the
   * document has everything the run has. `publish` is called under the write lock to publish the
   * missing bytes before any record is written.
   *
   * @returns The missing parts, by run id; runs not listed already existed completely.
   * @throws {RunStateError} If a run with the same id exists, and neither contains the other.
   */
  importRuns(
    runs: readonly RunDocument[],
    publish: (missing: ReadonlyMap<string, Missing>) => Promise<void>,
  ): Promise<ReadonlyMap<string, Missing>>;
  /**
   * Replaces the values of existing params, given as EDN text, and sets tags.
   *
   * @returns Whether each param had the expected value; if not, nothing was changed.
   */
  replaceParams(
    id: string,
    params: ReadonlyMap<string, string>,
    expected: ReadonlyMap<string, string>,
    tags: Readonly<Record<string, string>>,
  ): Promise<boolean>;
  /** Returns the params of a run. */
  params(id: string): Promise<Record<string, unknown>>;
  /** Sets tags of a run, and removes those that are `null`. */
  setTags(id: string, tags: Readonly<Record<string, string | null>>): Promise<void>;
  /** Adds points to a run's metrics: all, or none if the run does not exist. */
  logMetrics(batch: MetricBatch): Promise<void>;
  /** Returns the points of one metric as columns, in the order they were logged. */
  columns(id: string, key: string): Promise<PointColumns>;
  /** Returns the points of one or all metrics of a run, in the order they were logged. */
  metrics(id: string, key: string | undefined): Promise<Metric[]>;
  /** Returns a summary of each metric of a run, sorted by key. */
  summary(id: string): Promise<MetricSummary[]>;
  /** Records a dataset used by a run. */
  logDataset(id: string, dataset: DatasetOptions): Promise<Dataset>;
  /** Returns the datasets of a run, in the order they were recorded. */
  datasets(id: string): Promise<Dataset[]>;
  /** Lists the experiments that have runs or a description, by name. */
  experiments(): Promise<Experiment[]>;
  /** Sets the description of an experiment. Omitted members keep their value. */
  describeExperiment(
    name: string,
    about: { readonly description?: string | null; readonly owner?: string | null },
  ): Promise<void>;
}
