import { ArtifactNotFoundError, RunNotFoundError } from "../../base/errors.ts";
import type { Model, ModelStage, ModelVersion } from "../model.ts";
import type { ModelState, ModelStore, NewModelVersion, VersionSelector } from "../model_store.ts";
import { modelOf, versionOf } from "../rows/model_row.ts";
import { type SqlRow, text } from "../rows/value.ts";
import type { Database, Sql } from "./database.ts";
import { lockThing } from "./locks.ts";

const SELECT_MODEL = `SELECT m.name, m.description, m.created_at, count(v.version) AS versions,
    max(CASE WHEN v.stage = 'production' THEN v.version END) AS production
  FROM models m LEFT JOIN model_versions v ON v.model_name = m.name`;

const SELECT_VERSION = `SELECT model_name, run_id, artifact_id, stage, description, version,
  created_at FROM model_versions`;

/** Models in PostgreSQL. Changes of one model are serialized. */
export class PostgresModelStore implements ModelStore {
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
    return this.#database.write(async (sql) => {
      await lockThing(sql, "model", model);
      const artifactId = await requireArtifact(sql, runId, artifact);
      if (!isSame(await stateOf(sql, model), before)) return undefined;
      const now = this.#now();
      await sql.run(
        `INSERT INTO models (name, description, created_at) VALUES (?, ?, ?)
          ON CONFLICT (name) DO NOTHING`,
        model,
        modelDescription,
        now,
      );
      await setStages(sql, model, others);
      await sql.run(
        `INSERT INTO model_versions
          (model_name, version, run_id, artifact_id, stage, description, created_at)
          VALUES (?, ?, ?, ?, ?, ?, ?)`,
        model,
        version,
        runId,
        artifactId,
        stage,
        description,
        now,
      );
      return versionOf((await findRow(sql, model, { version }))!);
    });
  }

  setStages(
    name: string,
    stages: ReadonlyMap<number, ModelStage>,
    before: ModelState,
  ): Promise<boolean> {
    return this.#database.write(async (sql) => {
      await lockThing(sql, "model", name);
      const there = await sql.get(
        `SELECT count(*) AS versions FROM model_versions
          WHERE model_name = ? AND version = ANY(?::bigint[])`,
        name,
        [...stages.keys()],
      );
      if (Number(there?.versions) !== stages.size) return false;
      if (!isSame(await stateOf(sql, name), before)) return false;
      await setStages(sql, name, stages);
      return true;
    });
  }

  async list(): Promise<Model[]> {
    const rows = await this.#database.read((sql) =>
      sql.all(`${SELECT_MODEL} GROUP BY m.name ORDER BY m.name COLLATE "C"`)
    );
    return rows.map(modelOf);
  }

  async get(name: string): Promise<Model | undefined> {
    const row = await this.#database.read((sql) =>
      sql.get(`${SELECT_MODEL} WHERE m.name = ? GROUP BY m.name`, name)
    );
    return row && modelOf(row);
  }

  async versions(name: string): Promise<ModelVersion[]> {
    const rows = await this.#database.read((sql) =>
      sql.all(`${SELECT_VERSION} WHERE model_name = ? ORDER BY version`, name)
    );
    return rows.map(versionOf);
  }

  async find(name: string, wanted: VersionSelector): Promise<ModelVersion | undefined> {
    const row = await this.#database.read((sql) => findRow(sql, name, wanted));
    return row && versionOf(row);
  }

  async describe(name: string, description: string | null): Promise<boolean> {
    return await this.#database.write((sql) =>
      sql.run("UPDATE models SET description = ? WHERE name = ?", description, name)
    ) > 0;
  }

  async dangling(): Promise<ModelVersion[]> {
    const rows = await this.#database.read((sql) =>
      sql.all(
        `${SELECT_VERSION} WHERE NOT EXISTS
          (SELECT 1 FROM artifacts WHERE artifacts.id = model_versions.artifact_id)
          ORDER BY model_name COLLATE "C", version`,
      )
    );
    return rows.map(versionOf);
  }

  remove(name: string, version: number | undefined): Promise<boolean> {
    return this.#database.write(async (sql) => {
      await lockThing(sql, "model", name);
      if (version !== undefined) {
        return await sql.run(
          "DELETE FROM model_versions WHERE model_name = ? AND version = ?",
          name,
          version,
        ) > 0;
      }
      await sql.run("DELETE FROM model_versions WHERE model_name = ?", name);
      return await sql.run("DELETE FROM models WHERE name = ?", name) > 0;
    });
  }
}

/** Returns the id of a version's artifact, and locks it against replacement and removal. */
async function requireArtifact(
  sql: Sql,
  runId: string,
  artifact: NewModelVersion["artifact"],
): Promise<string> {
  const [column, value] = "id" in artifact ? ["id", artifact.id] : ["name", artifact.name];
  const row = await sql.get(
    `SELECT id FROM artifacts WHERE run_id = ? AND ${column} = ? FOR SHARE`,
    runId,
    value,
  );
  if (row) return text(row.id);
  if (!await sql.get("SELECT 1 FROM runs WHERE id = ?", runId)) throw new RunNotFoundError(runId);
  throw new ArtifactNotFoundError({ runId, ...artifact });
}

async function stateOf(sql: Sql, name: string): Promise<ModelState> {
  const rows = await sql.all(
    `SELECT version, stage = 'production' AS current FROM model_versions WHERE model_name = ?1 AND
      (stage = 'production' OR version =
        (SELECT max(version) FROM model_versions WHERE model_name = ?1)) ORDER BY version`,
    name,
  ) as readonly Record<string, unknown>[];
  return {
    latest: Number(rows.at(-1)?.version ?? 0),
    production: rows.filter(({ current }) => current).map(({ version }) => Number(version)),
  };
}

function isSame(now: ModelState, before: ModelState): boolean {
  return now.latest === before.latest && `${now.production}` === `${before.production}`;
}

async function setStages(
  sql: Sql,
  name: string,
  stages: ReadonlyMap<number, ModelStage>,
): Promise<void> {
  for (const [version, stage] of stages) {
    await sql.run(
      "UPDATE model_versions SET stage = ? WHERE model_name = ? AND version = ?",
      stage,
      name,
      version,
    );
  }
}

async function findRow(
  sql: Sql,
  name: string,
  wanted: VersionSelector,
): Promise<SqlRow | undefined> {
  const [column, value] = "version" in wanted
    ? ["version", wanted.version]
    : ["stage", wanted.stage];
  return await sql.get(
    `${SELECT_VERSION} WHERE model_name = ? AND ${column} = ? ORDER BY version DESC LIMIT 1`,
    name,
    value as string | number,
  );
}
