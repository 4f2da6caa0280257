import type { MlflowStore } from "../../metadata/mlflow_store.ts";
import type { Store } from "../../store/store.ts";
import type { Fields } from "../mlflow/fields.ts";
import type { Spool } from "./spool.ts";

/** A call of a trackio client. */
export interface TrackioCall {
  /** The store. */
  readonly store: Store;
  /** Store of the MLflow protocol, which drops duplicate points. */
  readonly mlflow: MlflowStore;
  /** Files uploaded earlier. */
  readonly spool: Spool;
  /** Clock, in epoch milliseconds. */
  readonly now: () => number;
  /** Arguments by name. */
  readonly fields: Fields;
  /** Name of the caller, if callers are identified. */
  readonly user: string | null;
}

/** Handles a call. */
export type TrackioHandler = (call: TrackioCall) => Promise<unknown>;
