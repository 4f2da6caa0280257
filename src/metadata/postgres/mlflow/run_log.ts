/** Logging of points, params and tags to a run in one transaction. */
import { toEdn } from "../../../edn/mod.ts";
import type { MlflowBatch, Pairs, ParamConflict } from "../../mlflow_store.ts";
import { text } from "../../rows/value.ts";
import { insertMetrics } from "../metric_rows.ts";
import type { Sql } from "../client.ts";
import type { KnownPoints } from "./known_points.ts";
import { writePairs } from "./pairs.ts";
import { paramText } from "./run_reader.ts";
import { COLUMN_TAGS, RENAMED_TAGS } from "../../rows/mlflow_row.ts";

/** Logs a batch. If a param has another value, nothing is written. */
export async function logBatch(
  sql: Sql,
  runId: string,
  { metrics, about, params, tags, logId }: MlflowBatch,
  points: KnownPoints,
): Promise<readonly ParamConflict[]> {
  if (logId !== undefined) {
    const added = await sql.run(
      "INSERT INTO mlflow_log_ids (run_id, id) VALUES (?, ?) ON CONFLICT DO NOTHING",
      runId,
      logId,
    );
    if (added === 0) return [];
  }
  const conflicts = await insertParams(sql, runId, params);
  if (conflicts.length > 0) return conflicts;
  await setTags(sql, runId, tags);
  const fresh = await points.newPoints(sql, metrics);
  await insertMetrics(sql, fresh);
  if (about && fresh.keys.length > 0) {
    const { modelId, datasetName, datasetDigest } = about;
    await sql.run(
      `INSERT INTO mlflow_metric_subjects (run_id, key, step, timestamp, value, model_id,
        dataset_name, dataset_digest)
        SELECT ?::text, key, step, time, value, ?::text, ?::text, ?::text
        FROM unnest(?::text[], ?::bigint[], ?::bigint[], ?::double precision[])
          AS t(key, step, time, value)`,
      runId,
      modelId,
      datasetName,
      datasetDigest,
      fresh.keys,
      fresh.steps,
      fresh.times,
      fresh.values,
    );
  }
  return [];
}

async function insertParams(sql: Sql, runId: string, params: Pairs): Promise<ParamConflict[]> {
  if (params.length === 0) return [];
  const rows = await sql.all(
    "SELECT key, value FROM params WHERE run_id = ? AND key = ANY(?::text[])",
    runId,
    params.map(({ key }) => key),
  );
  const stored = new Map(rows.map(({ key, value }) => [text(key), paramText(text(value))]));
  const fresh = new Map<string, string>();
  const conflicts: ParamConflict[] = [];
  for (const { key, value } of params) {
    const old = stored.get(key) ?? fresh.get(key);
    if (old === undefined) fresh.set(key, value);
    else if (old !== value) conflicts.push({ key, old, value });
  }
  if (conflicts.length > 0 || fresh.size === 0) return conflicts;
  await sql.run(
    `INSERT INTO params (run_id, key, value)
      SELECT ?::text, key, value FROM unnest(?::text[], ?::text[]) AS t(key, value)`,
    runId,
    [...fresh.keys()],
    Array.from(fresh.values(), (value) => toEdn(value)),
  );
  return [];
}

/** Sets tags; those with a column in the shared tables are stored there. */
export async function setTags(sql: Sql, runId: string, tags: Pairs): Promise<void> {
  for (const { key, value } of tags) {
    const column = COLUMN_TAGS.get(key);
    if (column !== undefined) {
      await sql.run(`UPDATE runs SET ${column} = ? WHERE id = ?`, value, runId);
    } else {
      await writePairs(sql, "tags", { run_id: runId }, [{
        key: RENAMED_TAGS.get(key) ?? key,
        value,
      }]);
    }
  }
}
