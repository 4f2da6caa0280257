import { assertString } from "../../base/assert.ts";
import { RunNotFoundError } from "../../base/errors.ts";
import { pathOf } from "./artifact_rows.ts";
import { fromEdn, toEdn } from "../../edn/mod.ts";
import { withoutStartTag } from "../rows/run_row.ts";
import { releaseVersions } from "../sql/version_use.ts";
import { assertRunId } from "../../names/names.ts";
import type { Database } from "./database.ts";
import { TABLES_OF_RUN } from "./schema.ts";
import type { SqlConnection, SqlRow } from "./sql_driver.ts";
import type { Dataset, DatasetOptions, Experiment } from "../dataset.ts";
import {
  assertDescription,
  datasetOf,
  insertDataset,
  newDataset,
  selectDatasets,
  selectExperiments,
  upsertExperiment,
} from "./dataset_rows.ts";
import { readColumns } from "./metric_columns.ts";
import type { Metric, MetricBatch, MetricSummary, PointColumns } from "../metric.ts";
import { insertVersions } from "../sql/model_documents.ts";
import { insertMetrics, metricOf, selectMetrics } from "./metric_rows.ts";
import { MetricSummaries, updateSummaries } from "./metric_summaries.ts";
import type { Environment, Run, StartOptions } from "../run.ts";
import type { RunQuery } from "../run_query.ts";
import type { RunDocument } from "../run_document.ts";
import { knownOrRemoved, noteRuns } from "./removed_runs.ts";
import { growDocument, insertDocument, readDocument } from "./run_document_rows.ts";
import { searchRuns, withTags } from "./run_search.ts";
import { missingOf, requireFreeId } from "../sql/run_conflicts.ts";
import { changeRun, countRuns, SELECT_RUN } from "./run_rows.ts";
import { archiveRun, unarchiveRun } from "../sql/archived_runs.ts";
import { runScript, SQLITE } from "./script.ts";
import { namesOf } from "./name_rows.ts";
import { dropProcess, noteProcess } from "./process_rows.ts";
import type { RunProcess } from "../process_store.ts";
import type { ArtifactPlace, Missing, RunChange, RunCounts, RunStore } from "../run_store.ts";
import { text, textOrNull, whole } from "./whole_text.ts";

/** Number of points per transaction. */
const MAX_POINTS = 50_000;

/** Runs in SQLite. */
export class SqliteRunStore implements RunStore {
  readonly #database: Database;
  readonly #now: () => number;

  /** Creates an accessor of `database`; `now` is the clock, in epoch milliseconds. */
  constructor(database: Database, now: () => number) {
    this.#database = database;
    this.#now = now;
  }

  async start(
    options: StartOptions,
    environment: Environment | null,
    process: RunProcess | null = null,
  ): Promise<Run> {
    const { id = crypto.randomUUID(), experiment = "default" } = options;
    const { name = null, tags = {}, parentId = null, createdBy = null } = options;
    assertRunId(id);
    return await this.#database.write({
      apply: (sql) => {
        if (options.id !== undefined) runScript(sql, requireFreeId(SQLITE, id, "start"));
        if (parentId !== null) require(sql, parentId);
        sql.prepare(
          `INSERT INTO runs (id, experiment, name, status, start_time, tags, env, parent_run_id,
            created_by) VALUES (?, ?, ?, 'running', ?, ?, ?, ?, ?)`,
        ).run(
          id,
          experiment,
          name,
          this.#now(),
          Object.keys(tags).length === 0 ? null : toEdn(tags),
          environment === null ? null : toEdn({ ...environment }),
          parentId,
          createdBy,
        );
        if (process) noteProcess(sql, id, process, this.#now());
        return require(sql, id);
      },
    });
  }

  async update(
    id: string,
    change: RunChange,
    expected?: readonly string[],
  ): Promise<{ readonly run: Run; readonly changed: boolean }> {
    return await this.#database.write({
      // A run can also be ended on a full disk.
      frees: change.status !== undefined,
      apply: (sql) => {
        const run = require(sql, id);
        if (expected && !expected.includes(run.status)) return { run, changed: false };
        changeRun(sql, id, change);
        if (change.status !== undefined && change.status !== "running") dropProcess(sql, id);
        return { run: require(sql, id), changed: true };
      },
    });
  }

  paramTexts(id: string): Promise<ReadonlyMap<string, string>> {
    return this.#database.read((sql) => {
      requireRow(sql, id);
      const rows = sql.prepare(
        `SELECT ${whole("key", "value")} FROM params WHERE run_id = ? ORDER BY params.key`,
      );
      return new Map(rows.all(id).map(({ key, value }) => [text(key), text(value)]));
    });
  }

  async insertParams(
    id: string,
    params: ReadonlyMap<string, string>,
  ): Promise<ReadonlySet<string>> {
    return await this.#database.write({
      apply: (sql) => {
        requireRow(sql, id);
        const known = sql.prepare("SELECT 1 FROM params WHERE run_id = ? AND key = ?");
        const taken = new Set([...params.keys()].filter((key) => known.get(id, key)));
        if (taken.size > 0) return taken;
        const insert = sql.prepare("INSERT INTO params (run_id, key, value) VALUES (?, ?, ?)");
        for (const [key, value] of params) insert.run(id, key, value);
        return taken;
      },
    });
  }

  known(ids: Iterable<string>): Promise<Set<string>> {
    return this.#database.read((sql) => {
      const has = sql.prepare("SELECT 1 FROM runs WHERE id = ?");
      return new Set([...ids].filter((id) => has.get(id)));
    });
  }

  knownOrRemoved(ids: Iterable<string>): Promise<Set<string>> {
    return this.#database.read((sql) => knownOrRemoved(sql, ids));
  }

  names(kind: "metric" | "param" | "experiment"): Promise<string[]> {
    return this.#database.read((sql) => namesOf(sql, kind));
  }

  archive(id: string): Promise<Run> {
    return this.#database.write({
      apply: (sql) => {
        runScript(sql, archiveRun(SQLITE, id, { running: false }));
        return require(sql, id);
      },
    });
  }

  unarchive(id: string): Promise<Run> {
    return this.#database.write({
      apply: (sql) => {
        runScript(sql, unarchiveRun(SQLITE, id));
        return require(sql, id);
      },
    });
  }

  counts(): Promise<RunCounts> {
    return this.#database.read(countRuns);
  }

  get(id: string): Promise<Run> {
    return this.#database.read((sql) => require(sql, id));
  }

  async list(query: RunQuery): Promise<Run[]> {
    const { metrics, sortBy } = query;
    if (metrics || sortBy && "metric" in sortBy) await updateSummaries(this.#database);
    return await this.#database.read((sql) => searchRuns(sql, query));
  }

  remove(id: string, force: boolean): Promise<ArtifactPlace[]> {
    return this.#database.write({
      alone: true,
      frees: true,
      apply: (sql) => {
        require(sql, id);
        runScript(sql, releaseVersions(SQLITE, "run_id", id, force));
        const places = sql.prepare(
          `SELECT ${whole("name", "path")} FROM artifacts WHERE run_id = ?`,
        ).all(id)
          .map((row) => ({ runId: id, name: text(row.name), path: pathOf(row) }));
        for (const table of TABLES_OF_RUN) {
          sql.prepare(`DELETE FROM ${table} WHERE run_id = ?`).run(id);
        }
        sql.prepare("DELETE FROM runs WHERE id = ?").run(id);
        return places;
      },
    });
  }

  document(id: string): Promise<RunDocument | undefined> {
    return this.#database.read((sql) => readDocument(sql, id));
  }

  async importRuns(
    runs: readonly RunDocument[],
    publish: (missing: ReadonlyMap<string, Missing>) => Promise<void>,
  ): Promise<ReadonlyMap<string, Missing>> {
    const missing = new Map<string, Missing>();
    // After a crash, only this identifies their directories.
    await this.#database.write({ apply: (sql) => noteRuns(sql, runs.map(({ id }) => id)) });
    return await this.#database.write({
      alone: true,
      check: (sql) => {
        for (const run of runs) {
          const found = runScript(sql, missingOf(SQLITE, readDocument(sql, run.id), run));
          if (found) missing.set(run.id, found);
        }
        return "now";
      },
      publish: async () => {
        if (missing.size > 0) await publish(missing);
      },
      apply: (sql) => {
        for (const { run, isNew } of missing.values()) {
          if (isNew) insertDocument(sql, run);
          else growDocument(sql, run);
        }
        for (const { id, models } of runs) {
          runScript(sql, insertVersions(SQLITE, id, models ?? []));
        }
        return missing;
      },
    });
  }

  replaceParams(
    id: string,
    params: ReadonlyMap<string, string>,
    expected: ReadonlyMap<string, string>,
    tags: Readonly<Record<string, string>>,
  ): Promise<boolean> {
    return this.#database.write({
      apply: (sql) => {
        requireRow(sql, id);
        const get = sql.prepare(
          `SELECT ${whole("value")} FROM params WHERE run_id = ? AND key = ?`,
        );
        const isExpected = [...params.keys()].every((key) =>
          textOrNull(get.get(id, key)?.value) === (expected.get(key) ?? null)
        );
        if (!isExpected) return false;
        const update = sql.prepare("UPDATE params SET value = ? WHERE run_id = ? AND key = ?");
        for (const [key, value] of params) update.run(value, id, key);
        changeTags(sql, id, Object.entries(tags));
        return true;
      },
    });
  }

  params(id: string): Promise<Record<string, unknown>> {
    return this.#database.read((sql) => {
      require(sql, id);
      const rows = sql.prepare(
        `SELECT ${whole("key", "value")} FROM params WHERE run_id = ? ORDER BY params.key`,
      ).all(
        id,
      );
      return Object.fromEntries(rows.map((row) => [text(row.key), fromEdn(text(row.value))]));
    });
  }

  async setTags(id: string, tags: Readonly<Record<string, string | null>>): Promise<void> {
    const entries = Object.entries(tags);
    await this.#database.write({ apply: (sql) => changeTags(sql, id, entries) });
  }

  async logMetrics(batch: MetricBatch): Promise<void> {
    // In parts, so that other writers need not wait for all of them.
    for (let at = 0; at < batch.keys.length; at += MAX_POINTS) {
      await this.#database.write({
        apply: (sql) => {
          requireRow(sql, batch.runId);
          insertMetrics(sql, batch, at, Math.min(at + MAX_POINTS, batch.keys.length));
        },
      });
    }
  }

  columns(id: string, key: string): Promise<PointColumns> {
    return this.#database.read((sql) => {
      requireRow(sql, id);
      return readColumns(sql, id, key);
    });
  }

  metrics(id: string, key: string | undefined): Promise<Metric[]> {
    return this.#database.read((sql) => {
      requireRow(sql, id);
      return selectMetrics(sql, id, key).map(metricOf);
    });
  }

  async summary(id: string): Promise<MetricSummary[]> {
    await updateSummaries(this.#database);
    return await this.#database.read((sql) => {
      requireRow(sql, id);
      return new MetricSummaries(sql).ofRun(id);
    });
  }

  async logDataset(id: string, options: DatasetOptions): Promise<Dataset> {
    const dataset = newDataset(options, this.#now());
    await this.#database.write({
      apply: (sql) => {
        requireRow(sql, id);
        insertDataset(sql, id, dataset);
      },
    });
    return datasetOf(dataset);
  }

  datasets(id: string): Promise<Dataset[]> {
    return this.#database.read((sql) => {
      requireRow(sql, id);
      return selectDatasets(sql, id).map(datasetOf);
    });
  }

  experiments(): Promise<Experiment[]> {
    return this.#database.read(selectExperiments);
  }

  async describeExperiment(
    name: string,
    about: { readonly description?: string | null; readonly owner?: string | null },
  ): Promise<void> {
    assertDescription(name, about);
    await this.#database.write({
      apply: (sql) => upsertExperiment(sql, name, about, this.#now()),
    });
  }
}

/** Sets tags of a run, and removes those that are `null`. */
function changeTags(
  sql: SqlConnection,
  id: string,
  entries: readonly (readonly [key: string, value: string | null])[],
): void {
  requireRow(sql, id);
  const remove = sql.prepare("DELETE FROM tags WHERE run_id = ? AND key = ?");
  const insert = sql.prepare("INSERT INTO tags (run_id, key, value) VALUES (?, ?, ?)");
  for (const [key, value] of entries) {
    remove.run(id, key);
    if (value !== null) insert.run(id, key, value);
    else dropStartTag(sql, requireRow(sql, id), key);
  }
}

/** Returns a run by id, with its tags. */
function require(sql: SqlConnection, id: string): Run {
  return withTags(sql, [requireRow(sql, id)])[0]!;
}

function requireRow(sql: SqlConnection, id: string): SqlRow {
  assertString("a run id", id);
  const row = sql.prepare(`${SELECT_RUN} WHERE id = ?`).get(id);
  if (!row) throw new RunNotFoundError(id);
  return row;
}

/** Removes a tag that was set at the start of a run. */
function dropStartTag(sql: SqlConnection, { id, tags }: SqlRow, key: string): void {
  const rest = withoutStartTag(textOrNull(tags), key);
  if (rest !== undefined) sql.prepare("UPDATE runs SET tags = ? WHERE id = ?").run(rest, id!);
}
