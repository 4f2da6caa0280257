/** Logging of points, params and tags to a run in one transaction. */
import { toEdn } from "../../../edn/mod.ts";
import type { MlflowBatch, Pairs, ParamConflict } from "../../mlflow_store.ts";
import { COLUMN_TAGS, paramText, RENAMED_TAGS } from "../../rows/mlflow_row.ts";
import { text } from "../../rows/value.ts";
import type { SqlDialect } from "../dialect.ts";
import { all, run, type Script } from "../script.ts";
import type { MlflowDatabase } from "./mlflow_database.ts";
import { writePairs } from "./pairs.ts";

/** Logs a batch. If a param has another value, nothing is written. */
export function* logBatch(
  database: MlflowDatabase,
  runId: string,
  { metrics, about, params, tags, logId }: MlflowBatch,
): Script<readonly ParamConflict[]> {
  if (logId !== undefined) {
    const added = yield* run(
      "INSERT INTO mlflow_log_ids (run_id, id) VALUES (?, ?) ON CONFLICT DO NOTHING",
      runId,
      logId,
    );
    if (added === 0) return [];
  }
  const conflicts = yield* insertParams(database.dialect, runId, params);
  if (conflicts.length > 0) return conflicts;
  yield* setTags(database.dialect, runId, tags);
  const fresh = yield* database.insertPoints(metrics);
  if (about && fresh.keys.length > 0) yield* database.insertSubjects(fresh, about);
  return [];
}

function* insertParams(
  dialect: SqlDialect,
  runId: string,
  params: Pairs,
): Script<ParamConflict[]> {
  if (params.length === 0) return [];
  const rows = yield* all(
    `SELECT key, value FROM params WHERE run_id = ? AND ${dialect.oneOf("key", "text")}`,
    runId,
    dialect.list(params.map(({ key }) => key)),
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
  const pairs = Array.from(fresh, ([key, value]) => [key, toEdn(value)] as const);
  yield* dialect.insertPairs("params", { run_id: runId }, pairs, "fail");
  return [];
}

/** Sets tags; those with a column in the shared tables are stored there. */
export function* setTags(dialect: SqlDialect, runId: string, tags: Pairs): Script<void> {
  const others: { key: string; value: string }[] = [];
  for (const { key, value } of tags) {
    const column = COLUMN_TAGS.get(key);
    if (column === undefined) others.push({ key: RENAMED_TAGS.get(key) ?? key, value });
    else yield* run(`UPDATE runs SET ${column} = ? WHERE id = ?`, value, runId);
  }
  yield* writePairs(dialect, "tags", { run_id: runId }, others);
}
