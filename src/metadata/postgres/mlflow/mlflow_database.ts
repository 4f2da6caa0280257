/** Parts of the MLflow protocol that are specific to PostgreSQL. */
import { fragment } from "../../sql/fragment.ts";
import { ensureIds } from "../../sql/mlflow/experiment_ids.ts";
import type { MlflowDatabase } from "../../sql/mlflow/mlflow_database.ts";
import { all, constant, native, run } from "../../sql/script.ts";
import { insertDataset } from "../dataset_rows.ts";
import type { Database, Sql } from "../database.ts";
import { insertMetrics } from "../metric_rows.ts";
import { scriptsOf } from "../script.ts";
import { KnownPoints } from "./known_points.ts";

/** Returns the data of the protocol in a database. */
export function mlflowDatabase(database: Database): MlflowDatabase {
  const known = new KnownPoints();
  const scripts = scriptsOf(database);
  return {
    ...scripts,
    runPlace: {
      join: "LEFT JOIN chachaml_known_runs k ON k.id = r.id",
      column: "coalesce(k.place, 0)",
      last: "SELECT coalesce(max(place), 0) AS last FROM chachaml_known_runs",
    },
    ensureIds: (now) => ensureIds(scripts, now),
    updateSummaries: () => Promise.resolve(), // Triggers do.
    summaries: () => constant({ table: "chachaml_metric_summaries", prefix: "" }),
    lastPoints: (runIds) => all(LAST_POINTS, runIds),
    history: (runId, key) => fragment(HISTORY, runId, key),
    insertPoints: (batch) =>
      native(async (sql: Sql) => {
        const points = await known.newPoints(sql, batch);
        await insertMetrics(sql, points);
        return points;
      }),
    *insertSubjects({ runId, keys, steps, times, values }, about) {
      const { modelId, datasetName, datasetDigest } = about;
      const points = [keys, steps, times, values];
      yield* run(INSERT_SUBJECTS, runId, modelId, datasetName, datasetDigest, ...points);
    },
    insertDataset: (runId, dataset) => native((sql: Sql) => insertDataset(sql, runId, dataset)),
  };
}

const HISTORY = `SELECT key, value, step, timestamp FROM metrics WHERE run_id = ? AND key = ?
  ORDER BY timestamp, step, ctid`;

const LAST_POINTS = `SELECT run_id, key, last AS value, step, time AS timestamp
  FROM chachaml_metric_summaries WHERE run_id = ANY(?::text[]) ORDER BY key COLLATE "C"`;

const INSERT_SUBJECTS = `INSERT INTO mlflow_metric_subjects (run_id, key, step, timestamp, value,
    model_id, dataset_name, dataset_digest)
  SELECT ?::text, key, step, time, value, ?::text, ?::text, ?::text
  FROM unnest(?::text[], ?::bigint[], ?::bigint[], ?::double precision[])
    AS t(key, step, time, value)`;
