/** Model registry of the protocol in PostgreSQL. */
import type { Page, Search } from "../../mlflow_query.ts";
import type {
  MlflowRegistry,
  NewRegisteredVersion,
  Pairs,
  RegisteredModel,
  RegisteredVersion,
} from "../../mlflow_store.ts";
import type { Database } from "../database.ts";
import type { Sql } from "../client.ts";
import { lockThing } from "../locks.ts";
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

/** Registered models and their versions in PostgreSQL. */
export class PostgresMlflowRegistry implements MlflowRegistry {
  readonly #database: Database;
  readonly #now: () => number;

  /** Creates an accessor of `database`; `now` is the clock, in epoch milliseconds. */
  constructor(database: Database, now: () => number) {
    this.#database = database;
    this.#now = now;
  }

  create(name: string, description: string | null, tags: Pairs): Promise<boolean> {
    return this.#database.write(async (sql) => {
      const now = this.#now();
      const added = await sql.run(
        `INSERT INTO models (name, description, created_at) VALUES (?, ?, ?)
          ON CONFLICT (name) DO NOTHING`,
        name,
        description,
        now,
      );
      if (added === 0) return false;
      await touch(sql, name, now);
      await writePairs(sql, TAGS, { name, version: 0 }, tags);
      return true;
    });
  }

  get(name: string): Promise<RegisteredModel | undefined> {
    return this.#database.read(async (sql) => {
      const row = await sql.get(`SELECT * FROM (${MODELS}) AS x WHERE name = ?`, name);
      return row && await modelOf(sql, row);
    });
  }

  rename(name: string, to: string): Promise<boolean> {
    return this.#database.write(async (sql) => {
      if (await sql.get("SELECT 1 FROM models WHERE name = ?", to)) return name === to;
      await touch(sql, name, this.#now());
      await sql.run("DELETE FROM mlflow_registered_models WHERE name = ?", to);
      for (const [table, column] of NAMED) {
        await sql.run(`UPDATE ${table} SET ${column} = ? WHERE ${column} = ?`, to, name);
      }
      return true;
    });
  }

  async describe(name: string, description: string | null): Promise<void> {
    await this.#database.write(async (sql) => {
      await sql.run("UPDATE models SET description = ? WHERE name = ?", description, name);
      await touch(sql, name, this.#now());
    });
  }

  async delete(name: string): Promise<void> {
    await this.#database.write(async (sql) => {
      for (const [table, column] of NAMED) {
        await sql.run(`DELETE FROM ${table} WHERE ${column} = ?`, name);
      }
    });
  }

  search(search: Search): Promise<Page<RegisteredModel>> {
    return this.#database.read(async (sql) =>
      await pageOf(sql, modelSearch(search), search, (row) => modelOf(sql, row))
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
    return this.#database.write(async (sql) => {
      await touch(sql, name, this.#now());
      if (value === null) return await removePair(sql, TAGS, { name, version }, key);
      await writePairs(sql, TAGS, { name, version }, [{ key, value }]);
      return true;
    });
  }

  async setAlias(name: string, alias: string, version: number | null): Promise<void> {
    await this.#database.write(async (sql) => {
      await touch(sql, name, this.#now());
      await sql.run("DELETE FROM mlflow_aliases WHERE name = ? AND alias = ?", name, alias);
      if (version === null) return;
      await sql.run(
        "INSERT INTO mlflow_aliases (name, alias, version) VALUES (?, ?, ?)",
        name,
        alias,
        version,
      );
    });
  }

  addVersion(name: string, version: NewRegisteredVersion): Promise<number> {
    const { source, runId, artifactId, runLink, modelId, description, tags } = version;
    return this.#database.write(async (sql) => {
      const now = this.#now();
      await touch(sql, name, now);
      const number = await nextNumber(sql, name);
      await sql.run(
        `INSERT INTO mlflow_model_versions (name, version, source, run_id, run_link, model_id,
            description, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
        name,
        number,
        source,
        runId,
        runLink,
        modelId,
        description,
        now,
        now,
      );
      if (runId !== null && artifactId !== null) {
        await sql.run(
          `INSERT INTO model_versions (model_name, version, run_id, artifact_id, stage,
              description, created_at) VALUES (?, ?, ?, ?, 'none', ?, ?)`,
          name,
          number,
          runId,
          artifactId,
          description,
          now,
        );
      }
      await writePairs(sql, TAGS, { name, version: number }, tags);
      return number;
    });
  }

  version(name: string, version: number): Promise<RegisteredVersion | undefined> {
    return this.#database.read(async (sql) => {
      const row = await sql.get(
        `SELECT * FROM (${VERSIONS}) AS x WHERE name = ? AND version = ?`,
        name,
        version,
      );
      return row && await versionOf(sql, row);
    });
  }

  async describeVersion(
    name: string,
    version: number,
    description: string | null,
  ): Promise<void> {
    await this.#database.write(async (sql) => {
      await this.#touchVersion(sql, name, version);
      await sql.run(
        "UPDATE mlflow_model_versions SET description = ? WHERE name = ? AND version = ?",
        description,
        name,
        version,
      );
      await sql.run(
        "UPDATE model_versions SET description = ? WHERE model_name = ? AND version = ?",
        description,
        name,
        version,
      );
    });
  }

  async setStage(
    name: string,
    version: number,
    stage: string,
    archiveOthers: boolean,
  ): Promise<void> {
    await this.#database.write(async (sql) => {
      await touch(sql, name, this.#now());
      const others = archiveOthers
        ? (await sql.all(
          `SELECT version FROM (${VERSIONS}) AS x WHERE name = ? AND stage = ? AND version <> ?`,
          name,
          stage,
          version,
        )).map((row) => Number(row.version))
        : [];
      for (const other of others) await this.#moveTo(sql, name, other, "archived");
      await this.#moveTo(sql, name, version, stage);
    });
  }

  async #moveTo(sql: Sql, name: string, version: number, stage: string): Promise<void> {
    await this.#touchVersion(sql, name, version);
    await sql.run(
      "UPDATE mlflow_model_versions SET stage = ? WHERE name = ? AND version = ?",
      stage,
      name,
      version,
    );
    await sql.run(
      "UPDATE model_versions SET stage = ? WHERE model_name = ? AND version = ?",
      stage,
      name,
      version,
    );
  }

  /** Records the time of a change. A version registered by the store gets a row for it. */
  async #touchVersion(sql: Sql, name: string, version: number): Promise<void> {
    const now = this.#now();
    await touch(sql, name, now);
    await sql.run(
      `INSERT INTO mlflow_model_versions (name, version, source, run_id, created_at, updated_at,
        description, stage) SELECT name, version, source, run_id, created_at, ?::bigint, description, stage
        FROM (${VERSIONS}) AS x WHERE name = ? AND version = ?
        ON CONFLICT (name, version) DO UPDATE SET updated_at = excluded.updated_at`,
      now,
      name,
      version,
    );
  }

  async deleteVersion(name: string, version: number): Promise<void> {
    await this.#database.write(async (sql) => {
      await touch(sql, name, this.#now());
      for (const [table, column] of NAMED.slice(1)) {
        if (table === "mlflow_registered_models") continue;
        await sql.run(`DELETE FROM ${table} WHERE ${column} = ? AND version = ?`, name, version);
      }
    });
  }

  searchVersions(search: Search): Promise<Page<RegisteredVersion>> {
    return this.#database.read(async (sql) =>
      await pageOf(sql, versionSearch(search), search, (row) => versionOf(sql, row))
    );
  }
}

/** Records the time of a model's change, and the highest version number so far. */
async function touch(sql: Sql, name: string, now: number): Promise<void> {
  await lockThing(sql, "model", name);
  await sql.run(
    `INSERT INTO mlflow_registered_models (name, highest, updated_at) VALUES (?, 0, ?)
      ON CONFLICT (name) DO UPDATE SET updated_at = excluded.updated_at`,
    name,
    now,
  );
  await sql.run(
    `UPDATE mlflow_registered_models SET highest = greatest(highest, coalesce(
      (SELECT max(version) FROM (${VERSIONS}) AS x WHERE name = ?), 0)) WHERE name = ?`,
    name,
    name,
  );
}

async function nextNumber(sql: Sql, name: string): Promise<number> {
  await sql.run("UPDATE mlflow_registered_models SET highest = highest + 1 WHERE name = ?", name);
  return Number(
    (await sql.get("SELECT highest FROM mlflow_registered_models WHERE name = ?", name))!.highest,
  );
}
