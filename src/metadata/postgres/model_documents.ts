/** Model versions, for transfer with their runs. */
import { placeImportedVersion } from "../imported_version.ts";
import { versionDocumentOf } from "../rows/model_row.ts";
import type { ModelVersionDocument } from "../run_document.ts";
import type { Sql } from "./client.ts";
import { lockThing } from "./locks.ts";

/** Reads the versions that use artifacts of a run, by model and version. */
export async function selectVersions(sql: Sql, runId: string): Promise<ModelVersionDocument[]> {
  const rows = await sql.all(
    `SELECT v.model_name, v.artifact_id, v.stage, v.description, v.version, v.created_at,
      m.created_at AS model_created_at, m.description AS model_description
      FROM model_versions v LEFT JOIN models m ON m.name = v.model_name
      WHERE v.artifact_id IN (SELECT id FROM artifacts WHERE run_id = ?)
      ORDER BY v.model_name COLLATE "C", v.version`,
    runId,
  );
  return rows.map(versionDocumentOf);
}

/** Inserts missing versions. */
export async function insertVersions(
  sql: Sql,
  runId: string,
  versions: readonly ModelVersionDocument[],
): Promise<void> {
  for (const name of [...new Set(versions.map(({ model }) => model))].sort()) {
    await lockThing(sql, "model", name);
  }
  for (const it of versions) {
    const state = (await sql.get(
      `SELECT EXISTS (SELECT 1 FROM artifacts WHERE id = ?1 AND run_id = ?2) AS there,
        EXISTS (SELECT 1 FROM model_versions WHERE model_name = ?3 AND artifact_id = ?1) AS known,
        EXISTS (SELECT 1 FROM model_versions WHERE model_name = ?3 AND version = ?4) AS taken,
        EXISTS (SELECT 1 FROM model_versions WHERE model_name = ?3 AND stage = 'production')
          AS in_production,
        (SELECT coalesce(max(version), 0) FROM model_versions WHERE model_name = ?3) AS last`,
      it.artifactId,
      runId,
      it.model,
      it.version,
    ))! as unknown as Record<"there" | "known" | "taken" | "in_production", boolean> & {
      last: number;
    };
    if (!state.there || state.known) continue;
    await sql.run(
      `INSERT INTO models (name, description, created_at) VALUES (?, ?, ?)
        ON CONFLICT (name) DO NOTHING`,
      it.model,
      it.modelDescription,
      it.modelCreatedAt,
    );
    const { version, stage } = placeImportedVersion(it, {
      isTaken: state.taken,
      latest: Number(state.last),
      isInProduction: state.in_production,
    });
    await sql.run(
      `INSERT INTO model_versions
        (model_name, version, run_id, artifact_id, stage, description, created_at)
        VALUES (?, ?, ?, ?, ?, ?, ?)`,
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
