/** Runs of the MLflow protocol in SQLite. */
import { RunNotFoundError } from "../../../base/errors.ts";
import type { Page, Search } from "../../mlflow_query.ts";
import type {
  MlflowBatch,
  MlflowDatasetInput,
  MlflowMetric,
  MlflowRun,
  MlflowRunChange,
  MlflowRuns,
  NewMlflowRun,
  ParamConflict,
} from "../../mlflow_store.ts";
import type { Database } from "../database.ts";
import { updateSummaries } from "../metric_summaries.ts";
import type { SqlConnection } from "../sql_driver.ts";
import { fragment } from "./conditions.ts";
import { assignIds, shadowIds } from "./experiments.ts";
import { addDatasets, datasetsOf } from "./inputs.ts";
import { KnownPoints } from "./known_points.ts";
import { pageOf } from "./pages.ts";
import { removePair, textOrNull, writePairs } from "./pairs.ts";
import { logBatch, setTags } from "./run_log.ts";
import { metricOf, readRuns } from "./run_reader.ts";
import { searchRuns, SELECT_RUN } from "./run_search.ts";
import { COLUMN_TAGS, RENAMED_TAGS } from "../../rows/mlflow_row.ts";

/** Status of the store for each status of the protocol. */
const STORED: Readonly<Record<string, string>> = {
  RUNNING: "running",
  SCHEDULED: "running",
  FINISHED: "completed",
  FAILED: "failed",
  KILLED: "failed",
};

/** Statuses without equivalent in the store. */
const EXTRA = ["KILLED", "SCHEDULED"];

/** Runs of the MLflow protocol in SQLite. */
export class SqliteMlflowRuns implements MlflowRuns {
  readonly #database: Database;
  readonly #now: () => number;
  readonly #points = new KnownPoints();

  /** Creates an accessor of `database`; `now` is the clock, in epoch milliseconds. */
  constructor(database: Database, now: () => number) {
    this.#database = database;
    this.#now = now;
  }

  async create({ id, experimentId, name, userId, startTime, tags }: NewMlflowRun): Promise<void> {
    await this.#database.write({
      apply: (sql) => {
        const experiment = sql.prepare("SELECT name FROM mlflow_experiments WHERE id = ?")
          .get(Number(experimentId))!;
        sql.prepare(
          `INSERT INTO runs (id, experiment, name, status, start_time, created_by)
            VALUES (?, ?, ?, 'running', ?, ?)`,
        ).run(id, experiment.name!, name, startTime, userId);
        setTags(sql, id, tags);
      },
    });
  }

  async get(id: string): Promise<MlflowRun | undefined> {
    const read = () =>
      this.#database.read((sql) => {
        const row = sql.prepare(`${SELECT_RUN} WHERE r.id = ?`).get(id);
        return row && readRuns(sql, [row])[0];
      });
    const run = await read();
    if (run) return run;
    const exists = await this.#database.read((sql) =>
      sql.prepare("SELECT 1 FROM runs WHERE id = ?").get(id)
    );
    if (!exists) return undefined;
    // Another program has started it in an experiment that has no id yet.
    if (this.#database.isWritable) {
      await this.#database.write({ apply: (sql) => assignIds(sql, this.#now()) });
    } else {
      await this.#database.read((sql) => shadowIds(sql, this.#now()));
    }
    return await read();
  }

  stateOf(id: string): Promise<"active" | "deleted" | undefined> {
    return this.#database.read((sql) => {
      const row = sql.prepare("SELECT status FROM runs WHERE id = ?").get(id);
      return row && (row.status === "archived" ? "deleted" : "active");
    });
  }

  async update(id: string, { status, endTime, name }: MlflowRunChange): Promise<void> {
    await this.#database.write({
      apply: (sql) => {
        requireRun(sql, id);
        if (status !== undefined) setStatus(sql, id, status);
        if (endTime !== undefined) {
          sql.prepare("UPDATE runs SET end_time = ? WHERE id = ?").run(endTime, id);
        }
        if (name !== undefined) {
          sql.prepare("UPDATE runs SET name = ? WHERE id = ?").run(name, id);
        }
      },
    });
  }

  async setDeleted(id: string, deleted: boolean): Promise<void> {
    await this.#database.write({
      apply: (sql) => {
        const status = requireRun(sql, id);
        if (deleted === (status === "archived")) return;
        if (deleted) {
          sql.prepare("INSERT OR REPLACE INTO chachaml_archived (run_id, status) VALUES (?, ?)")
            .run(id, status);
          sql.prepare("UPDATE runs SET status = 'archived' WHERE id = ?").run(id);
          return;
        }
        const earlier = sql.prepare("SELECT status FROM chachaml_archived WHERE run_id = ?").get(
          id,
        );
        sql.prepare("UPDATE runs SET status = ? WHERE id = ?")
          .run(textOrNull(earlier?.status) ?? "completed", id);
        sql.prepare("DELETE FROM chachaml_archived WHERE run_id = ?").run(id);
      },
    });
  }

  log(id: string, batch: MlflowBatch): Promise<readonly ParamConflict[]> {
    return this.#database.write({
      apply: (sql) => {
        requireRun(sql, id);
        return logBatch(sql, id, batch, this.#points);
      },
    });
  }

  deleteTag(id: string, key: string): Promise<boolean> {
    return this.#database.write({
      apply: (sql) => {
        const column = COLUMN_TAGS.get(key);
        if (column === undefined) {
          return removePair(sql, "tags", { run_id: id }, RENAMED_TAGS.get(key) ?? key);
        }
        return sql.prepare(
          `UPDATE runs SET ${column} = NULL WHERE id = ? AND ${column} IS NOT NULL`,
        ).run(id) > 0;
      },
    });
  }

  async changeTag(
    id: string,
    key: string,
    change: (before: string | undefined) => string,
  ): Promise<void> {
    await this.#database.write({
      apply: (sql) => {
        requireRun(sql, id);
        const row = sql.prepare("SELECT value FROM tags WHERE run_id = ? AND key = ?").get(id, key);
        const before = textOrNull(row?.value) ?? undefined;
        writePairs(sql, "tags", { run_id: id }, [{ key, value: change(before) }]);
      },
    });
  }

  async search(experimentIds: readonly string[], search: Search): Promise<Page<MlflowRun>> {
    if (experimentIds.length === 0) return { items: [], more: false };
    await updateSummaries(this.#database);
    return await this.#database.read((sql) => searchRuns(sql, experimentIds, search));
  }

  history(
    id: string,
    key: string,
    page: { limit: number; offset: number },
  ): Promise<Page<MlflowMetric>> {
    return this.#database.read((sql) =>
      pageOf(
        sql,
        fragment(
          `SELECT key, value, step, timestamp FROM (
            SELECT key, value, step, timestamp, rowid AS place FROM metrics
              WHERE run_id = ? AND key = ?
            UNION ALL
            SELECT key, NULL, step, timestamp, after + 0.5 FROM metric_nans
              WHERE run_id = ? AND key = ?
          ) ORDER BY timestamp, step, place`,
          id,
          key,
          id,
          key,
        ),
        page,
        metricOf,
      )
    );
  }

  async addInputs(
    id: string,
    datasets: readonly MlflowDatasetInput[],
    modelIds: readonly string[],
  ): Promise<void> {
    await this.#database.write({
      apply: (sql) => {
        requireRun(sql, id);
        addDatasets(sql, id, datasets, this.#now());
        for (const modelId of modelIds) addModel(sql, id, modelId, "input", 0);
      },
    });
  }

  async addOutputs(
    id: string,
    models: readonly { modelId: string; step: number }[],
  ): Promise<void> {
    await this.#database.write({
      apply: (sql) => {
        requireRun(sql, id);
        for (const { modelId, step } of models) addModel(sql, id, modelId, "output", step);
      },
    });
  }

  datasets(experimentIds: readonly string[]): Promise<
    { experimentId: string; name: string; digest: string; context: string | null }[]
  > {
    return this.#database.read((sql) => datasetsOf(sql, experimentIds));
  }
}

/** Returns the status of a run. Throws if the run does not exist. */
function requireRun(sql: SqlConnection, id: string): string {
  const row = sql.prepare("SELECT status FROM runs WHERE id = ?").get(id);
  if (!row) throw new RunNotFoundError(id);
  return String(row.status);
}

function setStatus(sql: SqlConnection, id: string, status: string): void {
  sql.prepare("UPDATE runs SET status = ? WHERE id = ? AND status <> 'archived'")
    .run(STORED[status]!, id);
  sql.prepare("DELETE FROM mlflow_run_status WHERE run_id = ?").run(id);
  if (!EXTRA.includes(status)) return;
  sql.prepare("INSERT INTO mlflow_run_status (run_id, status) VALUES (?, ?)").run(id, status);
}

function addModel(
  sql: SqlConnection,
  runId: string,
  modelId: string,
  direction: string,
  step: number,
): void {
  sql.prepare(
    `INSERT OR IGNORE INTO mlflow_run_models (run_id, model_id, direction, step)
      VALUES (?, ?, ?, ?)`,
  ).run(runId, modelId, direction, step);
}
