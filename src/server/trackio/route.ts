import type { MlflowStore } from "../../metadata/mlflow_store.ts";
import type { Store } from "../../store/store.ts";
import type { Fields } from "../mlflow/fields.ts";
import type { Spool } from "./spool.ts";

/** A call of a trackio client. */
export interface TrackioCall {
  /** The store. */
  readonly store: Store;
  /** What the MLflow protocol keeps: points with their duplicates left out. */
  readonly mlflow: MlflowStore;
  /** Files that were uploaded before. */
  readonly spool: Spool;
  /** The clock, in epoch milliseconds. */
  readonly now: () => number;
  /** Named arguments. */
  readonly fields: Fields;
  /** Who calls, if callers have names here. */
  readonly user: string | null;
}

/** Answers a call. */
export type TrackioHandler = (call: TrackioCall) => Promise<unknown>;
