import { call, phrase } from "../../base/phrase.ts";
import {
  ArtifactNotFoundError,
  ModelNotFoundError,
  quote,
  RunNotFoundError,
} from "../../base/errors.ts";
import type { Database } from "./database.ts";
import type { SqlConnection, SqlRow, SqlValue } from "./sql_driver.ts";
import type { Model, ModelStage, ModelVersion, RegisterOptions } from "../model.ts";
import type { ModelStore, VersionWanted } from "../model_store.ts";
import { nearNames } from "../../base/near_names.ts";
import { modelOf, versionOf } from "../rows/model_row.ts";
import { text, whole } from "./whole_text.ts";

/** One statement, so that what it counts fits together whoever writes meanwhile. */
const SELECT_MODEL = `SELECT ${
  whole("m.name", "m.description")
}, m.created_at, count(v.version) AS versions,
    max(CASE WHEN v.stage = 'production' THEN v.version END) AS production
  FROM models m LEFT JOIN model_versions v ON v.model_name = m.name`;

const VERSION_TEXTS = whole("model_name", "run_id", "artifact_id", "stage", "description");

const SELECT_VERSION = `SELECT ${VERSION_TEXTS}, version, created_at FROM model_versions`;

/** Models in SQLite. */
export class SqliteModelStore implements ModelStore {
  readonly #database: Database;
  readonly #now: () => number;

  /** Reads and writes `database`; `now` is the clock, in epoch milliseconds. */
  constructor(database: Database, now: () => number) {
    this.#database = database;
    this.#now = now;
  }

  async register(name: string, options: RegisterOptions): Promise<ModelVersion> {
    const { runId, stage = "none", description = null, modelDescription = null } = options;
    return await this.#database.write({
      apply: (sql) => {
        const artifactId = requireArtifact(sql, options);
        const now = this.#now();
        sql.prepare(
          "INSERT OR IGNORE INTO models (name, description, created_at) VALUES (?, ?, ?)",
        ).run(name, modelDescription, now);
        const version = (latestOf(sql, name)?.version ?? 0) + 1;
        if (stage === "production") archiveProduction(sql, name, version);
        sql.prepare(
          `INSERT INTO model_versions
            (model_name, version, run_id, artifact_id, stage, description, created_at)
            VALUES (?, ?, ?, ?, ?, ?, ?)`,
        ).run(name, version, runId, artifactId, stage, description, now);
        return require(sql, name, { version });
      },
    });
  }

  list(): Promise<Model[]> {
    return this.#database.read((sql) =>
      sql.prepare(`${SELECT_MODEL} GROUP BY m.name ORDER BY m.name`).all().map(modelOf)
    );
  }

  get(name: string): Promise<Model> {
    return this.#database.read((sql) => requireModel(sql, name));
  }

  versions(name: string): Promise<ModelVersion[]> {
    return this.#database.read((sql) => {
      const versions = sql.prepare(
        `${SELECT_VERSION} WHERE model_name = ? ORDER BY version`,
      ).all(name).map(versionOf);
      if (versions.length === 0) requireModel(sql, name);
      return versions;
    });
  }

  find(name: string, wanted: VersionWanted): Promise<ModelVersion> {
    return this.#database.read((sql) => require(sql, name, wanted));
  }

  promote(name: string, version: number, stage: ModelStage): Promise<ModelVersion> {
    return this.#database.write({
      apply: (sql) => {
        require(sql, name, { version });
        if (stage === "production") archiveProduction(sql, name, version);
        sql.prepare("UPDATE model_versions SET stage = ? WHERE model_name = ? AND version = ?")
          .run(stage, name, version);
        return require(sql, name, { version });
      },
    });
  }

  async describe(name: string, description: string | null): Promise<Model> {
    return await this.#database.write({
      apply: (sql) => {
        requireModel(sql, name);
        sql.prepare("UPDATE models SET description = ? WHERE name = ?").run(description, name);
        return requireModel(sql, name);
      },
    });
  }

  dangling(): Promise<ModelVersion[]> {
    return this.#database.read((sql) =>
      sql.prepare(
        `${SELECT_VERSION} WHERE NOT EXISTS
          (SELECT 1 FROM artifacts WHERE artifacts.id = model_versions.artifact_id)
          ORDER BY model_name, version`,
      ).all().map(versionOf)
    );
  }

  async remove(name: string, version: number | undefined): Promise<void> {
    await this.#database.write({
      apply: (sql) => {
        if (version !== undefined) {
          require(sql, name, { version });
          sql.prepare("DELETE FROM model_versions WHERE model_name = ? AND version = ?")
            .run(name, version);
          return;
        }
        requireModel(sql, name);
        sql.prepare("DELETE FROM model_versions WHERE model_name = ?").run(name);
        sql.prepare("DELETE FROM models WHERE name = ?").run(name);
      },
    });
  }
}

/** The id of the artifact that a version is to be made of. */
function requireArtifact(
  sql: SqlConnection,
  { runId, artifact, artifactId }: RegisterOptions,
): string {
  const [column, value] = artifact === undefined ? ["id", artifactId!] : ["name", artifact];
  const row = sql.prepare(`SELECT ${whole("id")} FROM artifacts WHERE run_id = ? AND ${column} = ?`)
    .get(runId, value);
  if (row) return text(row.id);
  if (!sql.prepare("SELECT 1 FROM runs WHERE id = ?").get(runId)) throw new RunNotFoundError(runId);
  throw new ArtifactNotFoundError(
    artifact === undefined ? { runId, id: value } : { runId, name: value },
  );
}

/** The version of the highest number. */
function latestOf(sql: SqlConnection, name: string): ModelVersion | undefined {
  const row = sql.prepare(
    `${SELECT_VERSION} WHERE model_name = ? ORDER BY version DESC LIMIT 1`,
  ).get(name);
  return row && versionOf(row);
}

/** Archives what is in production, except the version that is to be. */
function archiveProduction(sql: SqlConnection, name: string, except: number): void {
  sql.prepare(
    `UPDATE model_versions SET stage = 'archived'
      WHERE model_name = ? AND stage = 'production' AND version <> ?`,
  ).run(name, except);
}

function requireModel(sql: SqlConnection, name: string): Model {
  const row = sql.prepare(`${SELECT_MODEL} WHERE m.name = ? GROUP BY m.name`).get(name);
  if (row) return modelOf(row);
  const names = sql.prepare(`SELECT ${whole("name")} FROM models`).all().map((other) =>
    text(other.name)
  );
  const near = nearNames(name, names).map(quote);
  const state = "no model of this name is in the store; " +
    (near.length === 0 ? "register it first" : `there is ${near.join(", ")}`);
  throw new ModelNotFoundError(name, {}, state);
}

function require(sql: SqlConnection, name: string, wanted: VersionWanted): ModelVersion {
  const row = findRow(sql, name, wanted);
  if (row) return versionOf(row);
  requireModel(sql, name);
  const latest = latestOf(sql, name);
  const state = latest === undefined
    ? "it has no version; register one first"
    : phrase`its latest version is ${latest.version}, with the stage ${quote(latest.stage)}; ${
      "stage" in wanted ? "promote a version first" : phrase`${call("models.versions")} lists all`
    }`;
  throw new ModelNotFoundError(name, wanted, state);
}

function findRow(sql: SqlConnection, name: string, wanted: VersionWanted): SqlRow | undefined {
  const [column, value] = "version" in wanted
    ? ["version", wanted.version]
    : ["stage", wanted.stage];
  return sql.prepare(
    `${SELECT_VERSION} WHERE model_name = ? AND ${column} = ?
      ORDER BY version DESC LIMIT 1`,
  ).get(name, value as SqlValue);
}
