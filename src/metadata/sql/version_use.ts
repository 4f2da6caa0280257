/** Protection of artifacts used by model versions. */
import { ArtifactInUseError } from "../../base/errors.ts";
import { text } from "../rows/value.ts";
import type { SqlDialect } from "./dialect.ts";
import { all, run, type Script } from "./script.ts";

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
export function* requireUnused(
  dialect: SqlDialect,
  column: "artifact_id" | "run_id",
  id: string,
  action: "remove" | "replace" = "remove",
): Script<void> {
  const versions = yield* all(
    `SELECT ${dialect.whole("model_name")}, version FROM model_versions
      WHERE ${VERSIONS_OF[column]} ORDER BY ${dialect.text("model_versions.model_name")}, version`,
    id,
  );
  if (versions.length === 0) return;
  throw new ArtifactInUseError(
    column === "run_id" ? "run" : "artifact",
    id,
    versions.map(({ model_name, version }) => `${text(model_name)} ${version}`),
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
export function* releaseVersions(
  dialect: SqlDialect,
  column: "artifact_id" | "run_id",
  id: string,
  force: boolean,
): Script<void> {
  if (force) yield* run(`DELETE FROM model_versions WHERE ${VERSIONS_OF[column]}`, id);
  else yield* requireUnused(dialect, column, id);
}
