/** Runs of the protocol in PostgreSQL. */
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
import type { Sql } from "../client.ts";
import { fragment } from "./conditions.ts";
import { assignIds } from "./experiments.ts";
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

/** Runs in PostgreSQL. */
export class PostgresMlflowRuns implements MlflowRuns {
  readonly #database: Database;
  readonly #now: () => number;
  readonly #points = new KnownPoints();

  /** Creates an accessor of `database`; `now` is the clock, in epoch milliseconds. */
  constructor(database: Database, now: () => number) {
    this.#database = database;
    this.#now = now;
  }

  async create({ id, experimentId, name, userId, startTime, tags }: NewMlflowRun): Promise<void> {
    await this.#database.write(async (sql) => {
      const experiment =
        (await sql.get("SELECT name FROM mlflow_experiments WHERE id = ?", Number(experimentId)))!;
      await sql.run(
        `INSERT INTO runs (id, experiment, name, status, start_time, created_by)
            VALUES (?, ?, ?, 'running', ?, ?)`,
        id,
        experiment.name!,
        name,
        startTime,
        userId,
      );
      await setTags(sql, id, tags);
    });
  }

  async get(id: string): Promise<MlflowRun | undefined> {
    const read = () =>
      this.#database.read(async (sql) => {
        const row = await sql.get(`${SELECT_RUN} WHERE r.id = ?`, id);
        return row && (await readRuns(sql, [row]))[0];
      });
    const run = await read();
    if (run) return run;
    const exists = await this.#database.read(async (sql) =>
      await sql.get("SELECT 1 FROM runs WHERE id = ?", id)
    );
    if (!exists) return undefined;
    // Another program started the run in an experiment that has no id yet.
    await this.#database.write(async (sql) => await assignIds(sql, this.#now()));
    return await read();
  }

  stateOf(id: string): Promise<"active" | "deleted" | undefined> {
    return this.#database.read(async (sql) => {
      const row = await sql.get("SELECT status FROM runs WHERE id = ?", id);
      return row && (row.status === "archived" ? "deleted" : "active");
    });
  }

  async update(id: string, { status, endTime, name }: MlflowRunChange): Promise<void> {
    await this.#database.write(async (sql) => {
      await requireRun(sql, id);
      if (status !== undefined) await setStatus(sql, id, status);
      if (endTime !== undefined) {
        await sql.run("UPDATE runs SET end_time = ? WHERE id = ?", endTime, id);
      }
      if (name !== undefined) {
        await sql.run("UPDATE runs SET name = ? WHERE id = ?", name, id);
      }
    });
  }

  async setDeleted(id: string, deleted: boolean): Promise<void> {
    await this.#database.write(async (sql) => {
      const status = await requireRun(sql, id);
      if (deleted === (status === "archived")) return;
      if (deleted) {
        await sql.run(
          `INSERT INTO chachaml_archived (run_id, status) VALUES (?, ?)
            ON CONFLICT (run_id) DO UPDATE SET status = EXCLUDED.status`,
          id,
          status,
        );
        await sql.run("UPDATE runs SET status = 'archived' WHERE id = ?", id);
        return;
      }
      const earlier = await sql.get("SELECT status FROM chachaml_archived WHERE run_id = ?", id);
      await sql.run(
        "UPDATE runs SET status = ? WHERE id = ?",
        textOrNull(earlier?.status) ?? "completed",
        id,
      );
      await sql.run("DELETE FROM chachaml_archived WHERE run_id = ?", id);
    });
  }

  log(id: string, batch: MlflowBatch): Promise<readonly ParamConflict[]> {
    return this.#database.write(async (sql) => {
      await requireRun(sql, id);
      return await logBatch(sql, id, batch, this.#points);
    });
  }

  deleteTag(id: string, key: string): Promise<boolean> {
    return this.#database.write(async (sql) => {
      const column = COLUMN_TAGS.get(key);
      if (column === undefined) {
        return await removePair(sql, "tags", { run_id: id }, RENAMED_TAGS.get(key) ?? key);
      }
      return (await sql.run(
        `UPDATE runs SET ${column} = NULL WHERE id = ? AND ${column} IS NOT NULL`,
        id,
      )) > 0;
    });
  }

  async changeTag(
    id: string,
    key: string,
    change: (before: string | undefined) => string,
  ): Promise<void> {
    await this.#database.write(async (sql) => {
      await requireRun(sql, id);
      const row = await sql.get("SELECT value FROM tags WHERE run_id = ? AND key = ?", id, key);
      const before = textOrNull(row?.value) ?? undefined;
      await writePairs(sql, "tags", { run_id: id }, [{ key, value: change(before) }]);
    });
  }

  async search(experimentIds: readonly string[], search: Search): Promise<Page<MlflowRun>> {
    if (experimentIds.length === 0) return { items: [], more: false };
    return await this.#database.read(async (sql) => await searchRuns(sql, experimentIds, search));
  }

  history(
    id: string,
    key: string,
    page: { limit: number; offset: number },
  ): Promise<Page<MlflowMetric>> {
    return this.#database.read(async (sql) =>
      await pageOf(
        sql,
        fragment(
          `SELECT key, value, step, timestamp FROM metrics WHERE run_id = ? AND key = ?
            ORDER BY timestamp, step, ctid`,
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
    await this.#database.write(async (sql) => {
      await requireRun(sql, id);
      await addDatasets(sql, id, datasets, this.#now());
      for (const modelId of modelIds) await addModel(sql, id, modelId, "input", 0);
    });
  }

  async addOutputs(
    id: string,
    models: readonly { modelId: string; step: number }[],
  ): Promise<void> {
    await this.#database.write(async (sql) => {
      await requireRun(sql, id);
      for (const { modelId, step } of models) await addModel(sql, id, modelId, "output", step);
    });
  }

  datasets(experimentIds: readonly string[]): Promise<
    { experimentId: string; name: string; digest: string; context: string | null }[]
  > {
    return this.#database.read(async (sql) => await datasetsOf(sql, experimentIds));
  }
}

/** Returns the status of a run. Throws if the run does not exist. */
async function requireRun(sql: Sql, id: string): Promise<string> {
  const row = await sql.get("SELECT status FROM runs WHERE id = ? FOR NO KEY UPDATE", id);
  if (!row) throw new RunNotFoundError(id);
  return String(row.status);
}

async function setStatus(sql: Sql, id: string, status: string): Promise<void> {
  await sql.run(
    "UPDATE runs SET status = ? WHERE id = ? AND status <> 'archived'",
    STORED[status]!,
    id,
  );
  await sql.run("DELETE FROM mlflow_run_status WHERE run_id = ?", id);
  if (!EXTRA.includes(status)) return;
  await sql.run("INSERT INTO mlflow_run_status (run_id, status) VALUES (?, ?)", id, status);
}

async function addModel(
  sql: Sql,
  runId: string,
  modelId: string,
  direction: string,
  step: number,
): Promise<void> {
  await sql.run(
    `INSERT INTO mlflow_run_models (run_id, model_id, direction, step) VALUES (?, ?, ?, ?)
      ON CONFLICT (run_id, model_id, direction) DO NOTHING`,
    runId,
    modelId,
    direction,
    step,
  );
}
