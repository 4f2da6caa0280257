/** Rows of models and versions, as scripts of a transaction. */
import { ArtifactNotFoundError, RunNotFoundError } from "../../base/errors.ts";
import type { ModelStage } from "../model.ts";
import type { ModelState, NewModelVersion } from "../model_store.ts";
import { text } from "../rows/value.ts";
import type { SqlDialect } from "./dialect.ts";
import { all, get, run, type Script } from "./script.ts";

/** Inserts a model; `false` if it exists. */
export function* insertModel(
  name: string,
  description: string | null,
  createdAt: number,
): Script<boolean> {
  return (yield* run(
    `INSERT INTO models (name, description, created_at) VALUES (?, ?, ?)
      ON CONFLICT (name) DO NOTHING`,
    name,
    description,
    createdAt,
  )) > 0;
}

/** Inserts a version. */
export function* insertVersion(
  { model, version, runId, artifactId, stage, description, createdAt }: {
    readonly model: string;
    readonly version: number;
    readonly runId: string;
    readonly artifactId: string;
    readonly stage: string;
    readonly description: string | null;
    readonly createdAt: number;
  },
): Script<void> {
  yield* run(
    `INSERT INTO model_versions
      (model_name, version, run_id, artifact_id, stage, description, created_at)
      VALUES (?, ?, ?, ?, ?, ?, ?)`,
    model,
    version,
    runId,
    artifactId,
    stage,
    description,
    createdAt,
  );
}

/** Sets the stages of versions. */
export function* updateStages(
  name: string,
  stages: ReadonlyMap<number, ModelStage>,
): Script<void> {
  for (const [version, stage] of stages) {
    yield* run(
      "UPDATE model_versions SET stage = ? WHERE model_name = ? AND version = ?",
      stage,
      name,
      version,
    );
  }
}

/** Returns the state that the next change of a model's versions depends on. */
export function* stateOf(name: string): Script<ModelState> {
  const latest = yield* get(
    "SELECT max(version) AS latest FROM model_versions WHERE model_name = ?",
    name,
  );
  const production = yield* all(
    `SELECT version FROM model_versions WHERE model_name = ? AND stage = 'production'
      ORDER BY version`,
    name,
  );
  return {
    latest: Number(latest?.latest ?? 0),
    production: production.map(({ version }) => Number(version)),
  };
}

/**
 * Returns the id of a version's artifact, and locks it against replacement and removal.
 *
 * @throws {RunNotFoundError} If the run does not exist.
 * @throws {ArtifactNotFoundError} If the run has no such artifact.
 */
export function* requireArtifact(
  dialect: SqlDialect,
  runId: string,
  artifact: NewModelVersion["artifact"],
): Script<string> {
  const [column, value] = "id" in artifact ? ["id", artifact.id] : ["name", artifact.name];
  const row = yield* get(
    `SELECT ${dialect.whole("id")} FROM artifacts
      WHERE run_id = ? AND artifacts.${column} = ?${dialect.forShare}`,
    runId,
    value,
  );
  if (row) return text(row.id);
  if (!(yield* get("SELECT 1 FROM runs WHERE id = ?", runId))) throw new RunNotFoundError(runId);
  throw new ArtifactNotFoundError({ runId, ...artifact });
}
