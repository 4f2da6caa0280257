/** Reading and writing of complete runs. */
import { entryOf } from "../rows/artifact_row.ts";
import { artifactPartOf, columnsOf, runPartOf } from "../rows/run_document_row.ts";
import { text } from "../rows/value.ts";
import type { Metric } from "../metric.ts";
import type { RunDocument } from "../run_document.ts";
import { insertAll, SELECT_ENTRY } from "./artifact_rows.ts";
import type { Sql, Transaction } from "./client.ts";
import { insertDataset, selectDatasets } from "./dataset_rows.ts";
import { insertMetrics, selectMetrics } from "./metric_rows.ts";
import { selectVersions } from "../sql/model_documents.ts";
import { POSTGRES, runScript } from "./script.ts";
import { RUN_COLUMNS } from "./run_rows.ts";

/**
 * Reads a run; `undefined` if it does not exist.
 *
 * @throws {DamagedRowError} If the record of one of its artifacts is invalid.
 * @throws {UnsafePathError} If one leads outside the artifact directory.
 */
export async function readDocument(
  sql: Transaction,
  id: string,
): Promise<RunDocument | undefined> {
  const run = await sql.get(`SELECT ${RUN_COLUMNS} FROM runs AS r WHERE r.id = ?`, id);
  if (!run) return undefined;
  const pairs = async (table: string): Promise<[string, string][]> =>
    (await sql.all(
      `SELECT key, value FROM ${table} WHERE run_id = ? ORDER BY key COLLATE "C"`,
      id,
    )).map(({ key, value }) => [text(key), text(value)]);
  const artifacts = await sql.all(
    `${SELECT_ENTRY} WHERE a.run_id = ? ORDER BY a.created_at, a.name COLLATE "C"`,
    id,
  );
  const points: (Pick<Metric, "key" | "value" | "step"> & { time: number })[] = [];
  for await (const rows of selectMetrics(sql, id)) {
    for (const { key, value, step, timestamp } of rows) {
      points.push({
        key: text(key),
        value: Number(value),
        step: Number(step),
        time: Number(timestamp),
      });
    }
  }
  return {
    ...runPartOf(run),
    params: await pairs("params"),
    tags: await pairs("tags"),
    metrics: columnsOf(points),
    datasets: await selectDatasets(sql, id),
    artifacts: artifacts.map((row) => artifactPartOf(entryOf(row))),
    models: await runScript(sql, selectVersions(POSTGRES, id)),
  };
}

/** Inserts a new run, with the records of its artifacts, whose bytes are published. */
export async function insertDocument(sql: Sql, run: RunDocument): Promise<void> {
  await sql.run(
    `INSERT INTO runs (id, experiment, name, status, start_time, end_time, error, tags, env,
      parent_run_id, created_by) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    run.id,
    run.experiment,
    run.name,
    run.status,
    run.startTime,
    run.endTime,
    run.error,
    escaped(run.startTags),
    escaped(run.environment),
    run.parentId,
    run.createdBy,
  );
  await insertContents(sql, run);
}

/** Adds new data to an existing run. */
export async function growDocument(sql: Sql, growth: RunDocument): Promise<void> {
  const { status, endTime, error, id } = growth;
  await sql.run(
    "UPDATE runs SET status = ?, end_time = ?, error = ? WHERE id = ?",
    status,
    endTime,
    error,
    id,
  );
  await insertContents(sql, growth);
}

async function insertContents(sql: Sql, run: RunDocument): Promise<void> {
  const { id } = run;
  const pairs = {
    params: run.params.map(([key, edn]) => [key, escaped(edn)!] as const),
    tags: run.tags,
  };
  for (const [table, entries] of Object.entries(pairs)) {
    if (entries.length === 0) continue;
    await sql.run(
      `INSERT INTO ${table} (run_id, key, value)
        SELECT ?::text, key, value FROM unnest(?::text[], ?::text[]) AS t(key, value)`,
      id,
      entries.map(([key]) => key),
      entries.map(([, value]) => value),
    );
  }
  for (const { key, values, steps, times } of run.metrics) {
    await insertMetrics(sql, {
      runId: id,
      keys: values.map(() => key),
      values: values.map(Number),
      steps: [...steps],
      times: [...times],
    });
  }
  for (const dataset of run.datasets) {
    await insertDataset(sql, id, { ...dataset, features: escaped(dataset.features) });
  }
  await insertAll(
    sql,
    run.artifacts.map(({ createdAt, ...rest }) => ({
      ...rest,
      runId: id,
      path: `${id}/${rest.name}`,
      createdAt: new Date(createdAt),
    })),
  );
}

/** Escapes U+0000, which chachaml writes raw in EDN text and PostgreSQL cannot store. */
function escaped(edn: string | null): string | null {
  return edn === null ? null : edn.replaceAll("\0", "\\u0000");
}
