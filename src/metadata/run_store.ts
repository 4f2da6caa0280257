import type { RunDocument } from "./run_document.ts";
import type { Dataset, DatasetOptions, Experiment } from "./dataset.ts";
import type { Metric, MetricBatch, MetricSummary, PointColumns } from "./metric.ts";
import type { Environment, Run, StartOptions } from "./run.ts";
import type { RunProcess } from "./process_store.ts";
import type { RunQuery } from "./run_query.ts";

/** Where artifacts of a run are, as far as is needed to remove them. */
export interface ArtifactPlace {
  /** The run. */
  readonly runId: string;
  /** The artifact's name. */
  readonly name: string;
  /** The path of its bytes. */
  readonly path: string;
}

/** What of a run changes. What is left out stays. */
export interface RunChange {
  /** Its status. */
  readonly status?: string;
  /** When it ended; `null` for not yet. */
  readonly endTime?: Date | null;
  /** Why it failed. */
  readonly error?: string | null;
  /** What it belongs to. */
  readonly experiment?: string;
  /** Display name. */
  readonly name?: string | null;
}

/** How many runs there are. */
export interface RunCounts {
  /** By status. */
  readonly byStatus: Readonly<Record<string, number>>;
  /** Experiments that have runs. */
  readonly experiments: number;
}

/** What a store lacks of a run. */
export interface Missing {
  /** All of the run, or, if it is there, what it has more by now. */
  readonly run: RunDocument;
  /** Whether the run is not there. */
  readonly isNew: boolean;
}

/** Runs, and what is logged to them. */
export interface RunStore {
  /**
   * Changes a run, if its status is one of those that the caller expects.
   *
   * @returns The run as it is now, and whether it was changed.
   * @throws {RunNotFoundError} If it is not there.
   */
  update(
    id: string,
    change: RunChange,
    expected?: readonly string[],
  ): Promise<{ readonly run: Run; readonly changed: boolean }>;
  /** The params of a run as EDN text, by key. */
  paramTexts(id: string): Promise<ReadonlyMap<string, string>>;
  /**
   * Sets params, given as EDN text, if none of them is set yet; all or none.
   *
   * @returns The keys that are set already: if there are any, nothing was done.
   * @throws {RunNotFoundError} If the run is not there.
   */
  insertParams(id: string, params: ReadonlyMap<string, string>): Promise<ReadonlySet<string>>;
  /** Which of some ids are those of runs. */
  known(ids: Iterable<string>): Promise<Set<string>>;
  /** Which of some ids are those of runs, or of runs that were removed, whichever program did so. */
  everKnown(ids: Iterable<string>): Promise<Set<string>>;
  /**
   * All names of a kind that are in use: metrics and params that runs have, experiments that runs
   * belong to or that were described. Reading them may take long; it is for messages.
   */
  names(kind: "metric" | "param" | "experiment"): Promise<string[]>;
  /**
   * Archives a run: sets the status `archived`, and keeps the one before. Does nothing to one that is
   * archived already, or running.
   *
   * @returns The run as it is now.
   */
  archive(id: string): Promise<Run>;
  /** Gives an archived run the status back that it had; the run as it is now. */
  unarchive(id: string): Promise<Run>;
  /** Counts the runs. */
  counts(): Promise<RunCounts>;
  /** Starts a run, and notes where, and the process that it lives in. */
  start(
    options: StartOptions,
    environment: Environment | null,
    process?: RunProcess | null,
  ): Promise<Run>;
  /** The run of an id. */
  get(id: string): Promise<Run>;
  /** The runs that fit a query, in its order. */
  list(query: RunQuery): Promise<Run[]>;
  /**
   * Removes a run, and the rows of all it has; gives the places of artifacts' bytes.
   *
   * @throws {ArtifactInUseError} If a model version is made of it, unless `force` is set, which
   * removes the version in the same transaction.
   */
  remove(id: string, force: boolean): Promise<ArtifactPlace[]>;
  /** A run with all that is kept of it; `undefined` if it is not there. */
  document(id: string): Promise<RunDocument | undefined>;
  /**
   * Writes runs of another store, all of them or none. A run that is there gets what it lacks, if it has
   * nothing that the document does not have. `publish`, called with the write lock held, publishes the
   * bytes of what is missing, before any record is written.
   *
   * @returns What was missing, by run; the others are there already, with all that they have.
   * @throws {RunStateError} If a run of one of the ids is there, and neither contains the other.
   */
  adopt(
    runs: readonly RunDocument[],
    publish: (missing: ReadonlyMap<string, Missing>) => Promise<void>,
  ): Promise<ReadonlyMap<string, Missing>>;
  /**
   * Sets params that are set already to other values, given as EDN text, and tags with them.
   *
   * @returns Whether each of them had the value that the caller expects; if not, nothing was done.
   */
  replaceParams(
    id: string,
    params: ReadonlyMap<string, string>,
    expected: ReadonlyMap<string, string>,
    tags: Readonly<Record<string, string>>,
  ): Promise<boolean>;
  /** The params of a run. */
  params(id: string): Promise<Record<string, unknown>>;
  /** Sets labels of a run, and removes those that are `null`. */
  setTags(id: string, tags: Readonly<Record<string, string | null>>): Promise<void>;
  /** Adds points to a run's metrics: all of them, or none if the run is not there. */
  logMetrics(batch: MetricBatch): Promise<void>;
  /** The points of one metric in the order logged, in columns. */
  columns(id: string, key: string): Promise<PointColumns>;
  /** The values of a run's metrics, or of one of them, in the order logged. */
  metrics(id: string, key: string | undefined): Promise<Metric[]>;
  /** A summary of each metric of a run, sorted by key. */
  summary(id: string): Promise<MetricSummary[]>;
  /** Notes a dataset that a run uses. */
  logDataset(id: string, dataset: DatasetOptions): Promise<Dataset>;
  /** The datasets of a run, in the order noted. */
  datasets(id: string): Promise<Dataset[]>;
  /** Experiments, by name: those that have runs, and those that have been described. */
  experiments(): Promise<Experiment[]>;
  /** Describes an experiment; what is left out stays. */
  describeExperiment(
    name: string,
    about: { readonly description?: string | null; readonly owner?: string | null },
  ): Promise<void>;
}
