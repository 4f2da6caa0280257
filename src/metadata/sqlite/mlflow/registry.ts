/** Model registry of the MLflow protocol in SQLite. */
import type { Page, Search } from "../../mlflow_query.ts";
import type {
  MlflowRegistry,
  NewRegisteredVersion,
  Pairs,
  RegisteredModel,
  RegisteredVersion,
} from "../../mlflow_store.ts";
import type { Database } from "../database.ts";
import type { SqlConnection } from "../sql_driver.ts";
import { pageOf } from "./pages.ts";
import { removePair, writePairs } from "./pairs.ts";
import { modelOf, MODELS, TAGS, versionOf, VERSIONS } from "./registry_rows.ts";
import { modelSearch, versionSearch } from "./registry_search.ts";

/** Tables with a column that names the model. */
const NAMED: readonly (readonly [table: string, column: string])[] = [
  ["models", "name"],
  ["model_versions", "model_name"],
  ["mlflow_registered_models", "name"],
  ["mlflow_model_versions", "name"],
  [TAGS, "name"],
  ["mlflow_aliases", "name"],
];

/** Registered models and their versions in SQLite. */
export class SqliteMlflowRegistry implements MlflowRegistry {
  readonly #database: Database;
  readonly #now: () => number;

  /** Creates an accessor of `database`; `now` is the clock, in epoch milliseconds. */
  constructor(database: Database, now: () => number) {
    this.#database = database;
    this.#now = now;
  }

  create(name: string, description: string | null, tags: Pairs): Promise<boolean> {
    return this.#database.write({
      apply: (sql) => {
        const now = this.#now();
        const added = sql.prepare(
          "INSERT OR IGNORE INTO models (name, description, created_at) VALUES (?, ?, ?)",
        ).run(name, description, now);
        if (added === 0) return false;
        touch(sql, name, now);
        writePairs(sql, TAGS, { name, version: 0 }, tags);
        return true;
      },
    });
  }

  get(name: string): Promise<RegisteredModel | undefined> {
    return this.#database.read((sql) => {
      const row = sql.prepare(`SELECT * FROM (${MODELS}) WHERE name = ?`).get(name);
      return row && modelOf(sql, row);
    });
  }

  rename(name: string, to: string): Promise<boolean> {
    return this.#database.write({
      apply: (sql) => {
        if (sql.prepare("SELECT 1 FROM models WHERE name = ?").get(to)) return name === to;
        touch(sql, name, this.#now());
        sql.prepare("DELETE FROM mlflow_registered_models WHERE name = ?").run(to);
        for (const [table, column] of NAMED) {
          sql.prepare(`UPDATE ${table} SET ${column} = ? WHERE ${column} = ?`).run(to, name);
        }
        return true;
      },
    });
  }

  async describe(name: string, description: string | null): Promise<void> {
    await this.#database.write({
      apply: (sql) => {
        sql.prepare("UPDATE models SET description = ? WHERE name = ?").run(description, name);
        touch(sql, name, this.#now());
      },
    });
  }

  async delete(name: string): Promise<void> {
    await this.#database.write({
      apply: (sql) => {
        for (const [table, column] of NAMED) {
          sql.prepare(`DELETE FROM ${table} WHERE ${column} = ?`).run(name);
        }
      },
    });
  }

  search(search: Search): Promise<Page<RegisteredModel>> {
    return this.#database.read((sql) =>
      pageOf(sql, modelSearch(search), search, (row) => modelOf(sql, row))
    );
  }

  setTag(name: string, key: string, value: string | null): Promise<boolean> {
    return this.#tag(name, 0, key, value);
  }

  setVersionTag(
    name: string,
    version: number,
    key: string,
    value: string | null,
  ): Promise<boolean> {
    return this.#tag(name, version, key, value);
  }

  #tag(name: string, version: number, key: string, value: string | null): Promise<boolean> {
    return this.#database.write({
      apply: (sql) => {
        touch(sql, name, this.#now());
        if (value === null) return removePair(sql, TAGS, { name, version }, key);
        writePairs(sql, TAGS, { name, version }, [{ key, value }]);
        return true;
      },
    });
  }

  async setAlias(name: string, alias: string, version: number | null): Promise<void> {
    await this.#database.write({
      apply: (sql) => {
        touch(sql, name, this.#now());
        sql.prepare("DELETE FROM mlflow_aliases WHERE name = ? AND alias = ?").run(name, alias);
        if (version === null) return;
        sql.prepare("INSERT INTO mlflow_aliases (name, alias, version) VALUES (?, ?, ?)")
          .run(name, alias, version);
      },
    });
  }

  addVersion(name: string, version: NewRegisteredVersion): Promise<number> {
    const { source, runId, artifactId, runLink, modelId, description, tags } = version;
    return this.#database.write({
      apply: (sql) => {
        const now = this.#now();
        touch(sql, name, now);
        const number = nextNumber(sql, name);
        sql.prepare(
          `INSERT INTO mlflow_model_versions (name, version, source, run_id, run_link, model_id,
            description, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
        ).run(name, number, source, runId, runLink, modelId, description, now, now);
        if (runId !== null && artifactId !== null) {
          sql.prepare(
            `INSERT INTO model_versions (model_name, version, run_id, artifact_id, stage,
              description, created_at) VALUES (?, ?, ?, ?, 'none', ?, ?)`,
          ).run(name, number, runId, artifactId, description, now);
        }
        writePairs(sql, TAGS, { name, version: number }, tags);
        return number;
      },
    });
  }

  version(name: string, version: number): Promise<RegisteredVersion | undefined> {
    return this.#database.read((sql) => {
      const row = sql.prepare(`SELECT * FROM (${VERSIONS}) WHERE name = ? AND version = ?`)
        .get(name, version);
      return row && versionOf(sql, row);
    });
  }

  async describeVersion(
    name: string,
    version: number,
    description: string | null,
  ): Promise<void> {
    await this.#database.write({
      apply: (sql) => {
        this.#touchVersion(sql, name, version);
        sql.prepare(
          "UPDATE mlflow_model_versions SET description = ? WHERE name = ? AND version = ?",
        ).run(description, name, version);
        sql.prepare(
          "UPDATE model_versions SET description = ? WHERE model_name = ? AND version = ?",
        ).run(description, name, version);
      },
    });
  }

  async setStage(
    name: string,
    version: number,
    stage: string,
    archiveOthers: boolean,
  ): Promise<void> {
    await this.#database.write({
      apply: (sql) => {
        const others = archiveOthers
          ? sql.prepare(
            `SELECT version FROM (${VERSIONS}) WHERE name = ? AND stage = ? AND version <> ?`,
          ).all(name, stage, version).map((row) => Number(row.version))
          : [];
        for (const other of others) this.#moveTo(sql, name, other, "archived");
        this.#moveTo(sql, name, version, stage);
      },
    });
  }

  #moveTo(sql: SqlConnection, name: string, version: number, stage: string): void {
    this.#touchVersion(sql, name, version);
    sql.prepare("UPDATE mlflow_model_versions SET stage = ? WHERE name = ? AND version = ?")
      .run(stage, name, version);
    sql.prepare("UPDATE model_versions SET stage = ? WHERE model_name = ? AND version = ?")
      .run(stage, name, version);
  }

  /** Records the time of a change. A version registered by the store gets a row for it. */
  #touchVersion(sql: SqlConnection, name: string, version: number): void {
    const now = this.#now();
    touch(sql, name, now);
    sql.prepare(
      `INSERT INTO mlflow_model_versions (name, version, source, run_id, created_at, updated_at,
        description, stage) SELECT name, version, source, run_id, created_at, ?, description, stage
        FROM (${VERSIONS}) WHERE name = ? AND version = ?
        ON CONFLICT (name, version) DO UPDATE SET updated_at = excluded.updated_at`,
    ).run(now, name, version);
  }

  async deleteVersion(name: string, version: number): Promise<void> {
    await this.#database.write({
      apply: (sql) => {
        touch(sql, name, this.#now());
        for (const [table, column] of NAMED.slice(1)) {
          if (table === "mlflow_registered_models") continue;
          sql.prepare(`DELETE FROM ${table} WHERE ${column} = ? AND version = ?`)
            .run(name, version);
        }
      },
    });
  }

  searchVersions(search: Search): Promise<Page<RegisteredVersion>> {
    return this.#database.read((sql) =>
      pageOf(sql, versionSearch(search), search, (row) => versionOf(sql, row))
    );
  }
}

/** Records the time of a model's change, and the highest version number so far. */
function touch(sql: SqlConnection, name: string, now: number): void {
  sql.prepare(
    `INSERT INTO mlflow_registered_models (name, highest, updated_at) VALUES (?, 0, ?)
      ON CONFLICT (name) DO UPDATE SET updated_at = excluded.updated_at`,
  ).run(name, now);
  sql.prepare(
    `UPDATE mlflow_registered_models SET highest = max(highest, coalesce(
      (SELECT max(version) FROM (${VERSIONS}) WHERE name = ?), 0)) WHERE name = ?`,
  ).run(name, name);
}

function nextNumber(sql: SqlConnection, name: string): number {
  sql.prepare("UPDATE mlflow_registered_models SET highest = highest + 1 WHERE name = ?").run(name);
  return Number(
    sql.prepare("SELECT highest FROM mlflow_registered_models WHERE name = ?").get(name)!.highest,
  );
}
