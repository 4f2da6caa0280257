/** Conversion of rows to runs of the protocol. */
import type { MlflowRun } from "../../mlflow_store.ts";
import { mlflowRunOf } from "../../rows/mlflow_row.ts";
import type { SqlRow } from "../../rows/value.ts";
import { all, type Script } from "../script.ts";
import type { MlflowDatabase } from "./mlflow_database.ts";

/** Maximum number of runs per statement. */
const CHUNK = 500;

/**
 * Reads runs from their rows, which also have `experiment_id` and `mlflow_status`, with everything
 * that belongs to them: one statement per kind of data for all runs.
 */
export function* readRuns(database: MlflowDatabase, rows: readonly SqlRow[]): Script<MlflowRun[]> {
  const runs: MlflowRun[] = [];
  for (let at = 0; at < rows.length; at += CHUNK) {
    runs.push(...yield* readChunk(database, rows.slice(at, at + CHUNK)));
  }
  return runs;
}

/** Reads a run that was just created: it has tags at most, so that nothing else is looked for. */
export function* readNewRun(database: MlflowDatabase, row: SqlRow): Script<MlflowRun> {
  const { dialect } = database;
  const order = dialect.text("key");
  const statement = `SELECT key, value FROM tags WHERE run_id = ? ORDER BY ${order}`;
  const tags = yield* all(statement, String(row.id));
  return mlflowRunOf(row, { tags, params: [], metrics: [], datasets: [], models: [] });
}

function* readChunk(database: MlflowDatabase, rows: readonly SqlRow[]): Script<MlflowRun[]> {
  const { dialect } = database;
  const ids = rows.map(({ id }) => String(id));
  const list = dialect.list(ids);
  const select = function* (columns: string, table: string, by: string) {
    const isOne = dialect.oneOf("run_id", "text");
    return byRun(
      yield* all(`SELECT ${columns} FROM ${table} WHERE ${isOne} ORDER BY ${by}`, list),
    );
  };
  const byKey = dialect.text("key");
  const tags = yield* select("run_id, key, value", "tags", byKey);
  const params = yield* select("run_id, key, value", "params", byKey);
  const metrics = byRun(yield* database.lastPoints(ids));
  const datasets = yield* select("*", "mlflow_dataset_inputs", dialect.place);
  const models = yield* select(
    "run_id, model_id, direction, step",
    "mlflow_run_models",
    dialect.place,
  );
  return rows.map((row) => {
    const id = String(row.id);
    return mlflowRunOf(row, {
      tags: tags(id),
      params: params(id),
      metrics: metrics(id),
      datasets: datasets(id),
      models: models(id),
    });
  });
}

function byRun(rows: readonly SqlRow[]): (id: string) => SqlRow[] {
  const found = Map.groupBy(rows, ({ run_id }) => String(run_id));
  return (id) => found.get(id) ?? [];
}
