/** Look-up of models and versions. */
import { ModelNotFoundError, quote } from "../base/errors.ts";
import { nearNames } from "../base/near_names.ts";
import { call, phrase } from "../base/phrase.ts";
import type { Model, ModelVersion } from "../metadata/model.ts";
import type { ModelStore, VersionSelector } from "../metadata/model_store.ts";

/**
 * Returns a model.
 *
 * @throws {ModelNotFoundError} If it does not exist.
 */
export async function requireModel(models: ModelStore, name: string): Promise<Model> {
  const model = await models.get(name);
  if (model) return model;
  const near = nearNames(name, (await models.list()).map((other) => other.name)).map(quote);
  const state = "no model of this name is in the store; " +
    (near.length === 0 ? "register it first" : `there is ${near.join(", ")}`);
  throw new ModelNotFoundError(name, {}, state);
}

/**
 * Returns a version of a model.
 *
 * @throws {ModelNotFoundError} If it does not exist.
 */
export async function requireVersion(
  models: ModelStore,
  name: string,
  wanted: VersionSelector,
): Promise<ModelVersion> {
  const version = await models.find(name, wanted);
  if (version) return version;
  await requireModel(models, name);
  const { latest } = await models.stateOf(name);
  const last = latest === 0 ? undefined : await models.find(name, { version: latest });
  const state = last === undefined
    ? "it has no version; register one first"
    : phrase`its latest version is ${last.version}, with the stage ${quote(last.stage)}; ${
      "stage" in wanted ? "promote a version first" : phrase`${call("models.versions")} lists all`
    }`;
  throw new ModelNotFoundError(name, wanted, state);
}
