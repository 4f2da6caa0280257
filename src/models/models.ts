import type { Artifact } from "../artifacts/artifact.ts";
import { ArtifactNotFoundError } from "../base/errors.ts";
import { shownAs } from "../display/displayable.ts";
import type { Access } from "../base/access.ts";
import type { StoreContext } from "../context/compose.ts";
import type {
  Model,
  ModelSelector,
  ModelStage,
  ModelVersion,
  RegisterOptions,
} from "../metadata/model.ts";
import {
  assertDescription,
  assertName,
  assertRegister,
  assertStage,
  assertVersion,
  wantedOf,
} from "./assert_model.ts";

/**
 * The models of a store, their versions, and which of them is in production: one at a time, however
 * many programs promote at once. Got by {@linkcode Store.models}.
 *
 * Every method throws {@linkcode StoreClosedError} once the store is closed,
 * {@linkcode ReadOnlyError} if it writes and the store is read-only, {@linkcode InvalidNameError} or
 * {@linkcode InvalidOptionError} if an argument is wrong, and what {@linkcode Store} says.
 */
export class Models {
  readonly #access: Access<StoreContext>;

  /** @ignore Made by the store. */
  constructor(access: Access<StoreContext>) {
    this.#access = access;
  }

  /**
   * Registers an artifact of a run as the next version of a model, which is made if it is new. Versions
   * count from 1; the number follows the highest that there is. The artifact can be removed by force
   * only from then on, and not be replaced.
   *
   * @example A first version, straight into production
   * ```ts
   * import { openStore } from "@chachaml/store";
   * import assert from "node:assert/strict";
   *
   * await using store = await openStore({ inMemory: true });
   * const run = await store.startRun();
   * await run.put("weights.json", [0.1, 0.2]);
   * const { version, stage } = await store.models.register("iris-classifier", {
   *   runId: run.id,
   *   artifact: "weights.json",
   *   stage: "production",
   * });
   * assert.deepEqual([version, stage], [1, "production"]);
   * ```
   *
   * @param name The model: any text of at most 255 characters.
   * @param options The run, its artifact, and the stage to begin with.
   * @returns The version.
   * @throws {ArtifactNotFoundError} If the artifact is not one of the run.
   * @throws {RunNotFoundError} If the run is not in the store.
   */
  async register(name: string, options: RegisterOptions): Promise<ModelVersion> {
    assertRegister(name, options);
    return await this.#access.write(async ({ metadata: { models }, artifacts }) => {
      // What a crash left of a replacement would change the bytes of the version afterwards.
      await artifacts.recoverReplacements();
      return await models.register(name, options);
    });
  }

  /** The models, by name. */
  list(): Promise<Model[]> {
    return this.#access.use(({ metadata }) => metadata.models.list()).then(shownAs("models"));
  }

  /**
   * The model of a name.
   *
   * @throws {ModelNotFoundError} If it is not in the store.
   */
  async get(name: string): Promise<Model> {
    assertName(name);
    return await this.#access.use(({ metadata }) => metadata.models.get(name));
  }

  /**
   * The versions of a model, oldest first.
   *
   * @throws {ModelNotFoundError} If the model is not in the store.
   */
  async versions(name: string): Promise<ModelVersion[]> {
    assertName(name);
    return shownAs("versions")(
      await this.#access.use(({ metadata }) => metadata.models.versions(name)),
    );
  }

  /**
   * One version of a model: the latest in production, unless the selector asks for another.
   *
   * @param name The model.
   * @param selector A version by its number, or a stage, of which the latest version is given.
   * @returns The version.
   * @throws {ModelNotFoundError} If there is no such version.
   */
  async find(name: string, selector: ModelSelector = {}): Promise<ModelVersion> {
    assertName(name);
    const wanted = wantedOf(selector);
    return await this.#access.use(({ metadata }) => metadata.models.find(name, wanted));
  }

  /**
   * The artifact of one version of a model: the latest in production, unless the selector asks for
   * another.
   *
   * @example
   * ```ts
   * import { openStore } from "@chachaml/store";
   * import assert from "node:assert/strict";
   *
   * await using store = await openStore({ inMemory: true });
   * const run = await store.startRun();
   * await run.put("weights.json", [0.1, 0.2]);
   * await run.registerModel("iris-classifier", { artifact: "weights.json", stage: "production" });
   *
   * const weights = await store.models.load("iris-classifier"); // or load(name, { version: 1 })
   * assert.deepEqual(await weights.json(), [0.1, 0.2]);
   * ```
   *
   * @param name The model.
   * @param selector A version by its number, or a stage, of which the latest version is given.
   * @returns The artifact, with the ways to read it.
   * @throws {ModelNotFoundError} If there is no such version.
   * @throws {ArtifactNotFoundError} If another program has removed the artifact of the version.
   */
  async load(name: string, selector: ModelSelector = {}): Promise<Artifact> {
    assertName(name);
    const wanted = wantedOf(selector);
    return await this.#access.use(async ({ metadata: { models }, artifacts }) => {
      for (let version = await models.find(name, wanted);;) {
        try {
          return await artifacts.get(version.artifactId);
        } catch (error) {
          if (!(error instanceof ArtifactNotFoundError)) throw error;
          // Removed since, perhaps because another version has taken its place.
          const now = await models.find(name, wanted);
          if (now.artifactId === version.artifactId) throw error;
          version = now;
        }
      }
    });
  }

  /**
   * Moves a version to a stage. One that goes into production archives, in the same transaction, the
   * one that has been there.
   *
   * @example
   * ```ts
   * import { openStore } from "@chachaml/store";
   * import assert from "node:assert/strict";
   *
   * await using store = await openStore({ inMemory: true });
   * const run = await store.startRun();
   * for (const artifact of ["first", "second"]) {
   *   await run.put(artifact, artifact);
   *   await run.registerModel("net", { artifact });
   * }
   * await store.models.promote("net", 1);
   * await store.models.promote("net", 2);
   * const stages = (await store.models.versions("net")).map(({ stage }) => stage);
   * assert.deepEqual(stages, ["archived", "production"]);
   * ```
   *
   * @param name The model.
   * @param version The number of the version.
   * @param stage `"none"`, `"staging"`, `"production"` or `"archived"`.
   * @returns The version as it is now.
   * @throws {ModelNotFoundError} If there is no such version.
   */
  async promote(
    name: string,
    version: number,
    stage: ModelStage = "production",
  ): Promise<ModelVersion> {
    assertName(name);
    assertVersion(version);
    assertStage(stage);
    return await this.#access.write(({ metadata: { models } }) =>
      models.promote(name, version, stage)
    );
  }

  /**
   * Sets the description of a model; `null` takes it away.
   *
   * @throws {ModelNotFoundError} If the model is not in the store.
   */
  async describe(name: string, description: string | null): Promise<Model> {
    assertName(name);
    assertDescription("description of a model", description);
    return await this.#access.write(({ metadata: { models } }) =>
      models.describe(name, description ?? null)
    );
  }

  /**
   * Removes a model with all its versions. Their artifacts stay.
   *
   * @throws {ModelNotFoundError} If the model is not in the store.
   */
  remove(name: string): Promise<void>;
  /**
   * Removes one version of a model. Its artifact stays, and so does the model. If it was the latest, its
   * number is given again.
   *
   * @throws {ModelNotFoundError} If there is no such version.
   */
  remove(name: string, version: number): Promise<void>;
  async remove(name: string, ...rest: [version?: number]): Promise<void> {
    assertName(name);
    const [version] = rest;
    // A number that somebody has failed to fill in must not stand for the whole model.
    if (rest.length > 0) assertVersion(version);
    await this.#access.write(({ metadata }) => metadata.models.remove(name, version));
  }
}
