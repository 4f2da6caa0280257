/** Tables of our own for data of the MLflow protocol that the shared tables lack, for any database. */

/** Types of a database. */
interface ColumnTypes {
  /** Type of 64-bit integers. */
  readonly integer: string;
  /** Type of 64-bit floats. */
  readonly real: string;
  /** Type and constraint of a primary key that the database numbers. */
  readonly newId: string;
}

/** A table with its required columns. */
interface Table {
  readonly definition: string;
  readonly columns: readonly string[];
}

/** Returns the tables of the protocol in the types of a database. */
export function mlflowTables(
  { integer, real, newId }: ColumnTypes,
): Readonly<Record<string, Table>> {
  return {
    // Ids of experiments; the shared tables only have names. Id 0 is `default`.
    mlflow_experiments: {
      definition: `id ${newId}, name TEXT NOT NULL UNIQUE,
        deleted ${integer} NOT NULL DEFAULT 0, created_at ${integer} NOT NULL, updated_at ${integer} NOT NULL`,
      columns: ["id", "name", "deleted", "created_at", "updated_at"],
    },
    mlflow_experiment_tags: {
      definition: `experiment_id ${integer} NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL,
        PRIMARY KEY (experiment_id, key)`,
      columns: ["experiment_id", "key", "value"],
    },
    // Statuses that the shared table lacks: KILLED is stored as failed, SCHEDULED as running.
    mlflow_run_status: {
      definition: "run_id TEXT PRIMARY KEY, status TEXT NOT NULL",
      columns: ["run_id", "status"],
    },
    // Logged model and dataset of a point.
    mlflow_metric_subjects: {
      definition: `run_id TEXT NOT NULL, key TEXT NOT NULL, step ${integer} NOT NULL,
        timestamp ${integer} NOT NULL, value ${real}, model_id TEXT, dataset_name TEXT, dataset_digest TEXT`,
      columns: ["run_id", "key", "step", "timestamp", "value", "model_id"],
    },
    // Ids that clients gave their calls: a call that is sent again is stored once.
    mlflow_log_ids: {
      definition: "run_id TEXT NOT NULL, id TEXT NOT NULL, PRIMARY KEY (run_id, id)",
      columns: ["run_id", "id"],
    },
    mlflow_dataset_inputs: {
      definition: `run_id TEXT NOT NULL, name TEXT NOT NULL, digest TEXT NOT NULL,
        source_type TEXT NOT NULL, source TEXT NOT NULL, schema TEXT, profile TEXT, tags TEXT NOT NULL,
        context TEXT, PRIMARY KEY (run_id, name, digest)`,
      columns: ["run_id", "name", "digest", "source_type", "source", "schema", "profile", "tags"],
    },
    // What clients send that the store has no meaning for, as JSON: traces, evaluation datasets.
    mlflow_documents: {
      definition:
        `kind TEXT NOT NULL, id TEXT NOT NULL, scope TEXT NOT NULL, time ${integer} NOT NULL,
        data TEXT NOT NULL, PRIMARY KEY (kind, id)`,
      columns: ["kind", "id", "scope", "time", "data"],
    },
    mlflow_run_models: {
      definition: `run_id TEXT NOT NULL, model_id TEXT NOT NULL, direction TEXT NOT NULL,
        step ${integer} NOT NULL DEFAULT 0, PRIMARY KEY (run_id, model_id, direction)`,
      columns: ["run_id", "model_id", "direction", "step"],
    },
    mlflow_logged_models: {
      definition: `id TEXT PRIMARY KEY, experiment_id ${integer} NOT NULL, name TEXT NOT NULL,
        status TEXT NOT NULL, type TEXT NOT NULL, source_run_id TEXT, created_at ${integer} NOT NULL,
        updated_at ${integer} NOT NULL`,
      columns: ["id", "experiment_id", "name", "status", "type", "source_run_id"],
    },
    mlflow_logged_model_pairs: {
      definition:
        `model_id TEXT NOT NULL, kind TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL,
        PRIMARY KEY (model_id, kind, key)`,
      columns: ["model_id", "kind", "key", "value"],
    },
    // Columns that `models` lacks. `highest` is the highest version number so far: numbers are not
    // reused.
    mlflow_registered_models: {
      definition:
        `name TEXT PRIMARY KEY, highest ${integer} NOT NULL, updated_at ${integer} NOT NULL`,
      columns: ["name", "highest", "updated_at"],
    },
    // Columns that `model_versions` lacks, and versions whose files are not artifacts of a run.
    mlflow_model_versions: {
      definition:
        `name TEXT NOT NULL, version ${integer} NOT NULL, source TEXT NOT NULL, run_id TEXT,
        run_link TEXT, model_id TEXT, stage TEXT, description TEXT, created_at ${integer} NOT NULL,
        updated_at ${integer} NOT NULL, PRIMARY KEY (name, version)`,
      columns: ["name", "version", "source", "run_id", "run_link", "model_id", "stage"],
    },
    mlflow_registry_tags: {
      definition: `name TEXT NOT NULL, version ${integer} NOT NULL, key TEXT NOT NULL,
        value TEXT NOT NULL, PRIMARY KEY (name, version, key)`,
      columns: ["name", "version", "key", "value"],
    },
    mlflow_aliases: {
      definition: `name TEXT NOT NULL, alias TEXT NOT NULL, version ${integer} NOT NULL,
        PRIMARY KEY (name, alias)`,
      columns: ["name", "alias", "version"],
    },
  };
}

/** Tables whose rows are removed with the run in column `run_id`. */
export const MLFLOW_TABLES_OF_RUN: readonly string[] = [
  "mlflow_run_status",
  "mlflow_metric_subjects",
  "mlflow_log_ids",
  "mlflow_dataset_inputs",
  "mlflow_run_models",
];

/** Indexes of these tables, with their columns. */
export const MLFLOW_INDEXES: Readonly<Record<string, string>> = {
  chachaml_mlflow_subjects: "mlflow_metric_subjects(model_id)",
  chachaml_mlflow_subjects_run: "mlflow_metric_subjects(run_id)",
  chachaml_mlflow_logged_models: "mlflow_logged_models(experiment_id)",
  chachaml_mlflow_model_runs: "mlflow_logged_models(source_run_id)",
  chachaml_mlflow_documents: "mlflow_documents(kind, scope, time)",
  chachaml_mlflow_run_models: "mlflow_run_models(model_id)",
};
