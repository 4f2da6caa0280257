import type { Model, ModelStage, ModelVersion } from "../model.ts";
import type { ModelState, ModelStore, NewModelVersion, VersionSelector } from "../model_store.ts";
import { modelOf, versionOf } from "../rows/model_row.ts";
import type { SqlRow } from "../rows/value.ts";
import type { SqlDialect } from "./dialect.ts";
import {
  insertModel,
  insertVersion,
  requireArtifact,
  stateOf,
  updateStages,
} from "./model_changes.ts";
import { all, get, run, type Script } from "./script.ts";
import type { ScriptDatabase } from "./script_database.ts";

/** Models in a database. Changes of one model are serialized. */
export class SqlModelStore implements ModelStore {
  readonly #database: ScriptDatabase;
  readonly #now: () => number;
  readonly #selectModel: string;
  readonly #selectVersion: string;

  /** Creates an accessor of `database`; `now` is the clock, in epoch milliseconds. */
  constructor(database: ScriptDatabase, now: () => number) {
    this.#database = database;
    this.#now = now;
    const { dialect } = database;
    // A single statement, so that the counts are consistent.
    this.#selectModel = `SELECT ${dialect.whole("m.name", "m.description")}, m.created_at,
      count(v.version) AS versions,
      max(CASE WHEN v.stage = 'production' THEN v.version END) AS production
      FROM models m LEFT JOIN model_versions v ON v.model_name = m.name`;
    const texts = ["model_name", "run_id", "artifact_id", "stage", "description"];
    this.#selectVersion = `SELECT ${dialect.whole(...texts)}, version, created_at
      FROM model_versions`;
  }

  stateOf(name: string): Promise<ModelState> {
    return this.#database.read(() => stateOf(name));
  }

  addVersion(
    added: NewModelVersion,
    others: ReadonlyMap<number, ModelStage>,
    before: ModelState,
  ): Promise<ModelVersion | undefined> {
    return this.#database.write(() => this.#addVersion(added, others, before, this.#now()));
  }

  *#addVersion(
    { artifact, modelDescription, ...version }: NewModelVersion,
    others: ReadonlyMap<number, ModelStage>,
    before: ModelState,
    createdAt: number,
  ): Script<ModelVersion | undefined> {
    const { dialect } = this.#database;
    const { model, runId } = version;
    yield* dialect.lock("model", model);
    const artifactId = yield* requireArtifact(dialect, runId, artifact);
    if (!isSame(yield* stateOf(model), before)) return undefined;
    yield* insertModel(model, modelDescription, createdAt);
    yield* updateStages(model, others);
    yield* insertVersion({ ...version, artifactId, createdAt });
    return versionOf((yield* this.#find(model, version))!);
  }

  setStages(
    name: string,
    stages: ReadonlyMap<number, ModelStage>,
    before: ModelState,
  ): Promise<boolean> {
    return this.#database.write(() => setStages(this.#database.dialect, name, stages, before));
  }

  async list(): Promise<Model[]> {
    const order = this.#database.dialect.text("m.name");
    const rows = await this.#database.read(() =>
      all(`${this.#selectModel} GROUP BY m.name ORDER BY ${order}`)
    );
    return rows.map(modelOf);
  }

  async get(name: string): Promise<Model | undefined> {
    const row = await this.#database.read(() =>
      get(`${this.#selectModel} WHERE m.name = ? GROUP BY m.name`, name)
    );
    return row && modelOf(row);
  }

  async versions(name: string): Promise<ModelVersion[]> {
    const rows = await this.#database.read(() =>
      all(`${this.#selectVersion} WHERE model_name = ? ORDER BY version`, name)
    );
    return rows.map(versionOf);
  }

  async find(name: string, wanted: VersionSelector): Promise<ModelVersion | undefined> {
    const row = await this.#database.read(() => this.#find(name, wanted));
    return row && versionOf(row);
  }

  #find(name: string, wanted: VersionSelector): Script<SqlRow | undefined> {
    const [column, value] = "version" in wanted
      ? ["version", wanted.version]
      : ["stage", wanted.stage];
    return get(
      `${this.#selectVersion} WHERE model_name = ? AND model_versions.${column} = ?
        ORDER BY version DESC LIMIT 1`,
      name,
      value!,
    );
  }

  async describe(name: string, description: string | null): Promise<boolean> {
    const statement = "UPDATE models SET description = ? WHERE name = ?";
    return await this.#database.write(() => run(statement, description, name)) > 0;
  }

  async dangling(): Promise<ModelVersion[]> {
    const order = this.#database.dialect.text("model_versions.model_name");
    const rows = await this.#database.read(() =>
      all(
        `${this.#selectVersion} WHERE NOT EXISTS
          (SELECT 1 FROM artifacts WHERE artifacts.id = model_versions.artifact_id)
          ORDER BY ${order}, version`,
      )
    );
    return rows.map(versionOf);
  }

  remove(name: string, version: number | undefined): Promise<boolean> {
    return this.#database.write(() => remove(this.#database.dialect, name, version));
  }
}

function* setStages(
  dialect: SqlDialect,
  name: string,
  stages: ReadonlyMap<number, ModelStage>,
  before: ModelState,
): Script<boolean> {
  yield* dialect.lock("model", name);
  const there = yield* get(
    `SELECT count(*) AS versions FROM model_versions
      WHERE model_name = ? AND ${dialect.oneOf("version", "bigint")}`,
    name,
    dialect.list([...stages.keys()]),
  );
  if (Number(there?.versions) !== stages.size) return false;
  if (!isSame(yield* stateOf(name), before)) return false;
  yield* updateStages(name, stages);
  return true;
}

function* remove(
  dialect: SqlDialect,
  name: string,
  version: number | undefined,
): Script<boolean> {
  yield* dialect.lock("model", name);
  if (version !== undefined) {
    return (yield* run(
      "DELETE FROM model_versions WHERE model_name = ? AND version = ?",
      name,
      version,
    )) > 0;
  }
  yield* run("DELETE FROM model_versions WHERE model_name = ?", name);
  return (yield* run("DELETE FROM models WHERE name = ?", name)) > 0;
}

function isSame(now: ModelState, before: ModelState): boolean {
  return now.latest === before.latest && `${now.production}` === `${before.production}`;
}
