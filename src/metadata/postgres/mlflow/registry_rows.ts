/** Rows of the registry. */
import type { RegisteredModel, RegisteredVersion } from "../../mlflow_store.ts";
import type { SqlRow } from "../../rows/value.ts";
import type { Sql } from "../client.ts";
import { readPairs, textOrNull } from "./pairs.ts";

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

/** Converts a row to a version. */
export async function versionOf(sql: Sql, row: SqlRow): Promise<RegisteredVersion> {
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
    tags: await readPairs(sql, TAGS, { name, version }),
    aliases: (await sql.all(
      'SELECT alias FROM mlflow_aliases WHERE name = ? AND version = ? ORDER BY alias COLLATE "C"',
      name,
      version,
    )).map(({ alias }) => String(alias)),
  };
}

/** Converts a row to a model. */
export async function modelOf(sql: Sql, row: SqlRow): Promise<RegisteredModel> {
  const name = String(row.name);
  const versions = await sql.all(
    `SELECT * FROM (${VERSIONS}) AS x WHERE name = ? ORDER BY version DESC`,
    name,
  );
  const seen = new Set<string>();
  const latest = versions.filter(({ stage }) => {
    const fresh = !seen.has(String(stage));
    seen.add(String(stage));
    return fresh;
  });
  return {
    name,
    description: textOrNull(row.description),
    createdAt: Number(row.created_at),
    updatedAt: Number(row.updated_at),
    tags: await readPairs(sql, TAGS, { name, version: 0 }),
    aliases: (await sql.all(
      'SELECT alias, version FROM mlflow_aliases WHERE name = ? ORDER BY alias COLLATE "C"',
      name,
    )).map(({ alias, version }) => ({ alias: String(alias), version: Number(version) })),
    latest: (await Promise.all(latest.map((row) => versionOf(sql, row)))).reverse(),
  };
}
