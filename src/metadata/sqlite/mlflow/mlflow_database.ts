/** Parts of the MLflow protocol that are specific to SQLite. */
import { fragment } from "../../sql/fragment.ts";
import { ensureIds } from "../../sql/mlflow/experiment_ids.ts";
import type { MlflowDatabase } from "../../sql/mlflow/mlflow_database.ts";
import { all, native, run } from "../../sql/script.ts";
import { insertDataset } from "../dataset_rows.ts";
import type { Database } from "../database.ts";
import { insertMetrics } from "../metric_rows.ts";
import { MetricSummaries, updateSummaries } from "../metric_summaries.ts";
import { scriptsOf } from "../script.ts";
import type { SqlConnection } from "../sql_driver.ts";
import { KnownPoints } from "./known_points.ts";
import { shadowIds } from "./shadow_ids.ts";

/** Returns the data of the protocol in a database. */
export function mlflowDatabase(database: Database): MlflowDatabase {
  const known = new KnownPoints();
  const scripts = scriptsOf(database);
  return {
    ...scripts,
    runPlace: {
      join: "",
      column: "r.rowid",
      last: "SELECT coalesce(max(rowid), 0) AS last FROM runs",
    },
    ensureIds: (now) =>
      database.isWritable ? ensureIds(scripts, now) : database.read((sql) => shadowIds(sql, now)),
    updateSummaries: () => updateSummaries(database),
    summaries: () => native((sql: SqlConnection) => new MetricSummaries(sql).source()),
    *lastPoints(runIds) {
      const isCurrent = yield* native((sql: SqlConnection) => new MetricSummaries(sql).isCurrent);
      return yield* all(isCurrent ? LAST_SUMMARIZED : LAST_POINTS, JSON.stringify(runIds));
    },
    history: (runId, key) => fragment(HISTORY, runId, key, runId, key),
    insertPoints: (batch) =>
      native((sql: SqlConnection) => {
        const points = known.newPoints(sql, batch);
        insertMetrics(sql, points);
        return points;
      }),
    *insertSubjects({ runId, keys, steps, times, values }, about) {
      const { modelId, datasetName, datasetDigest } = about;
      for (const [at, key] of keys.entries()) {
        const point = [runId, key, steps[at]!, times[at]!, values[at]!];
        yield* run(INSERT_SUBJECT, ...point, modelId, datasetName, datasetDigest);
      }
    },
    insertDataset: (runId, dataset) =>
      native((sql: SqlConnection) => insertDataset(sql, runId, dataset)),
  };
}

const INSERT_SUBJECT = `INSERT INTO mlflow_metric_subjects (run_id, key, step, timestamp, value,
  model_id, dataset_name, dataset_digest) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`;

const HISTORY = `SELECT key, value, step, timestamp FROM (
    SELECT key, value, step, timestamp, rowid AS place FROM metrics WHERE run_id = ? AND key = ?
    UNION ALL
    SELECT key, NULL, step, timestamp, after + 0.5 FROM metric_nans WHERE run_id = ? AND key = ?
  ) ORDER BY timestamp, step, place`;

const IN = "IN (SELECT value FROM json_each(?1))";

const LAST_SUMMARIZED = `SELECT run_id, key, last AS value, step, time AS timestamp
  FROM chachaml_metric_summaries WHERE run_id ${IN} ORDER BY key`;

/** The last points while the summaries are not current. */
const LAST_POINTS = `SELECT run_id, key, value, step, timestamp FROM (
    SELECT *, row_number() OVER (PARTITION BY run_id, key
      ORDER BY step DESC, timestamp DESC, place DESC) AS nth FROM (
        SELECT run_id, key, value, step, timestamp, rowid AS place FROM metrics
          WHERE run_id ${IN}
        UNION ALL
        SELECT run_id, key, NULL, step, timestamp, after + 0.5 FROM metric_nans
          WHERE run_id ${IN}
      )) WHERE nth = 1 ORDER BY key`;
