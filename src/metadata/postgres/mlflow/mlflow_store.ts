import type { MlflowStore } from "../../mlflow_store.ts";
import type { Database } from "../database.ts";
import { PostgresMlflowDocuments } from "./documents.ts";
import { PostgresMlflowExperiments } from "./experiments.ts";
import { PostgresLoggedModels } from "./logged_models.ts";
import { PostgresMlflowRegistry } from "./registry.ts";
import { PostgresMlflowRuns } from "./runs.ts";

/** Data of the MLflow protocol in PostgreSQL. */
export class PostgresMlflowStore implements MlflowStore {
  readonly experiments: PostgresMlflowExperiments;
  readonly runs: PostgresMlflowRuns;
  readonly loggedModels: PostgresLoggedModels;
  readonly registry: PostgresMlflowRegistry;
  readonly documents: PostgresMlflowDocuments;

  /** Creates an accessor of `database`; `now` is the clock, in epoch milliseconds. */
  constructor(database: Database, now: () => number) {
    this.experiments = new PostgresMlflowExperiments(database, now);
    this.runs = new PostgresMlflowRuns(database, now);
    this.loggedModels = new PostgresLoggedModels(database, now);
    this.documents = new PostgresMlflowDocuments(database);
    this.registry = new PostgresMlflowRegistry(database, now);
  }
}
