import { fromEdn, toEdn } from "../../edn/mod.ts";
import { assertRunId } from "../../names/names.ts";
import type { Dataset, DatasetOptions, Experiment } from "../dataset.ts";
import type { Metric, MetricBatch, MetricSummary, PointColumns } from "../metric.ts";
import type { RunProcess } from "../process_store.ts";
import { pathOf } from "../rows/artifact_row.ts";
import { assertDescription, datasetOf, newDataset } from "../rows/dataset_row.ts";
import { type SqlRow, text } from "../rows/value.ts";
import type { Environment, Run, StartOptions } from "../run.ts";
import type { RunDocument } from "../run_document.ts";
import type { RunQuery } from "../run_query.ts";
import type { ArtifactPlace, Missing, RunChange, RunCounts, RunStore } from "../run_store.ts";
import { archiveRun, unarchiveRun } from "../sql/archived_runs.ts";
import { POSTGRES, runScript } from "./script.ts";
import { requireAndLockRun } from "./artifact_rows.ts";
import type { Database, Sql } from "./database.ts";
import {
  insertDataset,
  selectDatasets,
  selectExperiments,
  upsertExperiment,
} from "./dataset_rows.ts";
import type { PendingBatch } from "./final_writes.ts";
import { lockRuns } from "./locks.ts";
import {
  insertMetrics,
  metricOf,
  readColumns,
  selectMetrics,
  selectSummaries,
} from "./metric_rows.ts";
import { insertVersions } from "../sql/model_documents.ts";
import { namesOf } from "./name_rows.ts";
import { dropProcess, noteProcess } from "./process_store.ts";
import { missingOf, requireFreeId } from "../sql/run_conflicts.ts";
import { growDocument, insertDocument, readDocument } from "./run_document_rows.ts";
import {
  changeRun,
  changeTags,
  countRuns,
  knownOrRemoved,
  lockRow,
  noteRuns,
  requireRow,
  requireRun,
} from "./run_rows.ts";
import { searchRuns } from "./run_search.ts";
import { TABLES_OF_RUN } from "./schema.ts";
import { releaseVersions } from "../sql/version_use.ts";

/** Number of points per transaction. */
const MAX_POINTS = 50_000;

/** Runs in PostgreSQL. */
export class PostgresRunStore implements RunStore {
  readonly #database: Database;
  readonly #now: () => number;
  readonly #pending = new Set<PendingBatch>();

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
    return await this.#database.write(async (sql) => {
      if (options.id !== undefined) {
        await lockRuns(sql, [id]);
        await runScript(sql, requireFreeId(POSTGRES, id, "start"));
      }
      if (parentId !== null) await requireRow(sql, parentId);
      await sql.run(
        `INSERT INTO runs (id, experiment, name, status, start_time, tags, env, parent_run_id,
          created_by) VALUES (?, ?, ?, 'running', ?, ?, ?, ?, ?)`,
        id,
        experiment,
        name,
        this.#now(),
        Object.keys(tags).length === 0 ? null : toEdn(tags),
        environment === null ? null : toEdn({ ...environment }),
        parentId,
        createdBy,
      );
      if (process) await noteProcess(sql, id, process, this.#now());
      return await requireRun(sql, id);
    });
  }

  update(
    id: string,
    change: RunChange,
    expected?: readonly string[],
  ): Promise<{ readonly run: Run; readonly changed: boolean }> {
    return this.#database.write(async (sql) => {
      const { status } = await lockRow(sql, id);
      const changed = !expected || expected.includes(text(status));
      if (changed) await changeRun(sql, id, change);
      if (changed && change.status !== undefined && change.status !== "running") {
        await dropProcess(sql, id);
      }
      return { run: await requireRun(sql, id), changed };
    });
  }

  paramTexts(id: string): Promise<ReadonlyMap<string, string>> {
    return this.#database.read(async (sql) => {
      const [, rows] = await Promise.all([requireRow(sql, id), selectParams(sql, id)]);
      return new Map(rows.map(({ key, value }) => [text(key), text(value)]));
    });
  }

  insertParams(id: string, params: ReadonlyMap<string, string>): Promise<ReadonlySet<string>> {
    return this.#database.write(async (sql) => {
      await lockRow(sql, id);
      const keys = [...params.keys()];
      const rows = await sql.all(
        "SELECT key FROM params WHERE run_id = ? AND key = ANY(?::text[])",
        id,
        keys,
      );
      if (rows.length > 0) return new Set(rows.map(({ key }) => text(key)));
      await sql.run(
        `INSERT INTO params (run_id, key, value)
          SELECT ?::text, key, value FROM unnest(?::text[], ?::text[]) AS t(key, value)`,
        id,
        keys,
        [...params.values()],
      );
      return new Set();
    });
  }

  replaceParams(
    id: string,
    params: ReadonlyMap<string, string>,
    expected: ReadonlyMap<string, string>,
    tags: Readonly<Record<string, string>>,
  ): Promise<boolean> {
    return this.#database.write(async (sql) => {
      await lockRow(sql, id);
      const rows = await selectParams(sql, id);
      const now = new Map(rows.map(({ key, value }) => [text(key), text(value)]));
      const isExpected = [...params.keys()].every((key) => now.get(key) === expected.get(key));
      if (!isExpected) return false;
      for (const [key, value] of params) {
        await sql.run("UPDATE params SET value = ? WHERE run_id = ? AND key = ?", value, id, key);
      }
      await changeTags(sql, id, Object.entries(tags));
      return true;
    });
  }

  params(id: string): Promise<Record<string, unknown>> {
    return this.#database.read(async (sql) => {
      const [, rows] = await Promise.all([requireRow(sql, id), selectParams(sql, id)]);
      return Object.fromEntries(rows.map((row) => [text(row.key), fromEdn(text(row.value))]));
    });
  }

  known(ids: Iterable<string>): Promise<Set<string>> {
    return this.#database.read(async (sql) => {
      const rows = await sql.all("SELECT id FROM runs WHERE id = ANY(?::text[])", [...ids]);
      return new Set(rows.map(({ id }) => text(id)));
    });
  }

  knownOrRemoved(ids: Iterable<string>): Promise<Set<string>> {
    return this.#database.read((sql) => knownOrRemoved(sql, ids));
  }

  names(kind: "metric" | "param" | "experiment"): Promise<string[]> {
    return this.#database.read((sql) => namesOf(sql, kind));
  }

  archive(id: string): Promise<Run> {
    return this.#database.write(async (sql) => {
      await runScript(sql, archiveRun(POSTGRES, id, { running: false }));
      return await requireRun(sql, id);
    });
  }

  unarchive(id: string): Promise<Run> {
    return this.#database.write(async (sql) => {
      await runScript(sql, unarchiveRun(POSTGRES, id));
      return await requireRun(sql, id);
    });
  }

  counts(): Promise<RunCounts> {
    return this.#database.read(countRuns);
  }

  get(id: string): Promise<Run> {
    return this.#database.read((sql) => requireRun(sql, id));
  }

  list(query: RunQuery): Promise<Run[]> {
    return this.#database.readMoment((sql) => searchRuns(sql, query));
  }

  remove(id: string, force: boolean): Promise<ArtifactPlace[]> {
    return this.#database.write(async (sql) => {
      await lockRuns(sql, [id]);
      await lockRow(sql, id);
      await runScript(sql, releaseVersions(POSTGRES, "run_id", id, force));
      const rows = await sql.all("SELECT name, path FROM artifacts WHERE run_id = ?", id);
      for (const table of TABLES_OF_RUN) {
        await sql.run(`DELETE FROM ${table} WHERE run_id = ?`, id);
      }
      await sql.run("DELETE FROM runs WHERE id = ?", id);
      return rows.map((row) => ({ runId: id, name: text(row.name), path: pathOf(row) }));
    });
  }

  document(id: string): Promise<RunDocument | undefined> {
    return this.#database.readMoment((sql) => readDocument(sql, id));
  }

  async importRuns(
    runs: readonly RunDocument[],
    publish: (missing: ReadonlyMap<string, Missing>) => Promise<void>,
  ): Promise<ReadonlyMap<string, Missing>> {
    // After a crash, only this identifies their directories.
    await this.#database.write((sql) => noteRuns(sql, runs.map(({ id }) => id)));
    return await this.#database.write(async (sql) => {
      const missing = new Map<string, Missing>();
      await lockRuns(sql, runs.map(({ id }) => id));
      for (const run of runs) {
        const found = await runScript(
          sql,
          missingOf(POSTGRES, await readDocument(sql, run.id), run),
        );
        if (found) missing.set(run.id, found);
      }
      if (missing.size > 0) {
        sql.once();
        await publish(missing);
      }
      for (const { run, isNew } of missing.values()) {
        if (isNew) await insertDocument(sql, run);
        else await growDocument(sql, run);
      }
      for (const { id, models } of runs) {
        await runScript(sql, insertVersions(POSTGRES, id, models ?? []));
      }
      return missing;
    });
  }

  async setTags(id: string, tags: Readonly<Record<string, string | null>>): Promise<void> {
    await this.#database.write((sql) => changeTags(sql, id, Object.entries(tags)));
  }

  async logMetrics(batch: MetricBatch): Promise<void> {
    // In parts, to limit the length of transactions.
    for (let from = 0; from < batch.keys.length; from += MAX_POINTS) {
      const to = Math.min(from + MAX_POINTS, batch.keys.length);
      const pending: PendingBatch = { batch, from, to, xid: undefined };
      this.#pending.add(pending);
      try {
        await this.#database.write(async (sql) => {
          pending.xid = sql.id;
          await requireAndLockRun(sql, batch.runId);
          await insertMetrics(sql, batch, from, to);
        });
      } finally {
        this.#pending.delete(pending);
      }
    }
  }

  /** Points that are being written. */
  get pending(): PendingBatch[] {
    return [...this.#pending];
  }

  columns(id: string, key: string): Promise<PointColumns> {
    return this.#database.readMoment(async (sql) => {
      await requireRow(sql, id);
      return await readColumns(sql, id, key);
    });
  }

  metrics(id: string, key: string | undefined): Promise<Metric[]> {
    return this.#database.readMoment(async (sql) => {
      await requireRow(sql, id);
      const metrics: Metric[] = [];
      for await (const rows of selectMetrics(sql, id, key)) {
        for (const row of rows) metrics.push(metricOf(row));
      }
      return metrics;
    });
  }

  summary(id: string): Promise<MetricSummary[]> {
    return this.#database.read(async (sql) => {
      const [, summaries] = await Promise.all([requireRow(sql, id), selectSummaries(sql, id)]);
      return summaries;
    });
  }

  async logDataset(id: string, options: DatasetOptions): Promise<Dataset> {
    const dataset = newDataset(options, this.#now());
    await this.#database.write(async (sql) => {
      await requireAndLockRun(sql, id);
      await insertDataset(sql, id, dataset);
    });
    return datasetOf(dataset);
  }

  datasets(id: string): Promise<Dataset[]> {
    return this.#database.read(async (sql) => {
      const [, documents] = await Promise.all([requireRow(sql, id), selectDatasets(sql, id)]);
      return documents.map(datasetOf);
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
    await this.#database.write((sql) => upsertExperiment(sql, name, about, this.#now()));
  }
}

async function selectParams(sql: Sql, id: string): Promise<SqlRow[]> {
  return await sql.all(
    `SELECT key, value FROM params WHERE run_id = ? ORDER BY key COLLATE "C"`,
    id,
  );
}
