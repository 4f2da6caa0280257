/** Rows of the registry. */
import type { RegisteredModel, RegisteredVersion } from "../../mlflow_store.ts";
import { type SqlRow, textOrNull } from "../../rows/value.ts";
import type { SqlDialect } from "../dialect.ts";
import { all, get, type Script } from "../script.ts";
import { readPairs } from "./pairs.ts";

/** Table of tags: of a version, or of the model itself (version 0). */
export const TAGS = "mlflow_registry_tags";

/**
 * Selects all versions: those of the shared table, and those known only to the protocol. The source
 * of a version registered by the store is the artifact of its run.
 */
export const VERSIONS = `SELECT v.model_name AS name, v.version, v.stage,
    coalesce(m.description, v.description) AS description,
    coalesce(m.source, 'runs:/' || v.run_id || '/' || coalesce(
      (SELECT a.name FROM artifacts a WHERE a.id = v.artifact_id), v.artifact_id)) AS source,
    v.run_id, m.run_link, m.model_id, v.created_at, coalesce(m.updated_at, v.created_at) AS updated_at
  FROM model_versions v
    LEFT JOIN mlflow_model_versions m ON m.name = v.model_name AND m.version = v.version
  UNION ALL
  SELECT m.name, m.version, coalesce(m.stage, 'none'), m.description, m.source, m.run_id, m.run_link,
    m.model_id, m.created_at, m.updated_at FROM mlflow_model_versions m
    WHERE NOT EXISTS (SELECT 1 FROM model_versions v
      WHERE v.model_name = m.name AND v.version = m.version)`;

/** Selects all models, with the time of their last change. */
export const MODELS = `SELECT m.name, m.description, m.created_at,
    coalesce(r.updated_at, m.created_at) AS updated_at
  FROM models m LEFT JOIN mlflow_registered_models r ON r.name = m.name`;

/** Returns a version. */
export function* findVersion(
  dialect: SqlDialect,
  name: string,
  version: number,
): Script<RegisteredVersion | undefined> {
  const row = yield* get(
    `SELECT * FROM (${VERSIONS}) AS x WHERE name = ? AND version = ?`,
    name,
    version,
  );
  return row && (yield* versionOf(dialect, row));
}

/** Returns a model. */
export function* findModel(
  dialect: SqlDialect,
  name: string,
): Script<RegisteredModel | undefined> {
  const row = yield* get(`SELECT * FROM (${MODELS}) AS x WHERE name = ?`, name);
  return row && (yield* modelOf(dialect, row));
}

/** Converts a row to a version. */
export function* versionOf(dialect: SqlDialect, row: SqlRow): Script<RegisteredVersion> {
  const [name, version] = [String(row.name), Number(row.version)];
  return {
    name,
    version,
    stage: String(row.stage),
    description: textOrNull(row.description),
    source: String(row.source),
    runId: textOrNull(row.run_id),
    runLink: textOrNull(row.run_link),
    modelId: textOrNull(row.model_id),
    createdAt: Number(row.created_at),
    updatedAt: Number(row.updated_at),
    tags: yield* readPairs(dialect, TAGS, { name, version }),
    aliases: (yield* all(
      `SELECT alias FROM mlflow_aliases WHERE name = ? AND version = ?
        ORDER BY ${dialect.text("alias")}`,
      name,
      version,
    )).map(({ alias }) => String(alias)),
  };
}

/** Converts a row to a model. */
export function* modelOf(dialect: SqlDialect, row: SqlRow): Script<RegisteredModel> {
  const name = String(row.name);
  const versions = yield* all(
    `SELECT * FROM (${VERSIONS}) AS x WHERE name = ? ORDER BY version DESC`,
    name,
  );
  const newest = new Map<string, SqlRow>();
  for (const version of versions) {
    const stage = String(version.stage);
    if (!newest.has(stage)) newest.set(stage, version);
  }
  const latest: RegisteredVersion[] = [];
  for (const version of newest.values()) latest.unshift(yield* versionOf(dialect, version));
  return {
    name,
    description: textOrNull(row.description),
    createdAt: Number(row.created_at),
    updatedAt: Number(row.updated_at),
    tags: yield* readPairs(dialect, TAGS, { name, version: 0 }),
    aliases: (yield* all(
      `SELECT alias, version FROM mlflow_aliases WHERE name = ? ORDER BY ${dialect.text("alias")}`,
      name,
    )).map(({ alias, version }) => ({ alias: String(alias), version: Number(version) })),
    latest,
  };
}
