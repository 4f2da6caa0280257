import type { MlflowStore } from "../../mlflow_store.ts";
import { SqlMlflowDocuments } from "./documents.ts";
import { SqlMlflowExperiments } from "./experiments.ts";
import { SqlLoggedModels } from "./logged_models.ts";
import type { MlflowDatabase } from "./mlflow_database.ts";
import { SqlMlflowRegistry } from "./registry.ts";
import { SqlMlflowRuns } from "./runs.ts";

/** Data of the MLflow protocol in a database. */
export class SqlMlflowStore implements MlflowStore {
  readonly experiments: SqlMlflowExperiments;
  readonly runs: SqlMlflowRuns;
  readonly loggedModels: SqlLoggedModels;
  readonly registry: SqlMlflowRegistry;
  readonly documents: SqlMlflowDocuments;

  /** Creates an accessor of `database`; `now` is the clock, in epoch milliseconds. */
  constructor(database: MlflowDatabase, now: () => number) {
    this.experiments = new SqlMlflowExperiments(database, now);
    this.runs = new SqlMlflowRuns(database, now);
    this.loggedModels = new SqlLoggedModels(database, now);
    this.registry = new SqlMlflowRegistry(database, now);
    this.documents = new SqlMlflowDocuments(database);
  }
}
