/** What the MLflow protocol keeps, beyond what the store itself knows. */
import type { MetricBatch } from "./metric.ts";
import type { Page, Search } from "./mlflow_query.ts";

/** Tags, as key and value. */
export type Pairs = readonly { readonly key: string; readonly value: string }[];

/** An experiment. */
export interface MlflowExperiment {
  /** Digits. Experiment 0 is the default one. */
  readonly id: string;
  /** Its name in the store. */
  readonly name: string;
  /** Whether it is deleted. */
  readonly deleted: boolean;
  /** Epoch milliseconds. */
  readonly createdAt: number;
  /** Epoch milliseconds. */
  readonly updatedAt: number;
  /** Its tags. */
  readonly tags: Pairs;
}

/** A value of a metric. */
export interface MlflowMetric {
  /** The metric. */
  readonly key: string;
  /** The value. */
  readonly value: number;
  /** Epoch milliseconds. */
  readonly timestamp: number;
  /** The training step. */
  readonly step: number;
}

/** A run with what is logged to it. */
export interface MlflowRun {
  /** Its id. */
  readonly id: string;
  /** Id of its experiment. */
  readonly experimentId: string;
  /** Its name. */
  readonly name: string | null;
  /** Who started it. */
  readonly userId: string | null;
  /** RUNNING, FINISHED, FAILED, KILLED or SCHEDULED. */
  readonly status: string;
  /** Epoch milliseconds. */
  readonly startTime: number;
  /** Epoch milliseconds. */
  readonly endTime: number | null;
  /** Whether it is deleted: archived, in the store's own words. */
  readonly deleted: boolean;
  /** The last value of each metric. */
  readonly metrics: readonly MlflowMetric[];
  /** Params as text. */
  readonly params: Pairs;
  /** Tags, those of the protocol itself among them. */
  readonly tags: Pairs;
  /** Datasets that it used. */
  readonly datasets: readonly MlflowDatasetInput[];
  /** Logged models that it used. */
  readonly modelInputs: readonly string[];
  /** Logged models that it made, with the step. */
  readonly modelOutputs: readonly { readonly modelId: string; readonly step: number }[];
}

/** A dataset, with what it was used for. */
export interface MlflowDatasetInput {
  /** Name. */
  readonly name: string;
  /** Digest of its content. */
  readonly digest: string;
  /** What `source` is. */
  readonly sourceType: string;
  /** Where it came from. */
  readonly source: string;
  /** Its schema, as JSON. */
  readonly schema: string | null;
  /** Its profile, as JSON. */
  readonly profile: string | null;
  /** Tags of this use of it. */
  readonly tags: Pairs;
}

/** A run about to start. */
export interface NewMlflowRun {
  /** Its id. */
  readonly id: string;
  /** Id of its experiment. */
  readonly experimentId: string;
  /** Its name. */
  readonly name: string;
  /** Who starts it. */
  readonly userId: string | null;
  /** Epoch milliseconds. */
  readonly startTime: number;
  /** Its tags. */
  readonly tags: Pairs;
}

/** Changes of a run; what is left out stays. */
export interface MlflowRunChange {
  /** A status of the protocol. */
  readonly status?: string;
  /** Epoch milliseconds. */
  readonly endTime?: number;
  /** A name. */
  readonly name?: string;
}

/** What is logged to a run in one step. */
export interface MlflowBatch {
  /** Points, in the order logged. */
  readonly metrics: MetricBatch;
  /** The logged model and dataset that the points belong to, if any. */
  readonly about?: {
    readonly modelId: string | null;
    readonly datasetName: string | null;
    readonly datasetDigest: string | null;
  };
  /** Params, as text. */
  readonly params: Pairs;
  /** Tags to set. */
  readonly tags: Pairs;
  /** The client's own id of this call: what was stored under it is not stored again. */
  readonly logId?: string;
}

/** A param that is set to another value. */
export interface ParamConflict {
  /** The param. */
  readonly key: string;
  /** Its value. */
  readonly old: string;
  /** The value that was refused. */
  readonly value: string;
}

/** A point with the run that it belongs to. */
export interface MlflowRunMetric extends MlflowMetric {
  /** The run. */
  readonly runId: string;
}

/** A logged model. */
export interface LoggedModel {
  /** `m-` and 32 hex digits. */
  readonly id: string;
  /** Id of its experiment. */
  readonly experimentId: string;
  /** Its name. */
  readonly name: string;
  /** LOGGED_MODEL_PENDING, LOGGED_MODEL_READY or LOGGED_MODEL_UPLOAD_FAILED. */
  readonly status: string;
  /** What kind of model it is. */
  readonly type: string;
  /** The run that made it. */
  readonly sourceRunId: string | null;
  /** Epoch milliseconds. */
  readonly createdAt: number;
  /** Epoch milliseconds. */
  readonly updatedAt: number;
  /** Params. */
  readonly params: Pairs;
  /** Tags. */
  readonly tags: Pairs;
  /** Metrics that were logged for it. */
  readonly metrics: readonly (MlflowRunMetric & {
    readonly datasetName: string | null;
    readonly datasetDigest: string | null;
  })[];
}

/** A registered model. */
export interface RegisteredModel {
  /** Its name. */
  readonly name: string;
  /** Its purpose. */
  readonly description: string | null;
  /** Epoch milliseconds. */
  readonly createdAt: number;
  /** Epoch milliseconds. */
  readonly updatedAt: number;
  /** Tags. */
  readonly tags: Pairs;
  /** Aliases of its versions. */
  readonly aliases: readonly { readonly alias: string; readonly version: number }[];
  /** The latest version of each stage. */
  readonly latest: readonly RegisteredVersion[];
}

/** A version of a registered model. */
export interface RegisteredVersion {
  /** Its model. */
  readonly name: string;
  /** Its number. */
  readonly version: number;
  /** A stage of the store: `none`, `staging`, `production` or `archived`. */
  readonly stage: string;
  /** Its description. */
  readonly description: string | null;
  /** Where its files are. */
  readonly source: string;
  /** The run that made it. */
  readonly runId: string | null;
  /** A link that the client gave. */
  readonly runLink: string | null;
  /** The logged model that it is. */
  readonly modelId: string | null;
  /** Epoch milliseconds. */
  readonly createdAt: number;
  /** Epoch milliseconds. */
  readonly updatedAt: number;
  /** Tags. */
  readonly tags: Pairs;
  /** Aliases. */
  readonly aliases: readonly string[];
}

/** A version about to be added. */
export interface NewRegisteredVersion {
  /** Where its files are. */
  readonly source: string;
  /** The run that made it. */
  readonly runId: string | null;
  /** The artifact that stands for it, if it is in the store. */
  readonly artifactId: string | null;
  /** A link that the client gave. */
  readonly runLink: string | null;
  /** The logged model that it is. */
  readonly modelId: string | null;
  /** Its description. */
  readonly description: string | null;
  /** Tags. */
  readonly tags: Pairs;
}

/** Experiments by id. */
export interface MlflowExperiments {
  /** Creates one; `undefined` if the name is taken. */
  create(name: string, tags: Pairs): Promise<string | undefined>;
  /** The experiment of an id. */
  byId(id: string): Promise<MlflowExperiment | undefined>;
  /** The experiment of a name: also one that only runs of other programs bear. */
  byName(name: string): Promise<MlflowExperiment | undefined>;
  /** Searches experiments. */
  search(search: Search): Promise<Page<MlflowExperiment>>;
  /** Renames one, with all its runs; `false` if the name is taken. */
  rename(id: string, name: string): Promise<boolean>;
  /** Deletes one or brings it back. */
  setDeleted(id: string, deleted: boolean): Promise<void>;
  /** Sets a tag, or removes it where the value is `null`; `false` if there was none to remove. */
  setTag(id: string, key: string, value: string | null): Promise<boolean>;
}

/** Runs as the protocol has them. */
export interface MlflowRuns {
  /** Starts a run. */
  create(run: NewMlflowRun): Promise<void>;
  /** The run of an id. */
  get(id: string): Promise<MlflowRun | undefined>;
  /** The lifecycle of a run alone; `undefined` if it is not there. */
  stateOf(id: string): Promise<"active" | "deleted" | undefined>;
  /** Changes a run. */
  update(id: string, change: MlflowRunChange): Promise<void>;
  /** Archives a run or brings it back. */
  setDeleted(id: string, deleted: boolean): Promise<void>;
  /**
   * Logs to a run, all or nothing. A point that is there already is not added again: a client may
   * repeat a call whose answer was lost.
   *
   * @returns Params that have another value; if there are any, nothing was logged.
   */
  log(id: string, batch: MlflowBatch): Promise<readonly ParamConflict[]>;
  /** Removes a tag; `false` if there is none. */
  deleteTag(id: string, key: string): Promise<boolean>;
  /** Sets a tag to what `change` makes of its value, in one transaction. */
  changeTag(
    id: string,
    key: string,
    change: (before: string | undefined) => string,
  ): Promise<void>;
  /** Searches runs of some experiments. */
  search(experimentIds: readonly string[], search: Search): Promise<Page<MlflowRun>>;
  /** The points of a metric by step, then time. */
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
  /** Datasets that runs of some experiments used. */
  datasets(experimentIds: readonly string[]): Promise<
    readonly { experimentId: string; name: string; digest: string; context: string | null }[]
  >;
}

/** Logged models. */
export interface LoggedModels {
  /** Adds one. */
  create(model: Omit<LoggedModel, "metrics" | "updatedAt">): Promise<void>;
  /** The model of an id. */
  get(id: string): Promise<LoggedModel | undefined>;
  /** Sets its status; `false` if it is not there. */
  setStatus(id: string, status: string): Promise<boolean>;
  /** Removes it; `false` if it is not there. */
  delete(id: string): Promise<boolean>;
  /** Adds params. */
  addParams(id: string, params: Pairs): Promise<void>;
  /** Sets tags. */
  setTags(id: string, tags: Pairs): Promise<void>;
  /** Removes a tag; `false` if there is none. */
  deleteTag(id: string, key: string): Promise<boolean>;
  /** Searches models of some experiments. */
  search(experimentIds: readonly string[], search: Search): Promise<Page<LoggedModel>>;
}

/** The registry as the protocol has it. */
export interface MlflowRegistry {
  /** Adds a model; `false` if the name is taken. */
  create(name: string, description: string | null, tags: Pairs): Promise<boolean>;
  /** A model. */
  get(name: string): Promise<RegisteredModel | undefined>;
  /** Renames it; `false` if the name is taken. */
  rename(name: string, to: string): Promise<boolean>;
  /** Describes it. */
  describe(name: string, description: string | null): Promise<void>;
  /** Removes it with all versions. */
  delete(name: string): Promise<void>;
  /** Searches models. */
  search(search: Search): Promise<Page<RegisteredModel>>;
  /** Sets a tag, or removes it where the value is `null`; `false` if there was none to remove. */
  setTag(name: string, key: string, value: string | null): Promise<boolean>;
  /** Sets an alias, or removes it where the version is `null`. */
  setAlias(name: string, alias: string, version: number | null): Promise<void>;
  /** Adds the next version. Numbers are never given twice. */
  addVersion(name: string, version: NewRegisteredVersion): Promise<number>;
  /** A version. */
  version(name: string, version: number): Promise<RegisteredVersion | undefined>;
  /** Describes a version. */
  describeVersion(name: string, version: number, description: string | null): Promise<void>;
  /** Moves a version to a stage. */
  setStage(name: string, version: number, stage: string, archiveOthers: boolean): Promise<void>;
  /** Removes a version. */
  deleteVersion(name: string, version: number): Promise<void>;
  /** Sets a tag of a version, or removes it; `false` if there was none to remove. */
  setVersionTag(
    name: string,
    version: number,
    key: string,
    value: string | null,
  ): Promise<boolean>;
  /** Searches versions. */
  searchVersions(search: Search): Promise<Page<RegisteredVersion>>;
}

/** Everything that the protocol keeps. */
export interface MlflowStore {
  /** Experiments by id. */
  readonly experiments: MlflowExperiments;
  /** Runs. */
  readonly runs: MlflowRuns;
  /** Logged models. */
  readonly loggedModels: LoggedModels;
  /** Registered models and their versions. */
  readonly registry: MlflowRegistry;
}
