import { ArtifactInUseError } from "./errors.ts";
import { hasTable } from "./sql/schema.ts";
import type { SqlConnection } from "./sql/sql_driver.ts";

/**
 * Refuses to remove what a model version is made of. The table comes with the model registry, so
 * not every store has it.
 *
 * @throws {ArtifactInUseError} If a version names the artifact, or one of the run.
 */
export function requireUnused(
  sql: SqlConnection,
  column: "artifact_id" | "run_id",
  id: string,
): void {
  if (!hasTable(sql, "model_versions")) return;
  const versions = sql.prepare(
    `SELECT model_name, version FROM model_versions WHERE ${column} = ? ORDER BY 1, 2`,
  ).all(id);
  if (versions.length === 0) return;
  throw new ArtifactInUseError(
    column === "run_id" ? "run" : "artifact",
    id,
    versions.map(({ model_name, version }) => `${model_name} ${version}`),
  );
}
