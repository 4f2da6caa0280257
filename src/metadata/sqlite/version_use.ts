/** Model versions need their artifacts: what is done to those asks here first. */
import { ArtifactInUseError } from "../../base/errors.ts";
import type { SqlConnection } from "./sql_driver.ts";

/** Versions that name an artifact, or a run or any artifact of it: for `WHERE`, with its values. */
const VERSIONS_OF = {
  artifact_id: { condition: "artifact_id = ?", values: (id: string) => [id] },
  run_id: {
    condition: "run_id = ? OR artifact_id IN (SELECT id FROM artifacts WHERE run_id = ?)",
    values: (id: string) => [id, id],
  },
};

/**
 * Refuses to remove or replace what a model version is made of.
 *
 * @throws {ArtifactInUseError} If a version names the artifact, or one of the run.
 */
export function requireUnused(
  sql: SqlConnection,
  column: "artifact_id" | "run_id",
  id: string,
  action: "remove" | "replace" = "remove",
): void {
  const { condition, values } = VERSIONS_OF[column];
  const versions = sql.prepare(
    `SELECT model_name, version FROM model_versions WHERE ${condition} ORDER BY 1, 2`,
  ).all(...values(id));
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
 * transaction of the removal, before it: a version that names nothing must never be seen.
 *
 * @throws {ArtifactInUseError} If a version does, unless `force` is set, which removes the version.
 */
export function releaseVersions(
  sql: SqlConnection,
  column: "artifact_id" | "run_id",
  id: string,
  force: boolean,
): void {
  if (!force) return requireUnused(sql, column, id);
  const { condition, values } = VERSIONS_OF[column];
  sql.prepare(`DELETE FROM model_versions WHERE ${condition}`).run(...values(id));
}
