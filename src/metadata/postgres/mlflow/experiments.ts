/** Experiments by id, in PostgreSQL. */
import type { Clause, Page, Search } from "../../mlflow_query.ts";
import type { MlflowExperiment, MlflowExperiments, Pairs } from "../../mlflow_store.ts";
import type { Database } from "../database.ts";
import type { SqlRow } from "../../rows/value.ts";
import type { Sql } from "../client.ts";
import { lockThing } from "../locks.ts";
import { compare, type Fragment, fragment, joined, where } from "./conditions.ts";
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

/** Experiments in PostgreSQL. */
export class PostgresMlflowExperiments implements MlflowExperiments {
  readonly #database: Database;
  readonly #now: () => number;

  /** Creates an accessor of `database`; `now` is the clock, in epoch milliseconds. */
  constructor(database: Database, now: () => number) {
    this.#database = database;
    this.#now = now;
  }

  create(name: string, tags: Pairs): Promise<string | undefined> {
    return this.#database.write(async (sql) => {
      await assignIds(sql, this.#now());
      if (await findByName(sql, name)) return undefined;
      const id = await insert(sql, name, this.#now());
      await writePairs(sql, TAGS, { experiment_id: id }, tags);
      return String(id);
    });
  }

  async byId(id: string): Promise<MlflowExperiment | undefined> {
    await this.#assignIds();
    return await this.#database.read(async (sql) => {
      const row = /^\d{1,15}$/.test(id)
        ? await sql.get("SELECT * FROM mlflow_experiments WHERE id = ?", Number(id))
        : undefined;
      return row && await experimentOf(sql, row);
    });
  }

  async byName(name: string): Promise<MlflowExperiment | undefined> {
    await this.#assignIds();
    return await this.#database.read(async (sql) => {
      const row = await findByName(sql, name);
      return row && await experimentOf(sql, row);
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
      ? order.map((key) => {
        const { text, values } = expressionOf(key);
        return fragment(`${text} ${key.descending ? "DESC" : "ASC"}`, ...values);
      })
      : [fragment("e.created_at DESC")];
    const by = joined([...keys, fragment("e.id ASC")], ", ");
    return await this.#database.read(async (sql) =>
      await pageOf(
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
    return this.#database.write(async (sql) => {
      await assignIds(sql, this.#now());
      const there = await findByName(sql, name);
      if (there) return String(there.id) === id;
      const row = await sql.get("SELECT name FROM mlflow_experiments WHERE id = ?", Number(id));
      if (!row) return false;
      await sql.run("UPDATE runs SET experiment = ? WHERE experiment = ?", name, row.name!);
      await sql.run("DELETE FROM experiments WHERE name = ?", name);
      await sql.run("UPDATE experiments SET name = ? WHERE name = ?", name, row.name!);
      await sql.run(
        "UPDATE mlflow_experiments SET name = ?, updated_at = ? WHERE id = ?",
        name,
        this.#now(),
        Number(id),
      );
      return true;
    });
  }

  remove(id: string): Promise<boolean> {
    return this.#database.write(async (sql) => {
      const row = await sql.get("SELECT name FROM mlflow_experiments WHERE id = ?", Number(id));
      if (!row) return true;
      const { name = null } = row;
      if (await sql.get("SELECT 1 FROM runs WHERE experiment = ? LIMIT 1", name)) return false;
      await sql.run("DELETE FROM experiments WHERE name = ?", name);
      await sql.run("DELETE FROM mlflow_experiment_tags WHERE experiment_id = ?", Number(id));
      await sql.run("DELETE FROM mlflow_logged_models WHERE experiment_id = ?", Number(id));
      await sql.run("DELETE FROM mlflow_experiments WHERE id = ?", Number(id));
      return true;
    });
  }

  async setDeleted(id: string, deleted: boolean): Promise<void> {
    await this.#database.write(async (sql) =>
      await sql.run(
        "UPDATE mlflow_experiments SET deleted = ?, updated_at = ? WHERE id = ?",
        deleted ? 1 : 0,
        this.#now(),
        Number(id),
      )
    );
  }

  setTag(id: string, key: string, value: string | null): Promise<boolean> {
    const owner = { experiment_id: Number(id) };
    return this.#database.write(async (sql) => {
      if (value === null) return await removePair(sql, TAGS, owner, key);
      await writePairs(sql, TAGS, owner, [{ key, value }]);
      return true;
    });
  }

  /** Assigns ids to experiments created by runs of other programs. */
  async #assignIds(): Promise<void> {
    const isNeeded = await this.#database.read(async (sql) => await needsIds(sql));
    if (!isNeeded) return;
    await this.#database.write(async (sql) => await assignIds(sql, this.#now()));
  }
}

async function needsIds(sql: Sql): Promise<boolean> {
  const hasDefault = await sql.get("SELECT 1 FROM mlflow_experiments WHERE id = 0");
  return hasDefault === undefined || (await sql.get(`${UNNAMED} LIMIT 1`)) !== undefined;
}

/** Assigns an id to each experiment without one. Must run in a write transaction. */
export async function assignIds(sql: Sql, now: number): Promise<void> {
  await lockThing(sql, "experiments", "ids");
  if (!await sql.get("SELECT 1 FROM mlflow_experiments WHERE id = 0")) {
    await sql.run(
      "INSERT INTO mlflow_experiments (id, name, created_at, updated_at) VALUES (0, ?, ?, ?)",
      DEFAULT,
      now,
      now,
    );
  }
  for (const { name } of await sql.all(UNNAMED)) await insert(sql, String(name), now);
}

async function insert(sql: Sql, name: string, now: number): Promise<number> {
  await sql.run(
    "INSERT INTO mlflow_experiments (name, created_at, updated_at) VALUES (?, ?, ?)",
    name,
    now,
    now,
  );
  return Number((await findByName(sql, name))!.id);
}

async function findByName(sql: Sql, name: string): Promise<SqlRow | undefined> {
  return await sql.get("SELECT * FROM mlflow_experiments WHERE name = ?", name);
}

async function experimentOf(sql: Sql, row: SqlRow): Promise<MlflowExperiment> {
  const id = Number(row.id);
  return {
    id: String(id),
    name: String(row.name),
    deleted: Number(row.deleted) !== 0,
    createdAt: Number(row.created_at),
    updatedAt: Number(row.updated_at),
    tags: await readPairs(sql, TAGS, { experiment_id: id }),
  };
}

function expressionOf({ entity, key }: Pick<Clause, "entity" | "key">): Fragment {
  if (entity === "tag") {
    return fragment(
      `(SELECT t.value FROM ${TAGS} t WHERE t.experiment_id = e.id AND t.key = ?) COLLATE "C"`,
      key,
    );
  }
  const columns: Record<string, string> = {
    experiment_id: `CAST(e.id AS TEXT)`,
    creation_time: "e.created_at",
    last_update_time: "e.updated_at",
  };
  return fragment(columns[key] ?? `e.name COLLATE "C"`);
}

function conditionOf(clause: Clause): Fragment {
  return compare(expressionOf(clause), clause);
}
