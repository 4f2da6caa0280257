/** Reading and writing of complete runs. */
import { entryOf, SELECT_ENTRY } from "./artifact_rows.ts";
import { SELECT_RUN } from "./run_rows.ts";
import type { SqlConnection, SqlRow } from "./sql_driver.ts";
import { insertDataset, selectDatasets } from "./dataset_rows.ts";
import { selectVersions } from "../sql/model_documents.ts";
import { runScript, SQLITE } from "./script.ts";
import { insertMetrics, selectMetrics, valueOf } from "./metric_rows.ts";
import { artifactPartOf, columnsOf, runPartOf } from "../rows/run_document_row.ts";
import type { RunDocument } from "../run_document.ts";
import { text, whole } from "./whole_text.ts";

/**
 * Reads a run as one transaction sees it; `undefined` if it does not exist.
 *
 * @throws {DamagedRowError} If the record of one of its artifacts is invalid.
 * @throws {UnsafePathError} If one leads outside the artifact directory.
 */
export function readDocument(sql: SqlConnection, id: string): RunDocument | undefined {
  // A savepoint also works within an open transaction: one connection may read and write.
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
  const artifacts = sql.prepare(`${SELECT_ENTRY} WHERE a.run_id = ? ORDER BY a.created_at, a.name`)
    .all(id).map((row) => artifactPartOf(entryOf(row)));
  const metrics = selectMetrics(sql, id).map((row) => ({
    key: text(row.key),
    value: valueOf(row),
    step: Number(row.step),
    time: Number(row.timestamp),
  }));
  return {
    ...runPartOf(run),
    params: pairs("params"),
    tags: pairs("tags"),
    metrics: columnsOf(metrics),
    datasets: selectDatasets(sql, id),
    artifacts,
    models: runScript(sql, selectVersions(SQLITE, id)),
  };
}

/** Inserts a new run, with the records of its artifacts, whose bytes are published. */
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

/** Adds new data to an existing run. */
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
