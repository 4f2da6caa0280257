/**
 * The whole schema in one place: tables of chachaml 0.7.0, column for column, and our own. All of
 * it is created when a store is opened for writing, so that statements need not check what exists.
 * If a read-only database lacks parts, `stand_ins.ts` supplies them.
 */
import { KEY, KEY_INDEX } from "./artifact_keys.ts";
import { CHANGE_TRIGGERS, CHANGES } from "./change_triggers.ts";
import { MLFLOW_INDEXES, MLFLOW_TABLES_OF_RUN } from "../rows/mlflow_tables.ts";
import { MLFLOW_TABLES } from "./mlflow/tables.ts";
import { VALUE_INDEXES } from "./short_text.ts";

/**
 * Version of the format. Increased when a program that knows only the former version would write
 * wrong data or misread the store.
 */
export const FORMAT = 1;

/** Key under which artifacts that got another run, name or path are counted, by any program. */
export const MOVES = "moves";

/** Definition of a table. */
export interface Table {
  /** Columns, as in `CREATE TABLE`. */
  readonly definition: string;
  /** Columns that identify it as a table of the store. */
  readonly columns: readonly string[];
  /** Text columns added by later versions of chachaml. Created if they are missing. */
  readonly added?: readonly string[];
}

/** Tables that every store has. They are shared with chachaml. */
export const MAIN_TABLES: Readonly<Record<string, Table>> = {
  runs: {
    definition: `id TEXT PRIMARY KEY, experiment TEXT NOT NULL DEFAULT 'default', name TEXT,
      status TEXT NOT NULL, start_time INTEGER NOT NULL, end_time INTEGER, error TEXT, tags TEXT,
      env TEXT, parent_run_id TEXT, created_by TEXT`,
    columns: ["id", "experiment", "name", "status", "start_time", "end_time", "error", "tags"],
    added: ["env", "parent_run_id", "created_by"],
  },
  params: {
    definition: "run_id TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, " +
      "PRIMARY KEY (run_id, key)",
    columns: ["run_id", "key", "value"],
  },
  metrics: {
    definition: `run_id TEXT NOT NULL, key TEXT NOT NULL, value REAL NOT NULL,
      step INTEGER NOT NULL DEFAULT 0, timestamp INTEGER NOT NULL`,
    columns: ["run_id", "key", "value", "step", "timestamp"],
  },
  tags: {
    definition: "run_id TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, " +
      "PRIMARY KEY (run_id, key)",
    columns: ["run_id", "key", "value"],
  },
  artifacts: {
    definition: `id TEXT PRIMARY KEY, run_id TEXT NOT NULL, name TEXT NOT NULL, path TEXT NOT NULL,
      content_type TEXT, size INTEGER, hash TEXT, created_at INTEGER NOT NULL`,
    columns: ["id", "run_id", "name", "path", "content_type", "size", "hash", "created_at"],
  },
};

/** Further tables shared with chachaml, which creates them on first use. */
const LATER_TABLES: Readonly<Record<string, Table>> = {
  datasets: {
    definition: `id TEXT PRIMARY KEY, run_id TEXT NOT NULL, role TEXT NOT NULL DEFAULT 'train',
      n_rows INTEGER, n_cols INTEGER, features TEXT, hash TEXT, source TEXT,
      created_at INTEGER NOT NULL`,
    columns: ["id", "run_id", "role", "n_rows", "n_cols", "features", "hash", "created_at"],
    added: ["source"],
  },
  experiments: {
    definition: "name TEXT PRIMARY KEY, description TEXT, owner TEXT, created_at INTEGER NOT NULL",
    columns: ["name", "description", "owner", "created_at"],
  },
  models: {
    definition: "name TEXT PRIMARY KEY, description TEXT, created_at INTEGER NOT NULL",
    columns: ["name", "description", "created_at"],
  },
  model_versions: {
    definition: `model_name TEXT NOT NULL, version INTEGER NOT NULL, run_id TEXT NOT NULL,
      artifact_id TEXT NOT NULL, stage TEXT NOT NULL DEFAULT 'none', description TEXT,
      created_at INTEGER NOT NULL, PRIMARY KEY (model_name, version)`,
    columns: ["model_name", "version", "run_id", "artifact_id", "stage", "created_at"],
    added: ["description"],
  },
};

/** Tables of our own. */
export const OWN_TABLES: Readonly<Record<string, Table>> = {
  // Properties of the store: `format` is the version of the format, `id` the store's identity.
  chachaml_store: {
    definition: "key TEXT PRIMARY KEY, value TEXT NOT NULL",
    columns: ["key", "value"],
  },
  // Removed runs, whose directories may still exist.
  chachaml_removed_runs: { definition: "id TEXT PRIMARY KEY", columns: ["id"] },
  // SQLite stores NaN as NULL, which the shared table does not allow. Such points are here, with
  // the row of `metrics` that they follow.
  metric_nans: {
    definition: `run_id TEXT NOT NULL, key TEXT NOT NULL, step INTEGER NOT NULL,
      timestamp INTEGER NOT NULL, after INTEGER NOT NULL`,
    columns: ["run_id", "key", "step", "timestamp", "after"],
  },
  // Summaries of metrics, see `metric_summaries.ts`; NaN is NULL.
  chachaml_metric_summaries: {
    definition: `run_id TEXT NOT NULL, key TEXT NOT NULL, points INTEGER NOT NULL, smallest REAL,
      largest REAL, last REAL, step INTEGER NOT NULL, time INTEGER NOT NULL, row REAL NOT NULL,
      PRIMARY KEY (run_id, key)`,
    columns: ["run_id", "key", "points", "smallest", "largest", "last", "step", "time", "row"],
  },
  // One row: the last rows of `metrics` and `metric_nans` that the summaries cover.
  chachaml_summarized: {
    definition: "id INTEGER PRIMARY KEY, points INTEGER NOT NULL, nans INTEGER NOT NULL",
    columns: ["id", "points", "nans"],
  },
  // Runs whose summaries must be recomputed.
  chachaml_stale_runs: { definition: "run_id TEXT PRIMARY KEY", columns: ["run_id"] },
  // In a backup, one row: its origin.
  backup_of: {
    definition: "path TEXT NOT NULL, created_at INTEGER NOT NULL, directory TEXT",
    columns: ["path", "created_at"],
    added: ["directory"],
  },
  // In a backup: keys of bytes that were about to be added or removed, and may be left over.
  backup_pending: { definition: "key TEXT PRIMARY KEY", columns: ["key"] },
  // Processes of running runs, with their last heartbeats.
  chachaml_processes: {
    definition: `run_id TEXT PRIMARY KEY, host TEXT, space TEXT, pid INTEGER NOT NULL, started TEXT,
      heartbeat INTEGER NOT NULL`,
    columns: ["run_id", "host", "space", "pid", "started", "heartbeat"],
  },
  // Former status of archived runs.
  chachaml_archived: {
    definition: "run_id TEXT PRIMARY KEY, status TEXT NOT NULL",
    columns: ["run_id", "status"],
  },
  // Requests of other processes that have written, see `write_request.ts`.
  chachaml_requests: {
    definition: "id TEXT PRIMARY KEY, written_at INTEGER NOT NULL, result TEXT",
    columns: ["id", "written_at", "result"],
  },
  // Changes, see `change_triggers.ts`: one row per subject and kind, the latest with the largest
  // number. `subject` is the id of a run or the name of a model.
  [CHANGES]: {
    definition: "subject TEXT NOT NULL, kind TEXT NOT NULL, seq INTEGER NOT NULL, " +
      "PRIMARY KEY (subject, kind)",
    columns: ["subject", "kind", "seq"],
  },
  ...MLFLOW_TABLES,
};

/** All tables. */
export const TABLES: Readonly<Record<string, Table>> = {
  ...MAIN_TABLES,
  ...LATER_TABLES,
  ...OWN_TABLES,
};

/** Further tables with rows of a run, named by the column `run_id`. */
export const TABLES_OF_RUN: readonly string[] = [
  "params",
  "metrics",
  "metric_nans",
  "tags",
  "artifacts",
  "datasets",
  "chachaml_processes",
  "chachaml_archived",
  ...MLFLOW_TABLES_OF_RUN,
];

/** Index that prevents two artifacts of a run from having the same name. */
export const UNIQUE_INDEX = "idx_artifacts_run_name";

/** Whether a run id has characters other than printable ASCII. */
export const NON_ASCII_ID = "id GLOB '*[^ -~]*'";

/** All indexes, with their columns. Those named `chachaml_…` are our own. */
export const INDEXES: Readonly<Record<string, string>> = {
  idx_runs_experiment: "runs(experiment)",
  idx_runs_start_time: "runs(start_time)",
  idx_metrics_run: "metrics(run_id)",
  idx_artifacts_run: "artifacts(run_id)",
  [UNIQUE_INDEX]: "artifacts(run_id, name)",
  idx_datasets_run: "datasets(run_id)",
  idx_versions_stage: "model_versions(model_name, stage)",
  [KEY_INDEX]: `artifacts(${KEY})`,
  chachaml_artifacts_created: "artifacts(created_at, name)",
  chachaml_artifacts_name: "artifacts(name, created_at)",
  chachaml_artifacts_type: "artifacts(content_type, created_at, name)",
  chachaml_artifacts_hash: "artifacts(hash, size, created_at)",
  chachaml_runs_same_letters: "runs(id COLLATE NOCASE)",
  chachaml_runs_other_letters: `runs(id) WHERE ${NON_ASCII_ID}`,
  chachaml_runs_experiment: "runs(experiment, start_time)",
  chachaml_runs_status: "runs(status, start_time)",
  chachaml_runs_parent: "runs(parent_run_id, start_time)",
  chachaml_runs_name: "runs(name, start_time)",
  chachaml_runs_user: "runs(created_by, start_time)",
  chachaml_runs_end: "runs(end_time, start_time)",
  chachaml_runs_duration: "runs(end_time - start_time, start_time)",
  chachaml_versions_run: "model_versions(run_id)",
  chachaml_versions_artifact: "model_versions(artifact_id)",
  chachaml_summaries_last: "chachaml_metric_summaries(key, last, run_id)",
  chachaml_summaries_smallest: "chachaml_metric_summaries(key, smallest, run_id)",
  chachaml_summaries_largest: "chachaml_metric_summaries(key, largest, run_id)",
  chachaml_metric_nans_run: "metric_nans(run_id)",
  chachaml_requests_written: "chachaml_requests(written_at)",
  chachaml_changes_seq: `${CHANGES}(seq)`,
  ...VALUE_INDEXES,
  ...MLFLOW_INDEXES,
};

/**
 * Our triggers, with their bodies. They remove our rows when chachaml deletes a run, so that they
 * do not reappear if a run with the same id is imported, and record the ids of runs removed by any
 * program.
 */
export const TRIGGERS: Readonly<Record<string, string>> = {
  ...CHANGE_TRIGGERS,
  chachaml_artifact_moved: `AFTER UPDATE OF run_id, name, path ON artifacts
    WHEN NEW.run_id <> OLD.run_id OR NEW.name <> OLD.name OR NEW.path <> OLD.path BEGIN
    INSERT INTO chachaml_store (key, value) VALUES ('${MOVES}', '1')
      ON CONFLICT (key) DO UPDATE SET value = value + 1; END`,
  chachaml_run_removed: `AFTER DELETE ON runs BEGIN
    ${
    [
      "metric_nans",
      "chachaml_metric_summaries",
      "chachaml_processes",
      "chachaml_archived",
      ...MLFLOW_TABLES_OF_RUN,
    ]
      .map((table) => `DELETE FROM ${table} WHERE run_id = OLD.id;`).join("\n    ")
  }
    INSERT OR IGNORE INTO chachaml_removed_runs (id) VALUES (OLD.id); END`,
  // Points that are removed or changed, and row numbers that may then be reused.
  ...Object.fromEntries(
    [["metrics", "points"], ["metric_nans", "nans"]].flatMap(([table, column]) => {
      const newest = `(SELECT coalesce(max(rowid), 0) FROM ${table})`;
      const note = (run: string) =>
        `INSERT OR IGNORE INTO chachaml_stale_runs (run_id) VALUES (${run}.run_id);`;
      return [
        [
          `chachaml_${table}_removed`,
          `AFTER DELETE ON ${table} BEGIN ${note("OLD")}
            UPDATE chachaml_summarized SET ${column} = ${newest} WHERE ${column} > ${newest}; END`,
        ],
        [
          `chachaml_${table}_changed`,
          `AFTER UPDATE ON ${table} BEGIN ${note("OLD")} ${note("NEW")} END`,
        ],
      ];
    }),
  ),
};
