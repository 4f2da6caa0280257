/** Data of the MLflow protocol beyond the data of the store. */
import type { MetricBatch } from "./metric.ts";
import type { MlflowDocuments } from "./mlflow_documents.ts";
import type { Page, Search } from "./mlflow_query.ts";

/** Tags or params as keys and values. */
export type Pairs = readonly { readonly key: string; readonly value: string }[];

/** An experiment. */
export interface MlflowExperiment {
  /** Numeric id as text. The default experiment is 0. */
  readonly id: string;
  /** Name of the experiment. */
  readonly name: string;
  /** Whether it is deleted. */
  readonly deleted: boolean;
  /** Creation time, in epoch milliseconds. */
  readonly createdAt: number;
  /** Time of the last change, in epoch milliseconds. */
  readonly updatedAt: number;
  /** Tags of the experiment. */
  readonly tags: Pairs;
}

/** A value of a metric. */
export interface MlflowMetric {
  /** Name of the metric. */
  readonly key: string;
  /** The value. */
  readonly value: number;
  /** Time, in epoch milliseconds. */
  readonly timestamp: number;
  /** Training step. */
  readonly step: number;
}

/** A run with its logged data. */
export interface MlflowRun {
  /** Id of the run. */
  readonly id: string;
  /** Id of its experiment. */
  readonly experimentId: string;
  /** Name of the run. */
  readonly name: string | null;
  /** User who started it. */
  readonly userId: string | null;
  /** RUNNING, FINISHED, FAILED, KILLED or SCHEDULED. */
  readonly status: string;
  /** Start time, in epoch milliseconds. */
  readonly startTime: number;
  /** End time, in epoch milliseconds. */
  readonly endTime: number | null;
  /** Whether it is deleted, i.e. archived in the store. */
  readonly deleted: boolean;
  /** Last value of each metric. */
  readonly metrics: readonly MlflowMetric[];
  /** Params as text. */
  readonly params: Pairs;
  /** Tags, including those of the protocol. */
  readonly tags: Pairs;
  /** Datasets used by the run. */
  readonly datasets: readonly MlflowDatasetInput[];
  /** Ids of logged models used by the run. */
  readonly modelInputs: readonly string[];
  /** Logged models created by the run, with the step. */
  readonly modelOutputs: readonly { readonly modelId: string; readonly step: number }[];
}

/** A dataset with its use in a run. */
export interface MlflowDatasetInput {
  /** Name of the dataset. */
  readonly name: string;
  /** Digest of the content. */
  readonly digest: string;
  /** Type of `source`. */
  readonly sourceType: string;
  /** Origin. */
  readonly source: string;
  /** Its schema, as JSON. */
  readonly schema: string | null;
  /** Its profile, as JSON. */
  readonly profile: string | null;
  /** Tags of this use. */
  readonly tags: Pairs;
}

/** A run to start. */
export interface NewMlflowRun {
  /** Id of the run. */
  readonly id: string;
  /** Id of its experiment. */
  readonly experimentId: string;
  /** Name of the run. */
  readonly name: string;
  /** User who starts it. */
  readonly userId: string | null;
  /** Start time, in epoch milliseconds. */
  readonly startTime: number;
  /** Tags of the run. */
  readonly tags: Pairs;
}

/** Changes of a run. Omitted members keep their value. */
export interface MlflowRunChange {
  /** Status of the protocol. */
  readonly status?: string;
  /** End time, in epoch milliseconds. */
  readonly endTime?: number;
  /** Name of the run. */
  readonly name?: string;
}

/** Data logged to a run in one transaction. */
export interface MlflowBatch {
  /** Points, in the order logged. */
  readonly metrics: MetricBatch;
  /** Logged model and dataset of the points, if any. */
  readonly about?: {
    readonly modelId: string | null;
    readonly datasetName: string | null;
    readonly datasetDigest: string | null;
  };
  /** Params, as text. */
  readonly params: Pairs;
  /** Tags to set. */
  readonly tags: Pairs;
  /** The client's id of the call. A call is stored only once. */
  readonly logId?: string;
}

/** A param that already has another value. */
export interface ParamConflict {
  /** Name of the param. */
  readonly key: string;
  /** Existing value. */
  readonly old: string;
  /** Rejected value. */
  readonly value: string;
}

/** A point with its run. */
export interface MlflowRunMetric extends MlflowMetric {
  /** Id of the run. */
  readonly runId: string;
}

/** A logged model. */
export interface LoggedModel {
  /** Id: `m-` and 32 hex digits. */
  readonly id: string;
  /** Id of its experiment. */
  readonly experimentId: string;
  /** Name of the model. */
  readonly name: string;
  /** LOGGED_MODEL_PENDING, LOGGED_MODEL_READY or LOGGED_MODEL_UPLOAD_FAILED. */
  readonly status: string;
  /** Type of the model. */
  readonly type: string;
  /** Id of the run that created it. */
  readonly sourceRunId: string | null;
  /** Creation time, in epoch milliseconds. */
  readonly createdAt: number;
  /** Time of the last change, in epoch milliseconds. */
  readonly updatedAt: number;
  /** Params. */
  readonly params: Pairs;
  /** Tags. */
  readonly tags: Pairs;
  /** Metrics logged for the model. */
  readonly metrics: readonly (MlflowRunMetric & {
    readonly datasetName: string | null;
    readonly datasetDigest: string | null;
  })[];
}

/** A registered model. */
export interface RegisteredModel {
  /** Name of the model. */
  readonly name: string;
  /** Purpose of the model. */
  readonly description: string | null;
  /** Creation time, in epoch milliseconds. */
  readonly createdAt: number;
  /** Time of the last change, in epoch milliseconds. */
  readonly updatedAt: number;
  /** Tags. */
  readonly tags: Pairs;
  /** Aliases of the versions. */
  readonly aliases: readonly { readonly alias: string; readonly version: number }[];
  /** Latest version of each stage. */
  readonly latest: readonly RegisteredVersion[];
}

/** A version of a registered model. */
export interface RegisteredVersion {
  /** Name of the model. */
  readonly name: string;
  /** Version number. */
  readonly version: number;
  /** Stage in the store: `none`, `staging`, `production` or `archived`. */
  readonly stage: string;
  /** Description of the version. */
  readonly description: string | null;
  /** URI of its files. */
  readonly source: string;
  /** Id of the run that created it. */
  readonly runId: string | null;
  /** Link provided by the client. */
  readonly runLink: string | null;
  /** Id of the logged model it was created from. */
  readonly modelId: string | null;
  /** Creation time, in epoch milliseconds. */
  readonly createdAt: number;
  /** Time of the last change, in epoch milliseconds. */
  readonly updatedAt: number;
  /** Tags. */
  readonly tags: Pairs;
  /** Aliases. */
  readonly aliases: readonly string[];
}

/** A version to add. */
export interface NewRegisteredVersion {
  /** URI of its files. */
  readonly source: string;
  /** Id of the run that created it. */
  readonly runId: string | null;
  /** Id of its artifact, if that is in the store. */
  readonly artifactId: string | null;
  /** Link provided by the client. */
  readonly runLink: string | null;
  /** Id of the logged model it is created from. */
  readonly modelId: string | null;
  /** Description of the version. */
  readonly description: string | null;
  /** Tags. */
  readonly tags: Pairs;
}

/** Experiments of the MLflow protocol. */
export interface MlflowExperiments {
  /** Creates an experiment; `undefined` if the name is taken. */
  create(name: string, tags: Pairs): Promise<string | undefined>;
  /** Returns an experiment by id. */
  byId(id: string): Promise<MlflowExperiment | undefined>;
  /** Returns an experiment by name, including one that only runs of other programs use. */
  byName(name: string): Promise<MlflowExperiment | undefined>;
  /** Searches experiments. */
  search(search: Search): Promise<Page<MlflowExperiment>>;
  /** Renames an experiment with all its runs; `false` if the name is taken. */
  rename(id: string, name: string): Promise<boolean>;
  /** Removes an experiment permanently; `false` if it has runs. */
  remove(id: string): Promise<boolean>;
  /** Deletes or restores an experiment. */
  setDeleted(id: string, deleted: boolean): Promise<void>;
  /** Sets a tag, or removes it if `value` is `null`; `false` if there was none to remove. */
  setTag(id: string, key: string, value: string | null): Promise<boolean>;
}

/** Runs of the MLflow protocol. */
export interface MlflowRuns {
  /** Starts a run. Returns it. */
  create(run: NewMlflowRun): Promise<MlflowRun>;
  /** Returns a run by id. */
  get(id: string): Promise<MlflowRun | undefined>;
  /** Returns only the lifecycle stage of a run; `undefined` if it does not exist. */
  stateOf(id: string): Promise<"active" | "deleted" | undefined>;
  /** Changes a run. */
  update(id: string, change: MlflowRunChange): Promise<void>;
  /** Archives or unarchives a run. */
  setDeleted(id: string, deleted: boolean): Promise<void>;
  /**
   * Logs to a run, all or none. A point that is already stored is not added again, because clients
   * repeat requests whose response was lost.
   *
   * @returns Params that have another value; if there are any, nothing was logged.
   */
  log(id: string, batch: MlflowBatch): Promise<readonly ParamConflict[]>;
  /** Removes a tag; `false` if there is none. */
  deleteTag(id: string, key: string): Promise<boolean>;
  /** Sets a tag to the result of `change` for its current value, in one transaction. */
  changeTag(
    id: string,
    key: string,
    change: (before: string | undefined) => string,
  ): Promise<void>;
  /** Searches the runs of some experiments. */
  search(experimentIds: readonly string[], search: Search): Promise<Page<MlflowRun>>;
  /** Returns the points of a metric by step, then time. */
  history(
    id: string,
    key: string,
    page: { readonly limit: number; readonly offset: number },
  ): Promise<Page<MlflowMetric>>;
  /** Adds inputs. */
  addInputs(
    id: string,
    datasets: readonly MlflowDatasetInput[],
    modelIds: readonly string[],
  ): Promise<void>;
  /** Adds outputs. */
  addOutputs(
    id: string,
    models: readonly { readonly modelId: string; readonly step: number }[],
  ): Promise<void>;
  /** Returns the datasets used by runs of some experiments. */
  datasets(experimentIds: readonly string[]): Promise<
    readonly { experimentId: string; name: string; digest: string; context: string | null }[]
  >;
}

/** Logged models of the MLflow protocol. */
export interface LoggedModels {
  /** Adds a model. */
  create(model: Omit<LoggedModel, "metrics" | "updatedAt">): Promise<void>;
  /** Returns a model by id. */
  get(id: string): Promise<LoggedModel | undefined>;
  /** Returns the ids of the models that a run has logged. */
  idsOfRun(runId: string): Promise<string[]>;
  /** Sets the status of a model; `false` if it does not exist. */
  setStatus(id: string, status: string): Promise<boolean>;
  /** Removes a model; `false` if it does not exist. */
  delete(id: string): Promise<boolean>;
  /** Adds params. */
  addParams(id: string, params: Pairs): Promise<void>;
  /** Sets tags. */
  setTags(id: string, tags: Pairs): Promise<void>;
  /** Removes a tag; `false` if there is none. */
  deleteTag(id: string, key: string): Promise<boolean>;
  /** Searches the models of some experiments. */
  search(experimentIds: readonly string[], search: Search): Promise<Page<LoggedModel>>;
}

/** Model registry of the MLflow protocol. */
export interface MlflowRegistry {
  /** Adds a model; `false` if the name is taken. */
  create(name: string, description: string | null, tags: Pairs): Promise<boolean>;
  /** Returns a model. */
  get(name: string): Promise<RegisteredModel | undefined>;
  /** Renames a model; `false` if the name is taken. */
  rename(name: string, to: string): Promise<boolean>;
  /** Sets the description of a model. */
  describe(name: string, description: string | null): Promise<void>;
  /** Removes a model with all its versions. */
  delete(name: string): Promise<void>;
  /** Searches models. */
  search(search: Search): Promise<Page<RegisteredModel>>;
  /** Sets a tag, or removes it if `value` is `null`; `false` if there was none to remove. */
  setTag(name: string, key: string, value: string | null): Promise<boolean>;
  /** Sets an alias, or removes it if `version` is `null`. */
  setAlias(name: string, alias: string, version: number | null): Promise<void>;
  /** Adds the next version. Numbers are never reused. */
  addVersion(name: string, version: NewRegisteredVersion): Promise<number>;
  /** Returns a version. */
  version(name: string, version: number): Promise<RegisteredVersion | undefined>;
  /** Sets the description of a version. */
  describeVersion(name: string, version: number, description: string | null): Promise<void>;
  /** Moves a version to a stage. */
  setStage(name: string, version: number, stage: string, archiveOthers: boolean): Promise<void>;
  /** Removes a version. */
  deleteVersion(name: string, version: number): Promise<void>;
  /** Sets or removes a tag of a version; `false` if there was none to remove. */
  setVersionTag(
    name: string,
    version: number,
    key: string,
    value: string | null,
  ): Promise<boolean>;
  /** Searches versions. */
  searchVersions(search: Search): Promise<Page<RegisteredVersion>>;
}

/** Data of the MLflow protocol. */
export interface MlflowStore {
  /** Experiments. */
  readonly experiments: MlflowExperiments;
  /** Runs. */
  readonly runs: MlflowRuns;
  /** Logged models. */
  readonly loggedModels: LoggedModels;
  /** Registered models and their versions. */
  readonly registry: MlflowRegistry;
  /** Traces and evaluation datasets. */
  readonly documents: MlflowDocuments;
}
