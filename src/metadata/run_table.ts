/** Runs as a table: filtered, in any order, a page at a time. */
import type { MetricSummary } from "./metric.ts";
import type { Clause } from "./mlflow_query.ts";
import type { ModelVersion } from "./model.ts";
import type { Run } from "./run.ts";

/** An order of runs. Runs without the value come last either way, the newest first. */
export type TableOrder =
  | { readonly by: "start" | "end" | "duration" | "name" | "status" | "user" }
  | { readonly by: "param" | "tag"; readonly key: string }
  | { readonly by: "metric"; readonly key: string; readonly of: "last" | "min" | "max" };

/** A place in a table, behind a row; only the store that made it reads it. */
export type TablePosition = readonly (string | number | null)[];

/** Which runs, and in which order. */
export interface TableQuery {
  /** Of this experiment; of all if left out. */
  readonly experiment?: string | undefined;
  /** Whether archived runs are left out, there too, or there alone. */
  readonly archived: "exclude" | "include" | "only";
  /** Conditions, all of which must hold. */
  readonly clauses: readonly Clause[];
  /** The order. */
  readonly order: TableOrder;
  /** Whether the largest value comes first. */
  readonly descending: boolean;
  /** The largest number of rows. */
  readonly limit: number;
  /** Only rows behind this place. */
  readonly after?: TablePosition | undefined;
}

/** A row. */
export interface TableRow {
  /** The run. */
  readonly run: Run;
  /** Its params as text, sorted by key: a string as it is, anything else as EDN. */
  readonly params: ReadonlyMap<string, string>;
  /** Summaries of its metrics, sorted by key. */
  readonly metrics: readonly MetricSummary[];
}

/** A page of rows. */
export interface TablePage {
  /** The rows. */
  readonly rows: readonly TableRow[];
  /** The place behind the last row, if there are more. */
  readonly next?: TablePosition | undefined;
}

/** Names that runs have values for. */
export interface TableColumns {
  /** Params, sorted. */
  readonly params: readonly string[];
  /** Metrics, sorted. */
  readonly metrics: readonly string[];
  /** Tags, sorted. */
  readonly tags: readonly string[];
  /** Whether there may be more names: only the newest runs are looked at, and the lists are limited. */
  readonly truncated: boolean;
}

/** How many runs an experiment has. */
export interface ExperimentCounts {
  /** The experiment. */
  readonly name: string;
  /** Its runs by status. */
  readonly byStatus: Readonly<Record<string, number>>;
}

/** Artifacts of an experiment. */
export interface ExperimentSize {
  /** The experiment. */
  readonly name: string;
  /** Number of artifacts. */
  readonly artifacts: number;
  /** Bytes of them, as their records say. */
  readonly bytes: number;
}

/** A pipeline that chachaml has run; its keys are those of chachaml. */
export interface Pipeline {
  /** Its id. */
  readonly id: string;
  /** Its name. */
  readonly name: string;
  /** Its purpose. */
  readonly description: string | null;
  /** Its status. */
  readonly status: string;
  /** Epoch milliseconds. */
  readonly "created-at": number;
  /** Epoch milliseconds. */
  readonly "finished-at": number | null;
}

/** A step of a pipeline; its keys are those of chachaml. */
export interface PipelineStep {
  /** Its id. */
  readonly id: string;
  /** The pipeline. */
  readonly "pipeline-id": string;
  /** Its name. */
  readonly "step-name": string;
  /** Its place among the steps. */
  readonly "step-order": number;
  /** The run that it has made. */
  readonly "run-id": string | null;
  /** Its status. */
  readonly status: string;
  /** Epoch milliseconds. */
  readonly "started-at": number | null;
  /** Epoch milliseconds. */
  readonly "finished-at": number | null;
}

/** Runs as a table, and what else a page shows of a store. */
export interface RunTable {
  /** A page of the runs that fit a query. */
  page(query: TableQuery): Promise<TablePage>;
  /** Counts the runs that fit a query. */
  count(query: Pick<TableQuery, "experiment" | "archived" | "clauses">): Promise<number>;
  /** Names that runs of an experiment, or of all, have values for. */
  columns(experiment?: string): Promise<TableColumns>;
  /** Counts the runs of each experiment, by its name. */
  counts(): Promise<ExperimentCounts[]>;
  /** Ids of the runs that are part of a run, the newest first; at most `limit`. */
  children(runId: string, limit: number): Promise<string[]>;
  /** Versions of models that are made of a run, by model and number. */
  versions(runId: string): Promise<Pick<ModelVersion, "model" | "version" | "stage">[]>;
  /** Artifacts and their bytes by experiment, the largest first. It looks at every record. */
  sizes(): Promise<ExperimentSize[]>;
  /** The newest pipelines that chachaml has run; none where it has made no table of them. */
  pipelines(limit: number): Promise<Pipeline[]>;
  /** A pipeline with its steps in order; `undefined` if it is not there. */
  pipeline(id: string): Promise<(Pipeline & { readonly steps: PipelineStep[] }) | undefined>;
}
