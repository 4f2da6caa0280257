/** Protection of artifacts used by model versions. */
import { ArtifactInUseError } from "../../base/errors.ts";
import type { SqlConnection } from "./sql_driver.ts";

/** Conditions for versions that use an artifact, or any artifact of a run. */
const VERSIONS_OF = {
  artifact_id: { condition: "artifact_id = ?", values: (id: string) => [id] },
  run_id: {
    condition: "run_id = ? OR artifact_id IN (SELECT id FROM artifacts WHERE run_id = ?)",
    values: (id: string) => [id, id],
  },
};

/**
 * Checks that no model version uses an artifact or run that is to be removed or replaced.
 *
 * @throws {ArtifactInUseError} If one does.
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
 * Prepares the removal of an artifact or run that model versions may use. Must run before the
 * removal in its transaction, so that no version without artifact becomes visible.
 *
 * @throws {ArtifactInUseError} If a version uses it, unless `force` is set, which removes the
 * version.
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
