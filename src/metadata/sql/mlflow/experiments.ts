/** Experiments of the MLflow protocol, by id. */
import type { Clause, Page, Search } from "../../mlflow_query.ts";
import type { MlflowExperiment, MlflowExperiments, Pairs } from "../../mlflow_store.ts";
import type { SqlRow } from "../../rows/value.ts";
import { compare } from "../compare.ts";
import type { SqlDialect } from "../dialect.ts";
import { type Fragment, fragment, joined, orderBy, sortKey, where } from "../fragment.ts";
import { get, run, type Script } from "../script.ts";
import { assignIds, findByName, insertExperiment } from "./experiment_ids.ts";
import { idsOf } from "./ids.ts";
import type { MlflowDatabase } from "./mlflow_database.ts";
import { pageOf } from "./pages.ts";
import { readPairs, setPair, writePairs } from "./pairs.ts";

const TAGS = "mlflow_experiment_tags";

/** Experiments in a database. */
export class SqlMlflowExperiments implements MlflowExperiments {
  readonly #database: MlflowDatabase;
  readonly #now: () => number;

  /** Creates an accessor of `database`; `now` is the clock, in epoch milliseconds. */
  constructor(database: MlflowDatabase, now: () => number) {
    this.#database = database;
    this.#now = now;
  }

  create(name: string, tags: Pairs): Promise<string | undefined> {
    return this.#write((dialect, now) => create(dialect, now, name, tags));
  }

  byId(id: string): Promise<MlflowExperiment | undefined> {
    const [number] = idsOf([id]);
    return this.#find(function* () {
      if (number === undefined) return undefined;
      return yield* get("SELECT * FROM mlflow_experiments WHERE id = ?", number);
    });
  }

  byName(name: string): Promise<MlflowExperiment | undefined> {
    return this.#find(() => findByName(name));
  }

  async search(search: Search): Promise<Page<MlflowExperiment>> {
    const { dialect } = this.#database;
    await this.#database.ensureIds(this.#now());
    return await this.#database.read(() =>
      pageOf(searchStatement(dialect, search), search, (row) => experimentOf(dialect, row))
    );
  }

  rename(id: string, name: string): Promise<boolean> {
    return this.#write((dialect, now) => rename(dialect, now, id, name));
  }

  remove(id: string): Promise<boolean> {
    return this.#write(() => remove(Number(id)));
  }

  async setDeleted(id: string, deleted: boolean): Promise<void> {
    const statement = "UPDATE mlflow_experiments SET deleted = ?, updated_at = ? WHERE id = ?";
    await this.#write((_, now) => run(statement, deleted ? 1 : 0, now, Number(id)));
  }

  setTag(id: string, key: string, value: string | null): Promise<boolean> {
    return this.#write((dialect) =>
      setPair(dialect, TAGS, { experiment_id: Number(id) }, key, value)
    );
  }

  async #find(find: () => Script<SqlRow | undefined>): Promise<MlflowExperiment | undefined> {
    const { dialect } = this.#database;
    await this.#database.ensureIds(this.#now());
    return await this.#database.read(function* () {
      const row = yield* find();
      return row && (yield* experimentOf(dialect, row));
    });
  }

  #write<T>(script: (dialect: SqlDialect, now: number) => Script<T>): Promise<T> {
    return this.#database.write(() => script(this.#database.dialect, this.#now()));
  }
}

function* create(
  dialect: SqlDialect,
  now: number,
  name: string,
  tags: Pairs,
): Script<string | undefined> {
  yield* assignIds(dialect, now);
  if (yield* findByName(name)) return undefined;
  const id = yield* insertExperiment(name, now);
  yield* writePairs(dialect, TAGS, { experiment_id: id }, tags);
  return String(id);
}

function* rename(dialect: SqlDialect, now: number, id: string, name: string): Script<boolean> {
  yield* assignIds(dialect, now);
  const there = yield* findByName(name);
  if (there) return String(there.id) === id;
  const row = yield* get("SELECT name FROM mlflow_experiments WHERE id = ?", Number(id));
  if (!row) return false;
  const { name: before = null } = row;
  yield* run("UPDATE runs SET experiment = ? WHERE experiment = ?", name, before);
  // The description moves with the experiment; without one, that of the new name stays.
  if (yield* get("SELECT 1 FROM experiments WHERE name = ?", before)) {
    yield* run("DELETE FROM experiments WHERE name = ?", name);
    yield* run("UPDATE experiments SET name = ? WHERE name = ?", name, before);
  }
  yield* run(
    "UPDATE mlflow_experiments SET name = ?, updated_at = ? WHERE id = ?",
    name,
    now,
    Number(id),
  );
  return true;
}

function* remove(id: number): Script<boolean> {
  const row = yield* get("SELECT name FROM mlflow_experiments WHERE id = ?", id);
  if (!row) return true;
  const { name = null } = row;
  if (yield* get("SELECT 1 FROM runs WHERE experiment = ? LIMIT 1", name)) return false;
  yield* run("DELETE FROM experiments WHERE name = ?", name);
  yield* run(`DELETE FROM ${TAGS} WHERE experiment_id = ?`, id);
  yield* run("DELETE FROM mlflow_logged_models WHERE experiment_id = ?", id);
  yield* run("DELETE FROM mlflow_experiments WHERE id = ?", id);
  return true;
}

function* experimentOf(dialect: SqlDialect, row: SqlRow): Script<MlflowExperiment> {
  const id = Number(row.id);
  return {
    id: String(id),
    name: String(row.name),
    deleted: Number(row.deleted) !== 0,
    createdAt: Number(row.created_at),
    updatedAt: Number(row.updated_at),
    tags: yield* readPairs(dialect, TAGS, { experiment_id: id }),
  };
}

function searchStatement(dialect: SqlDialect, { view, clauses, order }: Search): Fragment {
  const conditions = [
    ...view === "ALL" ? [] : [fragment(`e.deleted = ${view === "DELETED_ONLY" ? 1 : 0}`)],
    ...clauses.map((clause) => compare(dialect, expressionOf(dialect, clause), clause)),
  ];
  const keys = order.length > 0
    ? order.map((key) => sortKey(expressionOf(dialect, key), key.descending))
    : [fragment("e.created_at DESC")];
  return joined([
    fragment("SELECT e.* FROM mlflow_experiments e"),
    where(conditions),
    orderBy([...keys, fragment("e.id ASC")]),
  ], " ");
}

function expressionOf(
  dialect: SqlDialect,
  { entity, key }: Pick<Clause, "entity" | "key">,
): Fragment {
  if (entity === "tag") {
    const tag = `(SELECT t.value FROM ${TAGS} t WHERE t.experiment_id = e.id AND t.key = ?)`;
    return fragment(dialect.text(tag), key);
  }
  const columns: Record<string, string> = {
    experiment_id: "CAST(e.id AS TEXT)",
    creation_time: "e.created_at",
    last_update_time: "e.updated_at",
  };
  return fragment(columns[key] ?? dialect.text("e.name"));
}
