import { StorageError } from "../../../base/errors.ts";
import type { MlflowStore } from "../../mlflow_store.ts";
import type { Database } from "../database.ts";

/** What the MLflow protocol keeps, in PostgreSQL. */
export function openMlflowStore(_database: Database, _now: () => number): MlflowStore {
  throw new StorageError("serve MLflow clients", "this version does so from SQLite only");
}
