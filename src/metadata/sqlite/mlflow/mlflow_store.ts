import type { MlflowStore } from "../../mlflow_store.ts";
import { SqlMlflowStore } from "../../sql/mlflow/mlflow_store.ts";
import type { Database } from "../database.ts";
import { mlflowDatabase } from "./mlflow_database.ts";

/** Returns the data of the MLflow protocol in SQLite; `now` is the clock, in epoch milliseconds. */
export function mlflowStore(database: Database, now: () => number): MlflowStore {
  return new SqlMlflowStore(mlflowDatabase(database), now);
}
