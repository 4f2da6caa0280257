/** A database with the data of the MLflow protocol, as far as databases differ. */
import type { MetricBatch } from "../../metric.ts";
import type { MlflowBatch } from "../../mlflow_store.ts";
import type { DatasetDocument } from "../../run_document.ts";
import type { SqlRow } from "../../rows/value.ts";
import type { Fragment } from "../fragment.ts";
import type { Script } from "../script.ts";
import type { ScriptDatabase } from "../script_database.ts";

/** What points are about: a logged model, a dataset, or both. */
export type PointSubject = NonNullable<MlflowBatch["about"]>;

/** Place of a run in the order in which runs were added. */
export interface RunPlace {
  /** Join that {@linkcode column} needs, over `runs r`. */
  readonly join: string;
  /** Expression of the place. */
  readonly column: string;
  /** Statement for the last place, as `last`. */
  readonly last: string;
}

/** A database of the protocol. */
export interface MlflowDatabase extends ScriptDatabase {
  /** Place of a run, by which a paged search ignores runs that were added since it began. */
  readonly runPlace: RunPlace;
  /** Assigns ids to experiments created by runs of other programs. `now` is their creation time. */
  ensureIds(now: number): Promise<void>;
  /** Updates the summaries of metrics, where the database does not do so itself. */
  updateSummaries(): Promise<void>;
  /** Returns the table of metric summaries, and the prefix of a statement that uses it. */
  summaries(): Script<{ readonly table: string; readonly prefix: string }>;
  /** Returns the last point of each metric of some runs, by key. */
  lastPoints(runIds: readonly string[]): Script<SqlRow[]>;
  /** Returns the statement for all points of a metric of a run, by time. */
  history(runId: string, key: string): Fragment;
  /** Inserts points, except those already stored. Returns the inserted ones. */
  insertPoints(batch: MetricBatch): Script<MetricBatch>;
  /** Records what inserted points are about. */
  insertSubjects(batch: MetricBatch, about: PointSubject): Script<void>;
  /** Inserts a dataset of a run. */
  insertDataset(runId: string, dataset: DatasetDocument): Script<void>;
}
