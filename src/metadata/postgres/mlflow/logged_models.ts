/** Logged models in PostgreSQL. */
import type { Clause, Page, Search, SortKey } from "../../mlflow_query.ts";
import type { LoggedModel, LoggedModels, Pairs } from "../../mlflow_store.ts";
import type { Database } from "../database.ts";
import type { SqlRow } from "../../rows/value.ts";
import type { Sql } from "../client.ts";
import { compare, type Fragment, fragment, joined, where } from "./conditions.ts";
import { pageOf } from "./pages.ts";
import { readPairs, removePair, textOrNull, writePairs } from "./pairs.ts";

const PAIRS = "mlflow_logged_model_pairs";

const COLUMNS: Readonly<Record<string, string>> = {
  name: "l.name",
  model_id: "l.id",
  model_type: "l.type",
  status: "l.status",
  source_run_id: "l.source_run_id",
  creation_timestamp: "l.created_at",
  last_updated_timestamp: "l.updated_at",
};

/** Logged models in PostgreSQL. */
export class PostgresLoggedModels implements LoggedModels {
  readonly #database: Database;
  readonly #now: () => number;

  /** Creates an accessor of `database`; `now` is the clock, in epoch milliseconds. */
  constructor(database: Database, now: () => number) {
    this.#database = database;
    this.#now = now;
  }

  async create(model: Omit<LoggedModel, "metrics" | "updatedAt">): Promise<void> {
    const { id, experimentId, name, status, type, sourceRunId, createdAt, params, tags } = model;
    await this.#database.write(async (sql) => {
      await sql.run(
        `INSERT INTO mlflow_logged_models (id, experiment_id, name, status, type, source_run_id,
            created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
        id,
        Number(experimentId),
        name,
        status,
        type,
        sourceRunId,
        createdAt,
        createdAt,
      );
      await writePairs(sql, PAIRS, { model_id: id, kind: "param" }, params);
      await writePairs(sql, PAIRS, { model_id: id, kind: "tag" }, tags);
    });
  }

  get(id: string): Promise<LoggedModel | undefined> {
    return this.#database.read(async (sql) => {
      const row = await sql.get("SELECT * FROM mlflow_logged_models WHERE id = ?", id);
      return row && await modelOf(sql, row);
    });
  }

  idsOfRun(runId: string): Promise<string[]> {
    return this.#database.read(async (sql) => {
      const rows = await sql.all(
        "SELECT id FROM mlflow_logged_models WHERE source_run_id = ?",
        runId,
      );
      return rows.map(({ id }) => String(id));
    });
  }

  setStatus(id: string, status: string): Promise<boolean> {
    return this.#database.write(async (sql) =>
      (await sql.run(
        "UPDATE mlflow_logged_models SET status = ?, updated_at = ? WHERE id = ?",
        status,
        this.#now(),
        id,
      )) > 0
    );
  }

  delete(id: string): Promise<boolean> {
    return this.#database.write(async (sql) => {
      await sql.run(`DELETE FROM ${PAIRS} WHERE model_id = ?`, id);
      await sql.run("DELETE FROM mlflow_run_models WHERE model_id = ?", id);
      return (await sql.run("DELETE FROM mlflow_logged_models WHERE id = ?", id)) > 0;
    });
  }

  async addParams(id: string, params: Pairs): Promise<void> {
    await this.#write(
      id,
      (sql) => writePairs(sql, PAIRS, { model_id: id, kind: "param" }, params),
    );
  }

  async setTags(id: string, tags: Pairs): Promise<void> {
    await this.#write(
      id,
      (sql) => writePairs(sql, PAIRS, { model_id: id, kind: "tag" }, tags),
    );
  }

  deleteTag(id: string, key: string): Promise<boolean> {
    return this.#write(
      id,
      (sql) => removePair(sql, PAIRS, { model_id: id, kind: "tag" }, key),
    );
  }

  search(experimentIds: readonly string[], search: Search): Promise<Page<LoggedModel>> {
    const ids = experimentIds.filter((id) => /^\d{1,15}$/.test(id)).map(Number);
    if (ids.length === 0) return Promise.resolve({ items: [], more: false });
    const conditions = [
      fragment("l.experiment_id = ANY(?::bigint[])", ids),
      ...search.clauses.map((clause) => compare(valueOf(clause), clause)),
    ];
    const keys = search.order.flatMap((key) => {
      const { text, values } = valueOf(key);
      return [
        fragment(`${text} IS NULL`, ...values),
        fragment(`${text} ${key.descending ? "DESC" : "ASC"}`, ...values),
      ];
    });
    const by = joined([...keys, fragment("l.created_at DESC"), fragment("l.id")], ", ");
    return this.#database.read(async (sql) =>
      await pageOf(
        sql,
        joined([
          fragment("SELECT l.* FROM mlflow_logged_models l"),
          where(conditions),
          { ...by, text: `ORDER BY ${by.text}` },
        ], " "),
        search,
        (row) => modelOf(sql, row),
      )
    );
  }

  #write<T>(id: string, change: (sql: Sql) => Promise<T>): Promise<T> {
    return this.#database.write(async (sql) => {
      await sql.run("UPDATE mlflow_logged_models SET updated_at = ? WHERE id = ?", this.#now(), id);
      return change(sql);
    });
  }
}

function valueOf({ entity, key }: Pick<Clause | SortKey, "entity" | "key">): Fragment {
  if (entity === "attribute") return fragment(COLUMNS[key]!);
  if (entity === "metric") {
    return fragment(
      `(SELECT s.value FROM mlflow_metric_subjects s WHERE s.model_id = l.id AND s.key = ?
        ORDER BY s.step DESC, s.timestamp DESC, s.ctid DESC LIMIT 1)`,
      key,
    );
  }
  return fragment(
    `(SELECT p.value FROM ${PAIRS} p WHERE p.model_id = l.id AND p.kind = ? AND p.key = ?)
      COLLATE "C"`,
    entity,
    key,
  );
}

async function modelOf(sql: Sql, row: SqlRow): Promise<LoggedModel> {
  const id = String(row.id);
  return {
    id,
    experimentId: String(row.experiment_id),
    name: String(row.name),
    status: String(row.status),
    type: String(row.type),
    sourceRunId: textOrNull(row.source_run_id),
    createdAt: Number(row.created_at),
    updatedAt: Number(row.updated_at),
    params: await readPairs(sql, PAIRS, { model_id: id, kind: "param" }),
    tags: await readPairs(sql, PAIRS, { model_id: id, kind: "tag" }),
    metrics: (await sql.all(
      `SELECT * FROM (SELECT *, row_number() OVER (
          PARTITION BY key, dataset_name, dataset_digest, run_id
          ORDER BY step DESC, timestamp DESC, ctid DESC) AS nth
        FROM mlflow_metric_subjects WHERE model_id = ?) AS x WHERE nth = 1 ORDER BY key`,
      id,
    )).map((metric) => ({
      runId: String(metric.run_id),
      key: String(metric.key),
      value: metric.value === null ? NaN : Number(metric.value),
      step: Number(metric.step),
      timestamp: Number(metric.timestamp),
      datasetName: textOrNull(metric.dataset_name),
      datasetDigest: textOrNull(metric.dataset_digest),
    })),
  };
}
