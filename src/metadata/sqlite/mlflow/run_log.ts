/** Logging of points, params and tags to a run in one transaction. */
import { toEdn } from "../../../edn/mod.ts";
import type { MlflowBatch, Pairs, ParamConflict } from "../../mlflow_store.ts";
import { insertMetrics } from "../metric_rows.ts";
import type { SqlConnection } from "../sql_driver.ts";
import type { KnownPoints } from "./known_points.ts";
import { writePairs } from "./pairs.ts";
import { paramText } from "./run_reader.ts";
import { COLUMN_TAGS, RENAMED_TAGS } from "../../rows/mlflow_row.ts";

/** Logs a batch. If a param has another value, nothing is written. */
export function logBatch(
  sql: SqlConnection,
  runId: string,
  { metrics, about, params, tags, logId }: MlflowBatch,
  points: KnownPoints,
): readonly ParamConflict[] {
  if (logId !== undefined) {
    const added = sql.prepare("INSERT OR IGNORE INTO mlflow_log_ids (run_id, id) VALUES (?, ?)")
      .run(runId, logId);
    if (added === 0) return [];
  }
  const conflicts = insertParams(sql, runId, params);
  if (conflicts.length > 0) return conflicts;
  setTags(sql, runId, tags);
  const fresh = points.newPoints(sql, metrics);
  insertMetrics(sql, fresh);
  if (about) {
    const insert = sql.prepare(
      `INSERT INTO mlflow_metric_subjects (run_id, key, step, timestamp, value, model_id,
        dataset_name, dataset_digest) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
    );
    for (const [at, key] of fresh.keys.entries()) {
      const { modelId, datasetName, datasetDigest } = about;
      insert.run(
        runId,
        key,
        fresh.steps[at]!,
        fresh.times[at]!,
        fresh.values[at]!,
        modelId,
        datasetName,
        datasetDigest,
      );
    }
  }
  return [];
}

function insertParams(sql: SqlConnection, runId: string, params: Pairs): ParamConflict[] {
  const find = sql.prepare("SELECT value FROM params WHERE run_id = ? AND key = ?");
  const fresh: Pairs[number][] = [];
  const conflicts: ParamConflict[] = [];
  const given = new Map<string, string>();
  for (const { key, value } of params) {
    const stored = find.get(runId, key)?.value;
    const old = stored === undefined ? given.get(key) : paramText(String(stored));
    if (old === undefined) fresh.push({ key, value });
    else if (old !== value) conflicts.push({ key, old, value });
    given.set(key, value);
  }
  if (conflicts.length > 0) return conflicts;
  const insert = sql.prepare("INSERT INTO params (run_id, key, value) VALUES (?, ?, ?)");
  for (const { key, value } of fresh) insert.run(runId, key, toEdn(value));
  return [];
}

/** Sets tags; those with a column in the shared tables are stored there. */
export function setTags(sql: SqlConnection, runId: string, tags: Pairs): void {
  for (const { key, value } of tags) {
    const column = COLUMN_TAGS.get(key);
    if (column !== undefined) {
      sql.prepare(`UPDATE runs SET ${column} = ? WHERE id = ?`).run(value, runId);
    } else {
      writePairs(sql, "tags", { run_id: runId }, [{ key: RENAMED_TAGS.get(key) ?? key, value }]);
    }
  }
}
