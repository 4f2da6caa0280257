/** Table of runs: filtered, sorted and paged. */
import type { MetricSummary } from "./metric.ts";
import type { Clause } from "./mlflow_query.ts";
import type { ModelVersion } from "./model.ts";
import type { Run } from "./run.ts";

/** Order of runs. Runs without the value always come last, newest first. */
export type TableOrder =
  | { readonly by: "start" | "end" | "duration" | "name" | "status" | "user" }
  | { readonly by: "param" | "tag"; readonly key: string }
  | { readonly by: "metric"; readonly key: string; readonly of: "last" | "min" | "max" };

/** A position in a table, after a row; opaque to callers. */
export type TablePosition = readonly (string | number | null)[];

/** Filters, order and page of a table. */
export interface TableQuery {
  /** Only runs of this experiment. */
  readonly experiment?: string | undefined;
  /** Whether archived runs are excluded, included, or listed alone. */
  readonly archived: "exclude" | "include" | "only";
  /** Conditions, all of which must hold. */
  readonly clauses: readonly Clause[];
  /** Sort key. */
  readonly order: TableOrder;
  /** Whether the largest value comes first. */
  readonly descending: boolean;
  /** Maximum number of rows. */
  readonly limit: number;
  /** Only rows after this position. */
  readonly after?: TablePosition | undefined;
  /** Number of rows to skip. Their number costs time: an index is walked that far. */
  readonly skip?: number | undefined;
}

/** A row. */
export interface TableRow {
  /** The run. */
  readonly run: Run;
  /** Params as text, sorted by key: strings as is, collections as JSON, anything else as EDN. */
  readonly params: ReadonlyMap<string, string>;
  /** Summaries of its metrics, sorted by key. */
  readonly metrics: readonly MetricSummary[];
}

/** A page of rows. */
export interface TablePage {
  /** The rows. */
  readonly rows: readonly TableRow[];
  /** Position after the last row, if more follow. */
  readonly next?: TablePosition | undefined;
}

/** Names of params, metrics and tags in use. */
export interface TableColumns {
  /** Names of params, sorted. */
  readonly params: readonly string[];
  /** Names of metrics, sorted. */
  readonly metrics: readonly string[];
  /** Names of tags, sorted. */
  readonly tags: readonly string[];
  /** Whether names may be missing: only the newest runs are checked, and the lists are limited. */
  readonly truncated: boolean;
}

/** Counts of an experiment's runs. */
export interface ExperimentCounts {
  /** Name of the experiment. */
  readonly name: string;
  /** Number of runs by status. */
  readonly byStatus: Readonly<Record<string, number>>;
}

/** Size of an experiment's artifacts. */
export interface ExperimentSize {
  /** Name of the experiment. */
  readonly name: string;
  /** Number of artifacts. */
  readonly artifacts: number;
  /** Total size according to the records, in bytes. */
  readonly bytes: number;
}

/** A pipeline run by the Clojure library; the keys are those of its API. */
export interface Pipeline {
  /** Id of the pipeline. */
  readonly id: string;
  /** Name of the pipeline. */
  readonly name: string;
  /** Purpose of the pipeline. */
  readonly description: string | null;
  /** Status. */
  readonly status: string;
  /** Creation time, in epoch milliseconds. */
  readonly "created-at": number;
  /** End time, in epoch milliseconds. */
  readonly "finished-at": number | null;
}

/** A step of a pipeline; the keys are those of chachaml's API. */
export interface PipelineStep {
  /** Id of the step. */
  readonly id: string;
  /** Id of the pipeline. */
  readonly "pipeline-id": string;
  /** Name of the step. */
  readonly "step-name": string;
  /** Position among the steps. */
  readonly "step-order": number;
  /** Id of the run that the step created. */
  readonly "run-id": string | null;
  /** Status. */
  readonly status: string;
  /** Start time, in epoch milliseconds. */
  readonly "started-at": number | null;
  /** End time, in epoch milliseconds. */
  readonly "finished-at": number | null;
}

/** Table of runs, and further data for the web page. */
export interface RunTable {
  /** Returns a page of the runs that match a query. */
  page(query: TableQuery): Promise<TablePage>;
  /** Returns the number of runs that match a query. */
  count(query: Pick<TableQuery, "experiment" | "archived" | "clauses">): Promise<number>;
  /** Returns the names in use by runs of an experiment, or of all. */
  columns(experiment?: string): Promise<TableColumns>;
  /** Returns the number of runs by experiment and status. */
  counts(): Promise<ExperimentCounts[]>;
  /** Returns the ids of a run's children, newest first, at most `limit`. */
  children(runId: string, limit: number): Promise<string[]>;
  /** Returns the model versions that use artifacts of a run, by model and number. */
  versions(runId: string): Promise<Pick<ModelVersion, "model" | "version" | "stage">[]>;
  /** Returns the size of artifacts by experiment, largest first. Scans all records. */
  sizes(): Promise<ExperimentSize[]>;
  /** Returns the newest pipelines of chachaml; empty if it has no table of them. */
  pipelines(limit: number): Promise<Pipeline[]>;
  /** Returns a pipeline with its steps in order; `undefined` if it does not exist. */
  pipeline(id: string): Promise<(Pipeline & { readonly steps: PipelineStep[] }) | undefined>;
}
