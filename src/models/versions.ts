/** Rules of versions: numbered from 1, at most one in production. */
import type { ModelStage, ModelVersion, RegisterOptions } from "../metadata/model.ts";
import type { ModelState, ModelStore } from "../metadata/model_store.ts";
import { requireVersion } from "./require_model.ts";

/**
 * Adds the next version of a model, and the model if it is new.
 *
 * @throws {RunNotFoundError} If the run does not exist.
 * @throws {ArtifactNotFoundError} If the run has no such artifact.
 */
export async function registerVersion(
  models: ModelStore,
  model: string,
  options: RegisterOptions,
): Promise<ModelVersion> {
  const { runId, artifact, artifactId, stage = "none" } = options;
  const { description = null, modelDescription = null } = options;
  for (;;) {
    const before = await models.stateOf(model);
    const version = before.latest + 1;
    const added = await models.addVersion(
      {
        model,
        modelDescription,
        version,
        runId,
        artifact: artifact === undefined ? { id: artifactId! } : { name: artifact },
        stage,
        description,
      },
      displacedBy(version, stage, before),
      before,
    );
    // Otherwise another version was added or promoted meanwhile.
    if (added) return added;
  }
}

/**
 * Moves a version to a stage.
 *
 * @throws {ModelNotFoundError} If the version does not exist.
 */
export async function promoteVersion(
  models: ModelStore,
  model: string,
  version: number,
  stage: ModelStage,
): Promise<ModelVersion> {
  for (;;) {
    const before = await models.stateOf(model);
    const found = await requireVersion(models, model, { version });
    const stages = new Map(displacedBy(version, stage, before)).set(version, stage);
    if (await models.setStages(model, stages, before)) return { ...found, stage };
  }
}

/** Returns the versions that must leave production for another, with their new stages. */
function displacedBy(
  version: number,
  stage: ModelStage,
  { production }: ModelState,
): ReadonlyMap<number, ModelStage> {
  const others = stage === "production" ? production.filter((other) => other !== version) : [];
  return new Map(others.map((other) => [other, "archived"]));
}
