/** Logged models of the MLflow protocol. */
import type { Clause, Page, Search, SortKey } from "../../mlflow_query.ts";
import type { LoggedModel, LoggedModels, Pairs } from "../../mlflow_store.ts";
import { type SqlRow, textOrNull } from "../../rows/value.ts";
import { compare } from "../compare.ts";
import type { Owner, SqlDialect } from "../dialect.ts";
import { type Fragment, fragment, joined, orderBy, sortKey, where } from "../fragment.ts";
import { all, get, run, type Script } from "../script.ts";
import type { ScriptDatabase } from "../script_database.ts";
import { idsOf } from "./ids.ts";
import { pageOf } from "./pages.ts";
import { readPairs, removePair, writePairs } from "./pairs.ts";

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

const paramsOf = (id: string): Owner => ({ model_id: id, kind: "param" });

const tagsOf = (id: string): Owner => ({ model_id: id, kind: "tag" });

/** Logged models in a database. */
export class SqlLoggedModels implements LoggedModels {
  readonly #database: ScriptDatabase;
  readonly #now: () => number;

  /** Creates an accessor of `database`; `now` is the clock, in epoch milliseconds. */
  constructor(database: ScriptDatabase, now: () => number) {
    this.#database = database;
    this.#now = now;
  }

  create(model: Omit<LoggedModel, "metrics" | "updatedAt">): Promise<void> {
    return this.#database.write(() => create(this.#database.dialect, model));
  }

  get(id: string): Promise<LoggedModel | undefined> {
    return this.#database.read(() => read(this.#database.dialect, id));
  }

  async idsOfRun(runId: string): Promise<string[]> {
    const rows = await this.#database.read(() =>
      all("SELECT id FROM mlflow_logged_models WHERE source_run_id = ?", runId)
    );
    return rows.map(({ id }) => String(id));
  }

  async setStatus(id: string, status: string): Promise<boolean> {
    const statement = "UPDATE mlflow_logged_models SET status = ?, updated_at = ? WHERE id = ?";
    return await this.#database.write(() => run(statement, status, this.#now(), id)) > 0;
  }

  delete(id: string): Promise<boolean> {
    return this.#database.write(() => remove(id));
  }

  addParams(id: string, params: Pairs): Promise<void> {
    return this.#change(id, () => writePairs(this.#database.dialect, PAIRS, paramsOf(id), params));
  }

  setTags(id: string, tags: Pairs): Promise<void> {
    return this.#change(id, () => writePairs(this.#database.dialect, PAIRS, tagsOf(id), tags));
  }

  deleteTag(id: string, key: string): Promise<boolean> {
    return this.#change(id, () => removePair(PAIRS, tagsOf(id), key));
  }

  search(experimentIds: readonly string[], search: Search): Promise<Page<LoggedModel>> {
    const { dialect } = this.#database;
    const ids = idsOf(experimentIds);
    if (ids.length === 0) return Promise.resolve({ items: [], more: false });
    const statement = searchStatement(dialect, ids, search);
    return this.#database.read(() => pageOf(statement, search, (row) => modelOf(dialect, row)));
  }

  /** Changes a model and records the time of the change. */
  #change<T>(id: string, change: () => Script<T>): Promise<T> {
    const now = this.#now();
    return this.#database.write(function* () {
      yield* run("UPDATE mlflow_logged_models SET updated_at = ? WHERE id = ?", now, id);
      return yield* change();
    });
  }
}

function* create(
  dialect: SqlDialect,
  model: Omit<LoggedModel, "metrics" | "updatedAt">,
): Script<void> {
  const { id, experimentId, name, status, type, sourceRunId, createdAt, params, tags } = model;
  yield* run(
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
  yield* writePairs(dialect, PAIRS, paramsOf(id), params);
  yield* writePairs(dialect, PAIRS, tagsOf(id), tags);
}

function* read(dialect: SqlDialect, id: string): Script<LoggedModel | undefined> {
  const row = yield* get("SELECT * FROM mlflow_logged_models WHERE id = ?", id);
  return row && (yield* modelOf(dialect, row));
}

function* remove(id: string): Script<boolean> {
  yield* run(`DELETE FROM ${PAIRS} WHERE model_id = ?`, id);
  yield* run("DELETE FROM mlflow_run_models WHERE model_id = ?", id);
  return (yield* run("DELETE FROM mlflow_logged_models WHERE id = ?", id)) > 0;
}

function searchStatement(
  dialect: SqlDialect,
  experimentIds: readonly number[],
  { clauses, order }: Search,
): Fragment {
  const conditions = [
    fragment(dialect.oneOf("l.experiment_id", "bigint"), dialect.list(experimentIds)),
    ...clauses.map((clause) => compare(dialect, valueOf(dialect, clause), clause)),
  ];
  const keys = order.flatMap((key) => {
    const value = valueOf(dialect, key);
    return [
      fragment(`${value.text} IS NULL`, ...value.values),
      sortKey(value, key.descending),
    ];
  });
  return joined([
    fragment("SELECT l.* FROM mlflow_logged_models l"),
    where(conditions),
    orderBy([...keys, fragment("l.created_at DESC"), fragment("l.id")]),
  ], " ");
}

function valueOf(
  dialect: SqlDialect,
  { entity, key }: Pick<Clause | SortKey, "entity" | "key">,
): Fragment {
  if (entity === "attribute") return fragment(COLUMNS[key]!);
  if (entity === "metric") {
    return fragment(
      `(SELECT s.value FROM mlflow_metric_subjects s WHERE s.model_id = l.id AND s.key = ?
        ORDER BY s.step DESC, s.timestamp DESC, s.${dialect.place} DESC LIMIT 1)`,
      key,
    );
  }
  const pair = `(SELECT p.value FROM ${PAIRS} p WHERE p.model_id = l.id AND p.kind = ?
    AND p.key = ?)`;
  return fragment(dialect.text(pair), entity, key);
}

function* modelOf(dialect: SqlDialect, row: SqlRow): Script<LoggedModel> {
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
    params: yield* readPairs(dialect, PAIRS, paramsOf(id)),
    tags: yield* readPairs(dialect, PAIRS, tagsOf(id)),
    metrics: (yield* all(
      `SELECT * FROM (SELECT *, row_number() OVER (
          PARTITION BY key, dataset_name, dataset_digest, run_id
          ORDER BY step DESC, timestamp DESC, ${dialect.place} DESC) AS nth
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
