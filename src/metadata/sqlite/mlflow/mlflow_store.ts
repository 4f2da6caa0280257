import type { MlflowStore } from "../../mlflow_store.ts";
import type { Database } from "../database.ts";
import { SqliteMlflowDocuments } from "./documents.ts";
import { SqliteMlflowExperiments } from "./experiments.ts";
import { SqliteLoggedModels } from "./logged_models.ts";
import { SqliteMlflowRegistry } from "./registry.ts";
import { SqliteMlflowRuns } from "./runs.ts";

/** Data of the MLflow protocol in SQLite. */
export class SqliteMlflowStore implements MlflowStore {
  readonly experiments: SqliteMlflowExperiments;
  readonly runs: SqliteMlflowRuns;
  readonly loggedModels: SqliteLoggedModels;
  readonly registry: SqliteMlflowRegistry;
  readonly documents: SqliteMlflowDocuments;

  /** Creates an accessor of `database`; `now` is the clock, in epoch milliseconds. */
  constructor(database: Database, now: () => number) {
    this.experiments = new SqliteMlflowExperiments(database, now);
    this.runs = new SqliteMlflowRuns(database, now);
    this.loggedModels = new SqliteLoggedModels(database, now);
    this.documents = new SqliteMlflowDocuments(database);
    this.registry = new SqliteMlflowRegistry(database, now);
  }
}
