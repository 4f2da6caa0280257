/** Runs with all that is kept of them, read from the tables that hold it, and written to them. */
import { entryOf, SELECT_ENTRY } from "./artifact_rows.ts";
import { SELECT_RUN } from "./run_rows.ts";
import type { SqlConnection, SqlRow, SqlValue } from "./sql_driver.ts";
import { insertDataset, selectDatasets } from "./dataset_rows.ts";
import { selectVersions } from "./model_documents.ts";
import { insertMetrics, selectMetrics, valueOf } from "./metric_rows.ts";
import type { MetricColumns, RunDocument } from "../run_document.ts";
import { text, textOrNull, whole } from "./whole_text.ts";

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
    const run = sql.prepare(`${SELECT_RUN} WHERE id = ?`).get(id);
    return run && documentOf(sql, run);
  } finally {
    sql.prepare("RELEASE document").run();
  }
}

function documentOf(sql: SqlConnection, run: SqlRow): RunDocument {
  const id = text(run.id);
  const pairs = (table: string): [string, string][] =>
    sql.prepare(
      `SELECT ${whole("key", "value")} FROM ${table} WHERE run_id = ? ORDER BY ${table}.key`,
    ).all(id)
      .map(({ key, value }) => [text(key), text(value)]);
  const artifacts = sql.prepare(
    `${SELECT_ENTRY} WHERE a.run_id = ? ORDER BY a.created_at, a.name`,
  ).all(id).map((row) => {
    const { record, problem } = entryOf(row);
    if (problem) throw problem;
    const { id, name, contentType, size, hash, createdAt } = record;
    return { id, name, contentType, size, hash, createdAt: createdAt.getTime() };
  });
  return {
    id,
    experiment: text(run.experiment),
    name: textOrNull(run.name),
    status: text(run.status),
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
    datasets: selectDatasets(sql, id),
    artifacts,
    models: selectVersions(sql, id),
  };
}

function readMetrics(sql: SqlConnection, id: string): MetricColumns[] {
  type Columns = { key: string; values: (number | string)[]; steps: number[]; times: number[] };
  const columns = new Map<string, Columns>();
  for (const row of selectMetrics(sql, id)) {
    const key = text(row.key);
    let column = columns.get(key);
    if (!column) columns.set(key, column = { key, values: [], steps: [], times: [] });
    const value = valueOf(row);
    column.values.push(Number.isFinite(value) ? value : `${value}`);
    column.steps.push(Number(row.step));
    column.times.push(Number(row.timestamp));
  }
  return [...columns.values()].sort((a, b) => a.key < b.key ? -1 : 1);
}

/** Writes a run that is not there, with the rows of its artifacts, whose bytes are in place. */
export function insertDocument(sql: SqlConnection, run: RunDocument): void {
  sql.prepare(
    `INSERT INTO runs (id, experiment, name, status, start_time, end_time, error, tags, env,
      parent_run_id, created_by) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  ).run(
    run.id,
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
  insertContents(sql, run);
}

/** Adds what a run that is there has more by now, and how far it has come. */
export function growDocument(sql: SqlConnection, growth: RunDocument): void {
  sql.prepare("UPDATE runs SET status = ?, end_time = ?, error = ? WHERE id = ?")
    .run(growth.status, growth.endTime, growth.error, growth.id);
  insertContents(sql, growth);
}

function insertContents(sql: SqlConnection, run: RunDocument): void {
  const { id } = run;
  for (const table of ["params", "tags"] as const) {
    const insert = sql.prepare(`INSERT INTO ${table} (run_id, key, value) VALUES (?, ?, ?)`);
    for (const [key, value] of run[table]) insert.run(id, key, value);
  }
  for (const { key, values, steps, times } of run.metrics) {
    const keys = values.map(() => key);
    insertMetrics(sql, {
      runId: id,
      keys,
      values: values.map(Number),
      steps: [...steps],
      times: [...times],
    });
  }
  for (const dataset of run.datasets) insertDataset(sql, id, dataset);
  const artifact = sql.prepare(
    `INSERT INTO artifacts (id, run_id, name, path, content_type, size, hash, created_at)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  for (const { id: own, name, contentType, size, hash, createdAt } of run.artifacts) {
    artifact.run(own, id, name, `${id}/${name}`, contentType, size, hash, createdAt);
  }
}

function numberOrNull(value: SqlValue | undefined): number | null {
  return value === null || value === undefined ? null : Number(value);
}
