import type { ModelStage, ModelVersion } from "../../model.ts";
import { type SqlRow, text, textOrNull } from "../../rows/value.ts";
import { runOf } from "../../rows/run_row.ts";
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
import type { Database, Sql } from "../database.ts";
import { RUN_COLUMNS } from "../run_rows.ts";
import { countRows, readPage } from "./page.ts";

/** Runs, and names of each kind, that columns are taken from. */
const [MOST_RUNS, MOST_NAMES] = [1000, 1000];

/** Runs as a table, in PostgreSQL. */
export class PostgresRunTable implements RunTable {
  readonly #database: Database;

  /** Reads `database`. */
  constructor(database: Database) {
    this.#database = database;
  }

  page(query: TableQuery): Promise<TablePage> {
    return this.#database.read((sql) => readPage(sql, query));
  }

  count(query: Pick<TableQuery, "experiment" | "archived" | "clauses">): Promise<number> {
    return this.#database.read((sql) => countRows(sql, query));
  }

  columns(experiment?: string): Promise<TableColumns> {
    return this.#database.read(async (sql) => {
      const runs = await sql.all(
        `SELECT ${RUN_COLUMNS} FROM runs AS r WHERE ?::text IS NULL OR r.experiment = ?::text
          ORDER BY r.start_time DESC LIMIT ?::bigint`,
        experiment ?? null,
        experiment ?? null,
        MOST_RUNS + 1,
      );
      const ids = runs.slice(0, MOST_RUNS).map(({ id }) => text(id));
      const names = async (table: string) => {
        const rows = await sql.all(
          `SELECT DISTINCT key FROM ${table} WHERE run_id = ANY(?::text[])`,
          ids,
        );
        return rows.map(({ key }) => text(key));
      };
      const [params, metrics, own] = await Promise.all(
        ["params", "chachaml_metric_summaries", "tags"].map(names),
      );
      const tags = new Set([...own!, ...runs.flatMap((row) => Object.keys(runOf(row, []).tags))]);
      const first = (all: readonly string[]) => all.toSorted().slice(0, MOST_NAMES);
      return {
        params: first(params!),
        metrics: first(metrics!),
        tags: first([...tags]),
        truncated: runs.length > MOST_RUNS ||
          [params!.length, metrics!.length, tags.size].some((count) => count > MOST_NAMES),
      };
    });
  }

  counts(): Promise<ExperimentCounts[]> {
    return this.#database.read(async (sql) => {
      const rows = await sql.all(
        `SELECT experiment, status, count(*) AS runs FROM runs GROUP BY experiment, status
          ORDER BY experiment COLLATE "C"`,
      );
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
    return this.#database.read(async (sql) => {
      const rows = await sql.all(
        `SELECT id FROM runs WHERE parent_run_id = ? ORDER BY start_time DESC LIMIT ?::bigint`,
        runId,
        limit,
      );
      return rows.map(({ id }) => text(id));
    });
  }

  versions(runId: string): Promise<Pick<ModelVersion, "model" | "version" | "stage">[]> {
    return this.#database.read(async (sql) => {
      const rows = await sql.all(
        `SELECT model_name, version, stage FROM model_versions WHERE run_id = ?
          ORDER BY model_name COLLATE "C", version`,
        runId,
      );
      return rows.map(({ model_name, version, stage }) => ({
        model: text(model_name),
        version: Number(version),
        stage: text(stage) as ModelStage,
      }));
    });
  }

  sizes(): Promise<ExperimentSize[]> {
    return this.#database.read(async (sql) => {
      const rows = await sql.all(
        `SELECT r.experiment, count(*) AS artifacts, coalesce(sum(a.size), 0)::bigint AS bytes
          FROM artifacts a JOIN runs r ON r.id = a.run_id GROUP BY r.experiment ORDER BY 3 DESC`,
      );
      return rows.map(({ experiment, artifacts, bytes }) => ({
        name: text(experiment),
        artifacts: Number(artifacts),
        bytes: Number(bytes),
      }));
    });
  }

  pipelines(limit: number): Promise<Pipeline[]> {
    return this.#database.read(async (sql) => {
      if (!await hasPipelines(sql)) return [];
      const rows = await sql.all(
        "SELECT * FROM pipelines ORDER BY created_at DESC LIMIT ?::bigint",
        limit,
      );
      return rows.map(pipelineOf);
    });
  }

  pipeline(id: string): Promise<(Pipeline & { readonly steps: PipelineStep[] }) | undefined> {
    return this.#database.read(async (sql) => {
      if (!await hasPipelines(sql)) return undefined;
      const row = await sql.get("SELECT * FROM pipelines WHERE id = ?", id);
      if (!row) return undefined;
      const steps = await sql.all(
        "SELECT * FROM pipeline_steps WHERE pipeline_id = ? ORDER BY step_order",
        id,
      );
      return { ...pipelineOf(row), steps: steps.map(stepOf) };
    });
  }
}

/** Whether chachaml has made its tables of pipelines. */
async function hasPipelines(sql: Sql): Promise<boolean> {
  const row = await sql.get("SELECT to_regclass('pipeline_steps') IS NOT NULL AS found");
  return String(row?.found) === "true";
}

function pipelineOf(row: SqlRow): Pipeline {
  return {
    "id": text(row.id),
    "name": text(row.name),
    "description": textOrNull(row.description),
    "status": text(row.status),
    "created-at": Number(row.created_at),
    "finished-at": row.finished_at === null ? null : Number(row.finished_at),
  };
}

function stepOf(row: SqlRow): PipelineStep {
  return {
    "id": text(row.id),
    "pipeline-id": text(row.pipeline_id),
    "step-name": text(row.step_name),
    "step-order": Number(row.step_order),
    "run-id": textOrNull(row.run_id),
    "status": text(row.status),
    "started-at": row.started_at === null ? null : Number(row.started_at),
    "finished-at": row.finished_at === null ? null : Number(row.finished_at),
  };
}
