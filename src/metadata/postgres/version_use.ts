/** Protection of artifacts used by model versions. */
import { ArtifactInUseError } from "../../base/errors.ts";
import type { Sql } from "./client.ts";

/** Conditions for versions that use an artifact, or any artifact of a run. */
const VERSIONS_OF = {
  artifact_id: "artifact_id = ?1",
  run_id: "run_id = ?1 OR artifact_id IN (SELECT id FROM artifacts WHERE run_id = ?1)",
};

/**
 * Checks that no model version uses an artifact or run that is to be removed or replaced.
 *
 * @throws {ArtifactInUseError} If one does.
 */
export async function requireUnused(
  sql: Sql,
  column: "artifact_id" | "run_id",
  id: string,
  action: "remove" | "replace" = "remove",
): Promise<void> {
  const versions = await sql.all(
    `SELECT model_name, version FROM model_versions WHERE ${VERSIONS_OF[column]}
      ORDER BY model_name COLLATE "C", version`,
    id,
  );
  if (versions.length === 0) return;
  throw new ArtifactInUseError(
    column === "run_id" ? "run" : "artifact",
    id,
    versions.map(({ model_name, version }) => `${model_name} ${version}`),
    action,
  );
}

/**
 * Prepares the removal of an artifact or run that model versions may use. Must run before the
 * removal in its transaction.
 *
 * @throws {ArtifactInUseError} If a version uses it, unless `force` is set, which removes the
 * version.
 */
export async function releaseVersions(
  sql: Sql,
  column: "artifact_id" | "run_id",
  id: string,
  force: boolean,
): Promise<void> {
  if (!force) return await requireUnused(sql, column, id);
  await sql.run(`DELETE FROM model_versions WHERE ${VERSIONS_OF[column]}`, id);
}
