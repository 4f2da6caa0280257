/** Experiments of the MLflow protocol in SQLite. */
import type { Clause, Page, Search } from "../../mlflow_query.ts";
import type { MlflowExperiment, MlflowExperiments, Pairs } from "../../mlflow_store.ts";
import type { Database } from "../database.ts";
import type { SqlConnection, SqlRow } from "../sql_driver.ts";
import { compare, type Fragment, fragment, joined, where } from "./conditions.ts";
import { MLFLOW_TABLES } from "./tables.ts";
import { readPairs, removePair, writePairs } from "./pairs.ts";
import { pageOf } from "./pages.ts";

const TAGS = "mlflow_experiment_tags";

/** Default experiment of the store, which has the id 0. */
const DEFAULT = "default";

/** Selects experiments without a row of their own. Each step finds the next name by the index. */
const UNNAMED = `WITH RECURSIVE steps(next) AS (
    SELECT min(experiment) FROM runs
    UNION ALL
    SELECT (SELECT min(r.experiment) FROM runs r WHERE r.experiment > steps.next) FROM steps
      WHERE steps.next IS NOT NULL)
  SELECT steps.next AS name FROM steps WHERE steps.next IS NOT NULL
    AND NOT EXISTS (SELECT 1 FROM mlflow_experiments e WHERE e.name = steps.next)`;

/** Experiments of the MLflow protocol in SQLite. */
export class SqliteMlflowExperiments implements MlflowExperiments {
  readonly #database: Database;
  readonly #now: () => number;

  /** Creates an accessor of `database`; `now` is the clock, in epoch milliseconds. */
  constructor(database: Database, now: () => number) {
    this.#database = database;
    this.#now = now;
  }

  create(name: string, tags: Pairs): Promise<string | undefined> {
    return this.#database.write({
      apply: (sql) => {
        assignIds(sql, this.#now());
        if (findByName(sql, name)) return undefined;
        const id = insert(sql, name, this.#now());
        writePairs(sql, TAGS, { experiment_id: id }, tags);
        return String(id);
      },
    });
  }

  async byId(id: string): Promise<MlflowExperiment | undefined> {
    await this.#assignIds();
    return await this.#database.read((sql) => {
      const row = /^\d{1,15}$/.test(id)
        ? sql.prepare("SELECT * FROM mlflow_experiments WHERE id = ?").get(Number(id))
        : undefined;
      return row && experimentOf(sql, row);
    });
  }

  async byName(name: string): Promise<MlflowExperiment | undefined> {
    await this.#assignIds();
    return await this.#database.read((sql) => {
      const row = findByName(sql, name);
      return row && experimentOf(sql, row);
    });
  }

  async search(search: Search): Promise<Page<MlflowExperiment>> {
    await this.#assignIds();
    const { view, clauses, order } = search;
    const conditions = [
      ...view === "ALL" ? [] : [fragment(`e.deleted = ${view === "DELETED_ONLY" ? 1 : 0}`)],
      ...clauses.map(conditionOf),
    ];
    const keys = order.length > 0
      ? order.map(({ entity, key, descending }) => {
        const by = expressionOf({ entity, key });
        return { ...by, text: `${by.text} ${descending ? "DESC" : "ASC"}` };
      })
      : [fragment("e.created_at DESC")];
    const by = joined([...keys, fragment("e.id ASC")], ", ");
    return await this.#database.read((sql) =>
      pageOf(
        sql,
        joined([
          fragment("SELECT e.* FROM mlflow_experiments e"),
          where(conditions),
          { ...by, text: `ORDER BY ${by.text}` },
        ], " "),
        search,
        (row) => experimentOf(sql, row),
      )
    );
  }

  rename(id: string, name: string): Promise<boolean> {
    return this.#database.write({
      apply: (sql) => {
        assignIds(sql, this.#now());
        const there = findByName(sql, name);
        if (there) return String(there.id) === id;
        const row = sql.prepare("SELECT name FROM mlflow_experiments WHERE id = ?").get(Number(id));
        if (!row) return false;
        sql.prepare("UPDATE runs SET experiment = ? WHERE experiment = ?").run(name, row.name!);
        sql.prepare("UPDATE OR REPLACE experiments SET name = ? WHERE name = ?")
          .run(name, row.name!);
        sql.prepare("UPDATE mlflow_experiments SET name = ?, updated_at = ? WHERE id = ?")
          .run(name, this.#now(), Number(id));
        return true;
      },
    });
  }

  remove(id: string): Promise<boolean> {
    return this.#database.write({
      apply: (sql) => {
        const row = sql.prepare("SELECT name FROM mlflow_experiments WHERE id = ?").get(Number(id));
        if (!row) return true;
        const { name = null } = row;
        if (sql.prepare("SELECT 1 FROM runs WHERE experiment = ? LIMIT 1").get(name)) return false;
        sql.prepare("DELETE FROM experiments WHERE name = ?").run(name);
        sql.prepare(`DELETE FROM ${TAGS} WHERE experiment_id = ?`).run(Number(id));
        sql.prepare("DELETE FROM mlflow_logged_models WHERE experiment_id = ?").run(Number(id));
        sql.prepare("DELETE FROM mlflow_experiments WHERE id = ?").run(Number(id));
        return true;
      },
    });
  }

  async setDeleted(id: string, deleted: boolean): Promise<void> {
    await this.#database.write({
      apply: (sql) =>
        sql.prepare("UPDATE mlflow_experiments SET deleted = ?, updated_at = ? WHERE id = ?")
          .run(deleted ? 1 : 0, this.#now(), Number(id)),
    });
  }

  setTag(id: string, key: string, value: string | null): Promise<boolean> {
    const owner = { experiment_id: Number(id) };
    return this.#database.write({
      apply: (sql) => {
        if (value === null) return removePair(sql, TAGS, owner, key);
        writePairs(sql, TAGS, owner, [{ key, value }]);
        return true;
      },
    });
  }

  /** Assigns ids to experiments created by runs of other programs. */
  async #assignIds(): Promise<void> {
    if (!this.#database.isWritable) {
      await this.#database.read((sql) => shadowIds(sql, this.#now()));
      return;
    }
    const isNeeded = await this.#database.read((sql) => needsIds(sql));
    if (!isNeeded) return;
    await this.#database.write({ apply: (sql) => assignIds(sql, this.#now()) });
  }
}

function needsIds(sql: SqlConnection): boolean {
  const hasDefault = sql.prepare("SELECT 1 FROM mlflow_experiments WHERE id = 0").get();
  return hasDefault === undefined || sql.prepare(`${UNNAMED} LIMIT 1`).get() !== undefined;
}

/** Gives an id to each experiment that has none. Runs inside a write transaction. */
export function assignIds(sql: SqlConnection, now: number, first = 1): void {
  if (!sql.prepare("SELECT 1 FROM mlflow_experiments WHERE id = 0").get()) {
    sql.prepare(
      "INSERT INTO mlflow_experiments (id, name, created_at, updated_at) VALUES (0, ?, ?, ?)",
    ).run(DEFAULT, now, now);
  }
  for (const { name } of sql.prepare(UNNAMED).all()) {
    const id = insert(sql, String(name), now);
    if (id >= first) continue;
    sql.prepare("UPDATE mlflow_experiments SET id = ? WHERE id = ?").run(first + id, id);
  }
}

/** Where ids begin that are given on a connection which only reads: the database's own stay below. */
const FIRST_SHADOW = 1_000_000_000;

/**
 * Gives ids on a connection that only reads: a temporary table, in memory, stands before the database's
 * own. They hold as long as the connection.
 */
export function shadowIds(sql: SqlConnection, now: number): void {
  if (!needsIds(sql)) return;
  // The database itself is opened read-only all the same.
  sql.prepare("PRAGMA query_only = OFF").run();
  try {
    addShadow(sql);
    assignIds(sql, now, FIRST_SHADOW);
  } finally {
    sql.prepare("PRAGMA query_only = ON").run();
  }
}

function addShadow(sql: SqlConnection): void {
  const table = "mlflow_experiments";
  if (sql.prepare("SELECT 1 FROM temp.sqlite_master WHERE name = ?").get(table)) return;
  sql.prepare("PRAGMA temp_store = MEMORY").run();
  sql.prepare(`CREATE TEMP TABLE ${table} (${MLFLOW_TABLES[table]!.definition})`).run();
  sql.prepare(
    `INSERT INTO temp.${table} (id, name, deleted, created_at, updated_at)
      SELECT id, name, deleted, created_at, updated_at FROM main.${table}`,
  ).run();
}

function insert(sql: SqlConnection, name: string, now: number): number {
  sql.prepare("INSERT INTO mlflow_experiments (name, created_at, updated_at) VALUES (?, ?, ?)")
    .run(name, now, now);
  return Number(findByName(sql, name)!.id);
}

function findByName(sql: SqlConnection, name: string): SqlRow | undefined {
  return sql.prepare("SELECT * FROM mlflow_experiments WHERE name = ?").get(name);
}

function experimentOf(sql: SqlConnection, row: SqlRow): MlflowExperiment {
  const id = Number(row.id);
  return {
    id: String(id),
    name: String(row.name),
    deleted: Number(row.deleted) !== 0,
    createdAt: Number(row.created_at),
    updatedAt: Number(row.updated_at),
    tags: readPairs(sql, TAGS, { experiment_id: id }),
  };
}

function expressionOf({ entity, key }: Pick<Clause, "entity" | "key">): Fragment {
  if (entity === "tag") {
    return fragment(
      `(SELECT t.value FROM ${TAGS} t WHERE t.experiment_id = e.id AND t.key = ?)`,
      key,
    );
  }
  const columns: Record<string, string> = {
    experiment_id: "CAST(e.id AS TEXT)",
    creation_time: "e.created_at",
    last_update_time: "e.updated_at",
  };
  return fragment(columns[key] ?? "e.name");
}

function conditionOf(clause: Clause): Fragment {
  return compare(expressionOf(clause), clause);
}
