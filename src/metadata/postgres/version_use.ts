/** Model versions need their artifacts: what is done to those asks here first. */
import { ArtifactInUseError } from "../../base/errors.ts";
import type { Sql } from "./client.ts";

/** Versions that name an artifact, or a run or any artifact of it. */
const VERSIONS_OF = {
  artifact_id: "artifact_id = ?1",
  run_id: "run_id = ?1 OR artifact_id IN (SELECT id FROM artifacts WHERE run_id = ?1)",
};

/**
 * Refuses to remove or replace what a model version is made of.
 *
 * @throws {ArtifactInUseError} If a version names the artifact, or one of the run.
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
 * Has no model version name an artifact, or a run, that is about to be removed. Belongs into the
 * transaction of the removal, before it.
 *
 * @throws {ArtifactInUseError} If a version does, unless `force` is set, which removes the version.
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
