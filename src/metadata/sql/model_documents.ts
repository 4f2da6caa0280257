/** Model versions, for transfer with their runs. */
import { placeImportedVersion } from "../imported_version.ts";
import { versionDocumentOf } from "../rows/model_row.ts";
import type { ModelVersionDocument } from "../run_document.ts";
import type { SqlDialect } from "./dialect.ts";
import { insertModel, insertVersion, stateOf } from "./model_changes.ts";
import { all, get, type Script } from "./script.ts";

/** Reads the versions that use artifacts of a run, by model and version. */
export function* selectVersions(
  dialect: SqlDialect,
  runId: string,
): Script<ModelVersionDocument[]> {
  const texts = dialect.whole("v.model_name", "v.artifact_id", "v.stage", "v.description");
  const rows = yield* all(
    `SELECT ${texts}, v.version, v.created_at, m.created_at AS model_created_at,
      m.description AS model_description
      FROM model_versions v LEFT JOIN models m ON m.name = v.model_name
      WHERE v.artifact_id IN (SELECT id FROM artifacts WHERE run_id = ?)
      ORDER BY ${dialect.text("v.model_name")}, v.version`,
    runId,
  );
  return rows.map(versionDocumentOf);
}

/** Inserts missing versions. */
export function* insertVersions(
  dialect: SqlDialect,
  runId: string,
  versions: readonly ModelVersionDocument[],
): Script<void> {
  // In one order, so that two imports cannot wait for each other.
  for (const name of [...new Set(versions.map(({ model }) => model))].sort()) {
    yield* dialect.lock("model", name);
  }
  for (const it of versions) {
    const isThere = yield* get(
      "SELECT 1 FROM artifacts WHERE id = ? AND run_id = ?",
      it.artifactId,
      runId,
    );
    const known = yield* get(
      "SELECT 1 FROM model_versions WHERE model_name = ? AND artifact_id = ?",
      it.model,
      it.artifactId,
    );
    if (!isThere || known) continue;
    yield* insertModel(it.model, it.modelDescription, it.modelCreatedAt);
    const taken = yield* get(
      "SELECT 1 FROM model_versions WHERE model_name = ? AND version = ?",
      it.model,
      it.version,
    );
    const { latest, production } = yield* stateOf(it.model);
    const { version, stage } = placeImportedVersion(it, {
      isTaken: taken !== undefined,
      latest,
      isInProduction: production.length > 0,
    });
    yield* insertVersion({ ...it, version, stage, runId });
  }
}
