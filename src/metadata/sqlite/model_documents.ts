/** Model versions, for transfer with their runs. */
import { placeImportedVersion } from "../imported_version.ts";
import type { ModelVersionDocument } from "../run_document.ts";
import type { SqlConnection } from "./sql_driver.ts";
import { versionDocumentOf } from "../rows/model_row.ts";
import { whole } from "./whole_text.ts";

/** Reads the versions that use artifacts of a run, by model and version. */
export function selectVersions(sql: SqlConnection, runId: string): ModelVersionDocument[] {
  return sql.prepare(
    `SELECT ${whole("v.model_name", "v.artifact_id", "v.stage", "v.description")}, v.version,
      v.created_at, m.created_at AS model_created_at,
      (SELECT description FROM models WHERE name = v.model_name) AS model_description
      FROM model_versions v LEFT JOIN models m ON m.name = v.model_name
      WHERE v.artifact_id IN (SELECT id FROM artifacts WHERE run_id = ?)
      ORDER BY v.model_name, v.version`,
  ).all(runId).map(versionDocumentOf);
}

/** Inserts missing versions. */
export function insertVersions(
  sql: SqlConnection,
  runId: string,
  versions: readonly ModelVersionDocument[],
): void {
  for (const it of versions) {
    const isThere = sql.prepare("SELECT 1 FROM artifacts WHERE id = ? AND run_id = ?")
      .get(it.artifactId, runId);
    const known = sql.prepare(
      "SELECT 1 FROM model_versions WHERE model_name = ? AND artifact_id = ?",
    )
      .get(it.model, it.artifactId);
    if (!isThere || known) continue;
    sql.prepare("INSERT OR IGNORE INTO models (name, description, created_at) VALUES (?, ?, ?)")
      .run(it.model, it.modelDescription, it.modelCreatedAt);
    const taken = sql.prepare("SELECT 1 FROM model_versions WHERE model_name = ? AND version = ?")
      .get(it.model, it.version);
    const last = sql.prepare("SELECT max(version) AS last FROM model_versions WHERE model_name = ?")
      .get(it.model)?.last;
    const inProduction = sql.prepare(
      "SELECT 1 FROM model_versions WHERE model_name = ? AND stage = 'production'",
    ).get(it.model);
    const { version, stage } = placeImportedVersion(it, {
      isTaken: taken !== undefined,
      latest: Number(last ?? 0),
      isInProduction: inProduction !== undefined,
    });
    sql.prepare(
      `INSERT INTO model_versions
        (model_name, version, run_id, artifact_id, stage, description, created_at)
        VALUES (?, ?, ?, ?, ?, ?, ?)`,
    ).run(
      it.model,
      version,
      runId,
      it.artifactId,
      stage,
      it.description,
      it.createdAt,
    );
  }
}
