/** Runs with all that is kept of them, read from the tables that hold it, and written to them. */
import { entryOf, SELECT_PLAIN_ENTRY } from "../artifacts/artifact_row.ts";
import { hasTable } from "../sql/schema.ts";
import type { SqlConnection, SqlRow, SqlValue } from "../sql/sql_driver.ts";
import type { DatasetDocument, MetricColumns, RunDocument } from "./run_document.ts";

/** Metric rows read at a time. */
const PAGE = 50_000;

/** The table of datasets, which only some databases have. */
const CREATE_DATASETS = `CREATE TABLE IF NOT EXISTS datasets (id TEXT PRIMARY KEY,
  run_id TEXT NOT NULL, role TEXT NOT NULL DEFAULT 'train', n_rows INTEGER, n_cols INTEGER,
  features TEXT, hash TEXT, source TEXT, created_at INTEGER NOT NULL)`;

/**
 * Reads a run as one transaction sees it; `undefined` if it is not there.
 *
 * @throws {DamagedRowError} If the row of one of its artifacts cannot be true.
 * @throws {UnsafePathError} If one leads outside the artifact directory.
 */
export function readDocument(sql: SqlConnection, id: string): RunDocument | undefined {
  // A savepoint also where a transaction is open already: one connection may read and write.
  sql.prepare("SAVEPOINT document").run();
  try {
    const run = sql.prepare("SELECT * FROM runs WHERE id = ?").get(id);
    return run && documentOf(sql, run);
  } finally {
    sql.prepare("RELEASE document").run();
  }
}

function documentOf(sql: SqlConnection, run: SqlRow): RunDocument {
  const id = String(run.id);
  const pairs = (table: string): [string, string][] =>
    sql.prepare(`SELECT key, value FROM ${table} WHERE run_id = ? ORDER BY key`).all(id)
      .map(({ key, value }) => [String(key), String(value)]);
  const artifacts = sql.prepare(
    `${SELECT_PLAIN_ENTRY} WHERE a.run_id = ? ORDER BY a.created_at, a.name`,
  ).all(id).map((row) => {
    const { record, problem } = entryOf(row);
    if (problem) throw problem;
    const { id, name, contentType, size, hash, createdAt } = record;
    return { id, name, contentType, size, hash, createdAt: createdAt.getTime() };
  });
  return {
    id,
    experiment: String(run.experiment),
    name: textOrNull(run.name),
    status: String(run.status),
    startTime: Number(run.start_time),
    endTime: numberOrNull(run.end_time),
    error: textOrNull(run.error),
    startTags: textOrNull(run.tags),
    environment: textOrNull(run.env),
    parentId: textOrNull(run.parent_run_id),
    createdBy: textOrNull(run.created_by),
    params: pairs("params"),
    tags: pairs("tags"),
    metrics: readMetrics(sql, id),
    datasets: readDatasets(sql, id),
    artifacts,
  };
}

function readMetrics(sql: SqlConnection, id: string): MetricColumns[] {
  type Columns = { key: string; values: (number | string)[]; steps: number[]; times: number[] };
  const columns = new Map<string, Columns>();
  const page = sql.prepare(
    "SELECT rowid, * FROM metrics WHERE run_id = ? AND rowid > ? ORDER BY rowid LIMIT ?",
  );
  for (let after: SqlValue = -1, more = true; more;) {
    const rows = page.all(id, after, PAGE);
    for (const row of rows) {
      const key = String(row.key);
      let column = columns.get(key);
      if (!column) columns.set(key, column = { key, values: [], steps: [], times: [] });
      const value = Number(row.value);
      column.values.push(Number.isFinite(value) ? value : String(value));
      column.steps.push(Number(row.step));
      column.times.push(Number(row.timestamp));
    }
    after = rows.at(-1)?.rowid ?? after;
    more = rows.length === PAGE;
  }
  return [...columns.values()].sort((a, b) => a.key < b.key ? -1 : 1);
}

function readDatasets(sql: SqlConnection, id: string): DatasetDocument[] {
  if (!hasTable(sql, "datasets")) return [];
  return sql.prepare("SELECT * FROM datasets WHERE run_id = ? ORDER BY created_at, id").all(id)
    .map((row) => ({
      id: String(row.id),
      role: String(row.role),
      rows: numberOrNull(row.n_rows),
      columns: numberOrNull(row.n_cols),
      features: textOrNull(row.features),
      hash: textOrNull(row.hash),
      source: textOrNull(row.source),
      createdAt: Number(row.created_at),
    }));
}

/** Writes a run that is not there, with the rows of its artifacts, whose bytes are in place. */
export function insertDocument(sql: SqlConnection, run: RunDocument): void {
  const { id } = run;
  sql.prepare(
    `INSERT INTO runs (id, experiment, name, status, start_time, end_time, error, tags, env,
      parent_run_id, created_by) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  ).run(
    id,
    run.experiment,
    run.name,
    run.status,
    run.startTime,
    run.endTime,
    run.error,
    run.startTags,
    run.environment,
    run.parentId,
    run.createdBy,
  );
  for (const table of ["params", "tags"] as const) {
    const insert = sql.prepare(`INSERT INTO ${table} (run_id, key, value) VALUES (?, ?, ?)`);
    for (const [key, value] of run[table]) insert.run(id, key, value);
  }
  const metric = sql.prepare(
    "INSERT INTO metrics (run_id, key, value, step, timestamp) VALUES (?, ?, ?, ?, ?)",
  );
  for (const { key, values, steps, times } of run.metrics) {
    for (const [at, value] of values.entries()) {
      metric.run(id, key, Number(value), steps[at]!, times[at]!);
    }
  }
  if (run.datasets.length > 0) sql.prepare(CREATE_DATASETS).run();
  for (const set of run.datasets) {
    sql.prepare(
      `INSERT INTO datasets (id, run_id, role, n_rows, n_cols, features, hash, source, created_at)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    ).run(
      set.id,
      id,
      set.role,
      set.rows,
      set.columns,
      set.features,
      set.hash,
      set.source,
      set.createdAt,
    );
  }
  const artifact = sql.prepare(
    `INSERT INTO artifacts (id, run_id, name, path, content_type, size, hash, created_at)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  for (const { id: own, name, contentType, size, hash, createdAt } of run.artifacts) {
    artifact.run(own, id, name, `${id}/${name}`, contentType, size, hash, createdAt);
  }
}

function textOrNull(value: SqlValue | undefined): string | null {
  return value === null || value === undefined ? null : String(value);
}

function numberOrNull(value: SqlValue | undefined): number | null {
  return value === null || value === undefined ? null : Number(value);
}
