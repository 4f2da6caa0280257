/** Runs of the MLflow protocol. */
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
import { COLUMN_TAGS, metricOf, RENAMED_TAGS } from "../../rows/mlflow_row.ts";
import { textOrNull } from "../../rows/value.ts";
import { archiveRun, requireRun, unarchiveRun } from "../archived_runs.ts";
import type { SqlDialect } from "../dialect.ts";
import { get, run, type Script } from "../script.ts";
import { addDatasets, addModel, datasetsOf } from "./inputs.ts";
import type { MlflowDatabase } from "./mlflow_database.ts";
import { rowPage } from "./pages.ts";
import { removePair, writePairs } from "./pairs.ts";
import { logBatch, setTags } from "./run_log.ts";
import { readNewRun, readRuns } from "./run_reader.ts";
import { searchRuns, SELECT_RUN } from "./run_search.ts";

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

/** Runs in a database. */
export class SqlMlflowRuns implements MlflowRuns {
  readonly #database: MlflowDatabase;
  readonly #now: () => number;

  /** Creates an accessor of `database`; `now` is the clock, in epoch milliseconds. */
  constructor(database: MlflowDatabase, now: () => number) {
    this.#database = database;
    this.#now = now;
  }

  create(started: NewMlflowRun): Promise<MlflowRun> {
    const database = this.#database;
    return database.write(function* () {
      yield* create(database.dialect, started);
      const row = yield* get(`${SELECT_RUN} WHERE r.id = ?`, started.id);
      return yield* readNewRun(database, row!);
    });
  }

  async get(id: string): Promise<MlflowRun | undefined> {
    const database = this.#database;
    const found = await database.read(() => find(database, id));
    if (found) return found;
    if (!await this.stateOf(id)) return undefined;
    // Another program started the run in an experiment that has no id yet.
    await database.ensureIds(this.#now());
    return await database.read(() => find(database, id));
  }

  async stateOf(id: string): Promise<"active" | "deleted" | undefined> {
    const row = await this.#database.read(() => get("SELECT status FROM runs WHERE id = ?", id));
    return row && (row.status === "archived" ? "deleted" : "active");
  }

  update(id: string, change: MlflowRunChange): Promise<void> {
    return this.#change(id, () => update(id, change));
  }

  setDeleted(id: string, deleted: boolean): Promise<void> {
    const { dialect } = this.#database;
    return this.#database.write(() =>
      deleted ? archiveRun(dialect, id, { running: true }) : unarchiveRun(dialect, id)
    );
  }

  log(id: string, batch: MlflowBatch): Promise<readonly ParamConflict[]> {
    return this.#change(id, () => logBatch(this.#database, id, batch));
  }

  deleteTag(id: string, key: string): Promise<boolean> {
    return this.#database.write(() => deleteTag(id, key));
  }

  changeTag(
    id: string,
    key: string,
    change: (before: string | undefined) => string,
  ): Promise<void> {
    const { dialect } = this.#database;
    return this.#change(id, function* () {
      const row = yield* get("SELECT value FROM tags WHERE run_id = ? AND key = ?", id, key);
      const value = change(textOrNull(row?.value) ?? undefined);
      yield* writePairs(dialect, "tags", { run_id: id }, [{ key, value }]);
    });
  }

  async search(experimentIds: readonly string[], search: Search): Promise<Page<MlflowRun>> {
    if (experimentIds.length === 0) return { items: [], more: false };
    await this.#database.updateSummaries();
    return await this.#database.read(() => searchRuns(this.#database, experimentIds, search));
  }

  async history(
    id: string,
    key: string,
    page: { limit: number; offset: number },
  ): Promise<Page<MlflowMetric>> {
    const statement = this.#database.history(id, key);
    const { items, more } = await this.#database.read(() => rowPage(statement, page));
    return { items: items.map(metricOf), more };
  }

  addInputs(
    id: string,
    datasets: readonly MlflowDatasetInput[],
    modelIds: readonly string[],
  ): Promise<void> {
    const [database, now] = [this.#database, this.#now()];
    return this.#change(id, function* () {
      yield* addDatasets(database, id, datasets, now);
      for (const modelId of modelIds) yield* addModel(id, modelId, "input", 0);
    });
  }

  addOutputs(id: string, models: readonly { modelId: string; step: number }[]): Promise<void> {
    return this.#change(id, function* () {
      for (const { modelId, step } of models) yield* addModel(id, modelId, "output", step);
    });
  }

  datasets(experimentIds: readonly string[]): Promise<
    { experimentId: string; name: string; digest: string; context: string | null }[]
  > {
    return this.#database.read(() => datasetsOf(this.#database.dialect, experimentIds));
  }

  /** Changes a run that must exist. */
  #change<T>(id: string, change: () => Script<T>): Promise<T> {
    const { dialect } = this.#database;
    return this.#database.write(function* () {
      yield* requireRun(dialect, id);
      return yield* change();
    });
  }
}

function* create(
  dialect: SqlDialect,
  { id, experimentId, name, userId, startTime, tags }: NewMlflowRun,
): Script<void> {
  const experiment = yield* get(
    "SELECT name FROM mlflow_experiments WHERE id = ?",
    Number(experimentId),
  );
  yield* run(
    `INSERT INTO runs (id, experiment, name, status, start_time, created_by)
      VALUES (?, ?, ?, 'running', ?, ?)`,
    id,
    experiment!.name!,
    name,
    startTime,
    userId,
  );
  yield* setTags(dialect, id, tags);
}

function* find(database: MlflowDatabase, id: string): Script<MlflowRun | undefined> {
  const row = yield* get(`${SELECT_RUN} WHERE r.id = ?`, id);
  return row && (yield* readRuns(database, [row]))[0];
}

function* update(id: string, { status, endTime, name }: MlflowRunChange): Script<void> {
  if (status !== undefined) yield* setStatus(id, status);
  if (endTime !== undefined) yield* run("UPDATE runs SET end_time = ? WHERE id = ?", endTime, id);
  if (name !== undefined) yield* run("UPDATE runs SET name = ? WHERE id = ?", name, id);
}

function* setStatus(id: string, status: string): Script<void> {
  yield* run(
    "UPDATE runs SET status = ? WHERE id = ? AND status <> 'archived'",
    STORED[status]!,
    id,
  );
  yield* run("DELETE FROM mlflow_run_status WHERE run_id = ?", id);
  if (!EXTRA.includes(status)) return;
  yield* run("INSERT INTO mlflow_run_status (run_id, status) VALUES (?, ?)", id, status);
}

function* deleteTag(id: string, key: string): Script<boolean> {
  const column = COLUMN_TAGS.get(key);
  if (column === undefined) {
    return yield* removePair("tags", { run_id: id }, RENAMED_TAGS.get(key) ?? key);
  }
  return (yield* run(
    `UPDATE runs SET ${column} = NULL WHERE id = ? AND ${column} IS NOT NULL`,
    id,
  )) > 0;
}
