/** The tables: those of chachaml 0.7.0, column for column, and our own. */
import { NotAStoreError } from "../../base/errors.ts";
import { KEY, KEY_INDEX } from "./artifact_keys.ts";
import type { SqlConnection } from "./sql_driver.ts";

/** A table, with the columns that it must have to be the store's. */
interface Table {
  readonly definition: string;
  readonly columns: readonly string[];
}

/** The tables shared with chachaml. */
const SHARED_TABLES: Record<string, Table> = {
  runs: {
    definition: `id TEXT PRIMARY KEY, experiment TEXT NOT NULL DEFAULT 'default', name TEXT,
      status TEXT NOT NULL, start_time INTEGER NOT NULL, end_time INTEGER, error TEXT, tags TEXT,
      env TEXT, parent_run_id TEXT, created_by TEXT`,
    columns: ["id", "experiment", "name", "status", "start_time", "end_time", "error", "tags"],
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

/** Index by which artifacts of the same bytes are found. */
const HASH_INDEX = "chachaml_artifacts_hash";

const INDEXES = [
  "CREATE INDEX IF NOT EXISTS idx_runs_experiment ON runs(experiment)",
  "CREATE INDEX IF NOT EXISTS idx_runs_start_time ON runs(start_time)",
  "CREATE INDEX IF NOT EXISTS idx_metrics_run ON metrics(run_id)",
  "CREATE INDEX IF NOT EXISTS idx_artifacts_run ON artifacts(run_id)",
  "CREATE UNIQUE INDEX IF NOT EXISTS idx_artifacts_run_name ON artifacts(run_id, name)",
  `CREATE INDEX IF NOT EXISTS ${KEY_INDEX} ON artifacts(${KEY})`,
  `CREATE INDEX IF NOT EXISTS ${HASH_INDEX} ON artifacts(hash, size, created_at)`,
];

/** Our own tables. */
const OWN_TABLES: Record<string, Table> = {
  // Replacements under way: from before the new bytes take the place of the old, until the
  // artifact's row describes them.
  artifact_replacements: {
    definition: `artifact_id TEXT PRIMARY KEY, staged TEXT NOT NULL, content_type TEXT,
      size INTEGER NOT NULL, hash TEXT NOT NULL, created_at INTEGER NOT NULL`,
    columns: ["artifact_id", "staged", "content_type", "size", "hash", "created_at"],
  },
  // Runs that were removed, whose directories may still be there.
  chachaml_removed_runs: { definition: "id TEXT PRIMARY KEY", columns: ["id"] },
};

/** The trigger that notes removed runs, whichever program removes them. */
const REMOVED_TRIGGER = "chachaml_note_removed_run";

/** What a look at the tables says of a database. */
export type SchemaState = "complete" | "incomplete" | "absent";

/**
 * Reads which of the tables are there; changes nothing.
 *
 * @throws {NotAStoreError} If something else stands in the place of one of them.
 */
export function inspectSchema(sql: SqlConnection, path: string): SchemaState {
  const objects = new Map(
    sql.prepare("SELECT name, type FROM sqlite_master").all()
      .map((row) => [String(row.name).toLowerCase(), String(row.type)]),
  );
  const present = new Set<string>();
  for (const [table, { columns }] of Object.entries({ ...SHARED_TABLES, ...OWN_TABLES })) {
    const type = objects.get(table);
    if (type === undefined) continue;
    present.add(table);
    if (type !== "table") {
      throw foreign(path, `its "${table}" is a ${type}, not the store's table`);
    }
    const found = columnsOf(sql, table);
    const missing = columns.filter((column) => !found.has(column));
    if (missing.length > 0) {
      throw foreign(
        path,
        `its table "${table}" has no column "${missing[0]}": it belongs to another program`,
      );
    }
  }
  const shared = Object.keys(SHARED_TABLES);
  if (!shared.some((table) => present.has(table))) {
    const other = [...objects.keys()].find((name) => !name.startsWith("sqlite_"));
    if (other === undefined) return "absent";
    throw foreign(
      path,
      `it has none of the store's tables, but "${other}": it belongs to another program`,
    );
  }
  const complete = [...shared, ...Object.keys(OWN_TABLES)].every((table) => present.has(table)) &&
    objects.has("idx_artifacts_run_name") && objects.has(KEY_INDEX) &&
    objects.has(HASH_INDEX) && objects.has(REMOVED_TRIGGER) &&
    columnsOf(sql, "runs").has("created_by");
  return complete ? "complete" : "incomplete";
}

function foreign(path: string, state: string): NotAStoreError {
  return new NotAStoreError(path, state, { foreign: true });
}

/**
 * Creates what is missing. Runs inside a write transaction.
 *
 * @throws {NotAStoreError} If the database's own content does not allow it.
 */
export function createSchema(sql: SqlConnection, path: string): void {
  if (inspectSchema(sql, path) === "complete") return;
  for (const [table, { definition }] of Object.entries({ ...SHARED_TABLES, ...OWN_TABLES })) {
    sql.prepare(`CREATE TABLE IF NOT EXISTS ${table} (${definition})`).run();
  }
  sql.prepare(
    `CREATE TRIGGER IF NOT EXISTS ${REMOVED_TRIGGER} AFTER DELETE ON runs
      BEGIN INSERT OR IGNORE INTO chachaml_removed_runs (id) VALUES (OLD.id); END`,
  ).run();
  // Databases from before chachaml knew who made a run or what started it.
  const runs = columnsOf(sql, "runs");
  for (const column of ["env", "parent_run_id", "created_by"]) {
    if (!runs.has(column)) sql.prepare(`ALTER TABLE runs ADD COLUMN ${column} TEXT`).run();
  }
  try {
    for (const index of INDEXES) sql.prepare(index).run();
  } catch (error) {
    throw new NotAStoreError(path, "a run of it has two artifacts of one name", { cause: error });
  }
}

/** Whether there is a table of this name. */
export function hasTable(sql: SqlConnection, table: string): boolean {
  return sql.prepare("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?").get(table) !==
    undefined;
}

/** Whether there is an index of this name. */
export function hasIndex(sql: SqlConnection, index: string): boolean {
  return sql.prepare("SELECT 1 FROM sqlite_master WHERE type = 'index' AND name = ?").get(index) !==
    undefined;
}

function columnsOf(sql: SqlConnection, table: string): Set<string> {
  return new Set(
    sql.prepare("SELECT name FROM pragma_table_info(?)").all(table)
      .map((row) => String(row.name).toLowerCase()),
  );
}
