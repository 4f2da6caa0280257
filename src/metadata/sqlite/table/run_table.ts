import type {
  ExperimentCounts,
  ExperimentSize,
  Pipeline,
  PipelineStep,
  RunTable,
  TableColumns,
  TablePage,
  TableQuery,
} from "../../run_table.ts";
import type { ModelStage, ModelVersion } from "../../model.ts";
import type { Database } from "../database.ts";
import { updateSummaries } from "../metric_summaries.ts";
import { text, whole } from "../whole_text.ts";
import { readColumns } from "./columns.ts";
import { readPipeline, readPipelines } from "./pipelines.ts";
import { countRows, readPage } from "./page.ts";

/** Table of runs in SQLite. */
export class SqliteRunTable implements RunTable {
  readonly #database: Database;

  /** Creates an accessor of `database`. */
  constructor(database: Database) {
    this.#database = database;
  }

  async page(query: TableQuery): Promise<TablePage> {
    await updateSummaries(this.#database);
    return await this.#database.read((sql) => readPage(sql, query));
  }

  async count(
    query: Pick<TableQuery, "experiment" | "archived" | "clauses">,
  ): Promise<number> {
    if (query.clauses.some(({ entity }) => entity === "metric")) {
      await updateSummaries(this.#database);
    }
    return await this.#database.read((sql) => countRows(sql, query));
  }

  async columns(experiment?: string): Promise<TableColumns> {
    await updateSummaries(this.#database);
    return await this.#database.read((sql) => readColumns(sql, experiment));
  }

  counts(): Promise<ExperimentCounts[]> {
    return this.#database.read((sql) => {
      const rows = sql.prepare(
        `SELECT ${whole("experiment", "status")}, count(*) AS runs FROM runs
          GROUP BY runs.experiment, runs.status ORDER BY runs.experiment`,
      ).all();
      const counts = new Map<string, Record<string, number>>();
      for (const { experiment, status, runs } of rows) {
        const name = text(experiment);
        const byStatus = counts.get(name) ?? {};
        counts.set(name, Object.assign(byStatus, { [text(status)]: Number(runs) }));
      }
      return [...counts].map(([name, byStatus]) => ({ name, byStatus }));
    });
  }

  children(runId: string, limit: number): Promise<string[]> {
    return this.#database.read((sql) =>
      sql.prepare(
        `SELECT ${whole("id")} FROM runs WHERE parent_run_id = ? ORDER BY start_time DESC LIMIT ?`,
      ).all(runId, limit).map(({ id }) => text(id))
    );
  }

  versions(runId: string): Promise<Pick<ModelVersion, "model" | "version" | "stage">[]> {
    return this.#database.read((sql) =>
      sql.prepare(
        `SELECT ${whole("model_name", "stage")}, version FROM model_versions WHERE run_id = ?
          ORDER BY model_versions.model_name, version`,
      ).all(runId).map(({ model_name, version, stage }) => ({
        model: text(model_name),
        version: Number(version),
        stage: text(stage) as ModelStage,
      }))
    );
  }

  sizes(): Promise<ExperimentSize[]> {
    return this.#database.read((sql) =>
      sql.prepare(
        `SELECT ${whole("r.experiment")}, count(*) AS artifacts, coalesce(sum(a.size), 0) AS bytes
          FROM artifacts a JOIN runs r ON r.id = a.run_id GROUP BY r.experiment ORDER BY bytes DESC`,
      ).all().map(({ experiment, artifacts, bytes }) => ({
        name: text(experiment),
        artifacts: Number(artifacts),
        bytes: Number(bytes),
      }))
    );
  }

  pipelines(limit: number): Promise<Pipeline[]> {
    return this.#database.read((sql) => readPipelines(sql, limit));
  }

  pipeline(id: string): Promise<(Pipeline & { readonly steps: PipelineStep[] }) | undefined> {
    return this.#database.read((sql) => readPipeline(sql, id));
  }
}
