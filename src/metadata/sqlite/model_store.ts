import { ArtifactNotFoundError, RunNotFoundError } from "../../base/errors.ts";
import type { Model, ModelStage, ModelVersion } from "../model.ts";
import type { ModelState, ModelStore, NewModelVersion, VersionSelector } from "../model_store.ts";
import { modelOf, versionOf } from "../rows/model_row.ts";
import type { Database } from "./database.ts";
import type { SqlConnection, SqlRow, SqlValue } from "./sql_driver.ts";
import { text, whole } from "./whole_text.ts";

/** A single statement, so that the counts are consistent. */
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

  /** Creates an accessor of `database`; `now` is the clock, in epoch milliseconds. */
  constructor(database: Database, now: () => number) {
    this.#database = database;
    this.#now = now;
  }

  stateOf(name: string): Promise<ModelState> {
    return this.#database.read((sql) => stateOf(sql, name));
  }

  addVersion(
    added: NewModelVersion,
    others: ReadonlyMap<number, ModelStage>,
    before: ModelState,
  ): Promise<ModelVersion | undefined> {
    const { model, modelDescription, version, runId, artifact, stage, description } = added;
    return this.#database.write({
      apply: (sql) => {
        const artifactId = requireArtifact(sql, runId, artifact);
        if (!isSame(stateOf(sql, model), before)) return undefined;
        const now = this.#now();
        sql.prepare(
          "INSERT OR IGNORE INTO models (name, description, created_at) VALUES (?, ?, ?)",
        ).run(model, modelDescription, now);
        setStages(sql, model, others);
        sql.prepare(
          `INSERT INTO model_versions
            (model_name, version, run_id, artifact_id, stage, description, created_at)
            VALUES (?, ?, ?, ?, ?, ?, ?)`,
        ).run(model, version, runId, artifactId, stage, description, now);
        return versionOf(findRow(sql, model, { version })!);
      },
    });
  }

  setStages(
    name: string,
    stages: ReadonlyMap<number, ModelStage>,
    before: ModelState,
  ): Promise<boolean> {
    return this.#database.write({
      apply: (sql) => {
        const isThere = [...stages.keys()].every((version) => findRow(sql, name, { version }));
        if (!isThere || !isSame(stateOf(sql, name), before)) return false;
        setStages(sql, name, stages);
        return true;
      },
    });
  }

  list(): Promise<Model[]> {
    return this.#database.read((sql) =>
      sql.prepare(`${SELECT_MODEL} GROUP BY m.name ORDER BY m.name`).all().map(modelOf)
    );
  }

  get(name: string): Promise<Model | undefined> {
    return this.#database.read((sql) => {
      const row = sql.prepare(`${SELECT_MODEL} WHERE m.name = ? GROUP BY m.name`).get(name);
      return row && modelOf(row);
    });
  }

  versions(name: string): Promise<ModelVersion[]> {
    return this.#database.read((sql) =>
      sql.prepare(`${SELECT_VERSION} WHERE model_name = ? ORDER BY version`).all(name)
        .map(versionOf)
    );
  }

  find(name: string, wanted: VersionSelector): Promise<ModelVersion | undefined> {
    return this.#database.read((sql) => {
      const row = findRow(sql, name, wanted);
      return row && versionOf(row);
    });
  }

  describe(name: string, description: string | null): Promise<boolean> {
    return this.#database.write({
      apply: (sql) =>
        sql.prepare("UPDATE models SET description = ? WHERE name = ?").run(description, name) > 0,
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

  remove(name: string, version: number | undefined): Promise<boolean> {
    return this.#database.write({
      apply: (sql) => {
        if (version !== undefined) {
          return sql.prepare("DELETE FROM model_versions WHERE model_name = ? AND version = ?")
            .run(name, version) > 0;
        }
        sql.prepare("DELETE FROM model_versions WHERE model_name = ?").run(name);
        return sql.prepare("DELETE FROM models WHERE name = ?").run(name) > 0;
      },
    });
  }
}

/** Returns the id of an artifact for a version. Throws if it does not exist. */
function requireArtifact(
  sql: SqlConnection,
  runId: string,
  artifact: NewModelVersion["artifact"],
): string {
  const [column, value] = "id" in artifact ? ["id", artifact.id] : ["name", artifact.name];
  const row = sql.prepare(`SELECT ${whole("id")} FROM artifacts WHERE run_id = ? AND ${column} = ?`)
    .get(runId, value);
  if (row) return text(row.id);
  if (!sql.prepare("SELECT 1 FROM runs WHERE id = ?").get(runId)) throw new RunNotFoundError(runId);
  throw new ArtifactNotFoundError({ runId, ...artifact });
}

function stateOf(sql: SqlConnection, name: string): ModelState {
  const row = sql.prepare("SELECT max(version) AS latest FROM model_versions WHERE model_name = ?")
    .get(name);
  const production = sql.prepare(
    `SELECT version FROM model_versions WHERE model_name = ? AND stage = 'production'
      ORDER BY version`,
  ).all(name);
  return {
    latest: Number(row?.latest ?? 0),
    production: production.map(({ version }) => Number(version)),
  };
}

function isSame(now: ModelState, before: ModelState): boolean {
  return now.latest === before.latest && `${now.production}` === `${before.production}`;
}

function setStages(
  sql: SqlConnection,
  name: string,
  stages: ReadonlyMap<number, ModelStage>,
): void {
  const update = sql.prepare(
    "UPDATE model_versions SET stage = ? WHERE model_name = ? AND version = ?",
  );
  for (const [version, stage] of stages) update.run(stage, name, version);
}

function findRow(sql: SqlConnection, name: string, wanted: VersionSelector): SqlRow | undefined {
  const [column, value] = "version" in wanted
    ? ["version", wanted.version]
    : ["stage", wanted.stage];
  return sql.prepare(
    `${SELECT_VERSION} WHERE model_name = ? AND ${column} = ?
      ORDER BY version DESC LIMIT 1`,
  ).get(name, value as SqlValue);
}
