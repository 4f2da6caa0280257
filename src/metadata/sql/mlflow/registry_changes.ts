/** Changes of the registry. Each must run in a write transaction. */
import type { NewRegisteredVersion, Pairs } from "../../mlflow_store.ts";
import type { SqlDialect } from "../dialect.ts";
import { insertModel, insertVersion } from "../model_changes.ts";
import { all, get, run, type Script } from "../script.ts";
import { setPair, writePairs } from "./pairs.ts";
import { TAGS, VERSIONS } from "./registry_rows.ts";

/** Tables with a column that names the model. */
const NAMED: readonly (readonly [table: string, column: string])[] = [
  ["models", "name"],
  ["model_versions", "model_name"],
  ["mlflow_registered_models", "name"],
  ["mlflow_model_versions", "name"],
  [TAGS, "name"],
  ["mlflow_aliases", "name"],
];

/** Tables with a row for each version, or rows that belong to a version. */
const OF_VERSIONS = NAMED.filter(([table]) =>
  table !== "models" && table !== "mlflow_registered_models"
);

/** A version of a model; 0 for the model itself, where that has a meaning. */
interface Version {
  readonly name: string;
  readonly version: number;
}

/** Registers a model; `false` if there is one of this name. */
export function* create(
  dialect: SqlDialect,
  now: number,
  name: string,
  description: string | null,
  tags: Pairs,
): Script<boolean> {
  if (!(yield* insertModel(name, description, now))) return false;
  yield* touch(dialect, name, now);
  yield* writePairs(dialect, TAGS, { name, version: 0 }, tags);
  return true;
}

/** Renames a model; `false` if there is another one of the new name. */
export function* rename(
  dialect: SqlDialect,
  now: number,
  name: string,
  to: string,
): Script<boolean> {
  if (yield* get("SELECT 1 FROM models WHERE name = ?", to)) return name === to;
  yield* touch(dialect, name, now);
  yield* run("DELETE FROM mlflow_registered_models WHERE name = ?", to);
  for (const [table, column] of NAMED) {
    yield* run(`UPDATE ${table} SET ${column} = ? WHERE ${column} = ?`, to, name);
  }
  return true;
}

/** Sets the description of a model. */
export function* describe(
  dialect: SqlDialect,
  now: number,
  name: string,
  description: string | null,
): Script<void> {
  yield* run("UPDATE models SET description = ? WHERE name = ?", description, name);
  yield* touch(dialect, name, now);
}

/** Removes a model with its versions. */
export function* remove(name: string): Script<void> {
  for (const [table, column] of NAMED) {
    yield* run(`DELETE FROM ${table} WHERE ${column} = ?`, name);
  }
}

/** Sets or removes a tag; `false` if there is none to remove. */
export function* setTag(
  dialect: SqlDialect,
  now: number,
  { name, version }: Version,
  key: string,
  value: string | null,
): Script<boolean> {
  yield* touch(dialect, name, now);
  return yield* setPair(dialect, TAGS, { name, version }, key, value);
}

/** Sets or removes an alias of a model. */
export function* setAlias(
  dialect: SqlDialect,
  now: number,
  name: string,
  alias: string,
  version: number | null,
): Script<void> {
  yield* touch(dialect, name, now);
  yield* run("DELETE FROM mlflow_aliases WHERE name = ? AND alias = ?", name, alias);
  if (version === null) return;
  yield* run(
    "INSERT INTO mlflow_aliases (name, alias, version) VALUES (?, ?, ?)",
    name,
    alias,
    version,
  );
}

/** Adds a version. Returns its number, which no earlier version has had. */
export function* addVersion(
  dialect: SqlDialect,
  now: number,
  name: string,
  { source, runId, artifactId, runLink, modelId, description, tags }: NewRegisteredVersion,
): Script<number> {
  yield* touch(dialect, name, now);
  const number = yield* nextNumber(name);
  yield* run(
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
    yield* insertVersion({
      model: name,
      version: number,
      runId,
      artifactId,
      stage: "none",
      description,
      createdAt: now,
    });
  }
  yield* writePairs(dialect, TAGS, { name, version: number }, tags);
  return number;
}

/** Sets the description of a version. */
export function* describeVersion(
  dialect: SqlDialect,
  now: number,
  version: Version,
  description: string | null,
): Script<void> {
  yield* touchVersion(dialect, now, version);
  yield* updateVersion("description", description, version);
}

/** Moves a version to a stage, and its other versions to `archived` on request. */
export function* setStage(
  dialect: SqlDialect,
  now: number,
  { name, version }: Version,
  stage: string,
  archiveOthers: boolean,
): Script<void> {
  yield* touch(dialect, name, now);
  const others = archiveOthers
    ? yield* all(
      `SELECT version FROM (${VERSIONS}) AS x WHERE name = ? AND stage = ? AND version <> ?`,
      name,
      stage,
      version,
    )
    : [];
  for (const other of others) {
    yield* moveTo(dialect, now, { name, version: Number(other.version) }, "archived");
  }
  yield* moveTo(dialect, now, { name, version }, stage);
}

/** Removes a version. */
export function* removeVersion(
  dialect: SqlDialect,
  now: number,
  { name, version }: Version,
): Script<void> {
  yield* touch(dialect, name, now);
  for (const [table, column] of OF_VERSIONS) {
    yield* run(`DELETE FROM ${table} WHERE ${column} = ? AND version = ?`, name, version);
  }
}

function* moveTo(dialect: SqlDialect, now: number, version: Version, stage: string): Script<void> {
  yield* touchVersion(dialect, now, version);
  yield* updateVersion("stage", stage, version);
}

function* updateVersion(
  column: "description" | "stage",
  value: string | null,
  { name, version }: Version,
): Script<void> {
  yield* run(
    `UPDATE mlflow_model_versions SET ${column} = ? WHERE name = ? AND version = ?`,
    value,
    name,
    version,
  );
  yield* run(
    `UPDATE model_versions SET ${column} = ? WHERE model_name = ? AND version = ?`,
    value,
    name,
    version,
  );
}

/** Records the time of a change. A version registered by the store gets a row for it. */
function* touchVersion(
  dialect: SqlDialect,
  now: number,
  { name, version }: Version,
): Script<void> {
  yield* touch(dialect, name, now);
  yield* run(
    `INSERT INTO mlflow_model_versions (name, version, source, run_id, created_at, updated_at,
      description, stage) SELECT name, version, source, run_id, created_at, CAST(? AS BIGINT),
        description, stage FROM (${VERSIONS}) AS x WHERE name = ? AND version = ?
      ON CONFLICT (name, version) DO UPDATE SET updated_at = excluded.updated_at`,
    now,
    name,
    version,
  );
}

/** Records the time of a model's change, and the highest version number so far. */
function* touch(dialect: SqlDialect, name: string, now: number): Script<void> {
  yield* dialect.lock("model", name);
  yield* run(
    `INSERT INTO mlflow_registered_models (name, highest, updated_at) VALUES (?, 0, ?)
      ON CONFLICT (name) DO UPDATE SET updated_at = excluded.updated_at`,
    name,
    now,
  );
  yield* run(
    `UPDATE mlflow_registered_models SET highest = ${dialect.greatest}(highest, coalesce(
      (SELECT max(version) FROM (${VERSIONS}) AS x WHERE name = ?), 0)) WHERE name = ?`,
    name,
    name,
  );
}

function* nextNumber(name: string): Script<number> {
  yield* run("UPDATE mlflow_registered_models SET highest = highest + 1 WHERE name = ?", name);
  const row = yield* get("SELECT highest FROM mlflow_registered_models WHERE name = ?", name);
  return Number(row!.highest);
}
