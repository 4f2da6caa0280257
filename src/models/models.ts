import type { Artifact } from "../artifacts/artifact.ts";
import { ArtifactNotFoundError } from "../base/errors.ts";
import { asDisplayable } from "../display/displayable.ts";
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
  versionSelectorOf,
} from "./assert_model.ts";
import { requireModel, requireVersion } from "./require_model.ts";
import { promoteVersion, registerVersion } from "./versions.ts";

/**
 * Model registry of a store: models, their versions and stages. At most one version of a model is
 * in production, even if several programs promote at the same time. Available as {@linkcode
 * Store.models}.
 *
 * Methods need only the permissions of {@linkcode openStore}. Every method throws {@linkcode
 * StoreClosedError} once the store is closed, {@linkcode ReadOnlyError} if it writes and the store
 * is read-only, and {@linkcode StorageError} if the database fails.
 */
export class Models {
  readonly #access: Access<StoreContext>;

  /** @ignore Created by the store. */
  constructor(access: Access<StoreContext>) {
    this.#access = access;
  }

  /**
   * Registers an artifact of a run as the next version of a model. Creates the model if it is new.
   * Versions count from 1; the new number is one above the highest existing one. From then on the
   * artifact cannot be replaced, and can be removed only with `force`.
   *
   * @param name Name of the model, at most 255 characters.
   * @param options Run, artifact and initial stage.
   * @returns The new version.
   * @throws {InvalidNameError} If the name breaks a rule.
   * @throws {InvalidOptionError} If an option is invalid.
   * @throws {RunNotFoundError} If the run does not exist.
   * @throws {ArtifactNotFoundError} If the run has no such artifact.
   *
   * @example Register a first version, directly in production
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
   */
  async register(name: string, options: RegisterOptions): Promise<ModelVersion> {
    assertRegister(name, options);
    return await this.#access.write(async ({ metadata: { models }, artifacts }) => {
      // A replacement interrupted by a crash would otherwise change the version's bytes later.
      await artifacts.recoverReplacements();
      return await registerVersion(models, name, options);
    });
  }

  /**
   * Lists all models.
   *
   * @returns The models, sorted by name.
   */
  list(): Promise<Model[]> {
    return this.#access.use(({ metadata }) => metadata.models.list()).then(asDisplayable("models"));
  }

  /**
   * Returns a model.
   *
   * @param name Name of the model.
   * @returns The model.
   * @throws {ModelNotFoundError} If the model does not exist.
   */
  async get(name: string): Promise<Model> {
    assertName(name);
    return await this.#access.use(({ metadata }) => requireModel(metadata.models, name));
  }

  /**
   * Lists the versions of a model.
   *
   * @param name Name of the model.
   * @returns The versions, oldest first.
   * @throws {ModelNotFoundError} If the model does not exist.
   */
  async versions(name: string): Promise<ModelVersion[]> {
    assertName(name);
    return asDisplayable("versions")(
      await this.#access.use(async ({ metadata: { models } }) => {
        const versions = await models.versions(name);
        if (versions.length === 0) await requireModel(models, name);
        return versions;
      }),
    );
  }

  /**
   * Returns one version of a model.
   *
   * @param name Name of the model.
   * @param selector A version number, or a stage for its latest version; by default the stage
   * `production`.
   * @returns The version.
   * @throws {ModelNotFoundError} If there is no such version.
   * @throws {InvalidOptionError} If the selector is invalid.
   */
  async find(name: string, selector: ModelSelector = {}): Promise<ModelVersion> {
    assertName(name);
    const wanted = versionSelectorOf(selector);
    return await this.#access.use(({ metadata }) => requireVersion(metadata.models, name, wanted));
  }

  /**
   * Returns the artifact of one version of a model.
   *
   * @param name Name of the model.
   * @param selector A version number, or a stage for its latest version; by default the stage
   * `production`.
   * @returns The artifact, ready to read.
   * @throws {ModelNotFoundError} If there is no such version.
   * @throws {ArtifactNotFoundError} If another program has removed the version's artifact.
   * @throws {InvalidOptionError} If the selector is invalid.
   *
   * @example Load the model in production
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
   */
  async load(name: string, selector: ModelSelector = {}): Promise<Artifact> {
    assertName(name);
    const wanted = versionSelectorOf(selector);
    return await this.#access.use(async ({ metadata: { models }, artifacts }) => {
      for (let version = await requireVersion(models, name, wanted);;) {
        try {
          return await artifacts.get(version.artifactId);
        } catch (error) {
          if (!(error instanceof ArtifactNotFoundError)) throw error;
          // Removed in the meantime; another version may be selected now.
          const now = await requireVersion(models, name, wanted);
          if (now.artifactId === version.artifactId) throw error;
          version = now;
        }
      }
    });
  }

  /**
   * Moves a version to a stage. Promoting to production also archives the version that was there,
   * in the same transaction.
   *
   * @param name Name of the model.
   * @param version Version number.
   * @param stage Target stage: `"none"`, `"staging"`, `"production"` (the default) or `"archived"`.
   * @returns The updated version.
   * @throws {ModelNotFoundError} If there is no such version.
   * @throws {InvalidOptionError} If the version or the stage is invalid.
   *
   * @example Replace the version in production
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
      promoteVersion(models, name, version, stage)
    );
  }

  /**
   * Sets the description of a model.
   *
   * @param name Name of the model.
   * @param description New description; `null` removes it.
   * @returns The updated model.
   * @throws {ModelNotFoundError} If the model does not exist.
   * @throws {InvalidOptionError} If the description is not text.
   */
  async describe(name: string, description: string | null): Promise<Model> {
    assertName(name);
    assertDescription("description of a model", description);
    return await this.#access.write(async ({ metadata: { models } }) => {
      await models.describe(name, description ?? null);
      return await requireModel(models, name);
    });
  }

  /**
   * Removes a model with all its versions. Their artifacts stay.
   *
   * @param name Name of the model.
   * @returns A promise that resolves once the model is removed.
   * @throws {ModelNotFoundError} If the model does not exist.
   */
  remove(name: string): Promise<void>;
  /**
   * Removes one version of a model. Its artifact and the model stay. The number of the latest
   * version is reused after its removal.
   *
   * @param name Name of the model.
   * @param version Version number.
   * @returns A promise that resolves once the version is removed.
   * @throws {ModelNotFoundError} If there is no such version.
   */
  remove(name: string, version: number): Promise<void>;
  async remove(name: string, ...rest: [version?: number]): Promise<void> {
    assertName(name);
    const [version] = rest;
    // An explicit `undefined`, probably a mistake, must not remove the whole model.
    if (rest.length > 0) assertVersion(version);
    await this.#access.write(async ({ metadata: { models } }) => {
      if (await models.remove(name, version)) return;
      if (version === undefined) await requireModel(models, name);
      else await requireVersion(models, name, { version });
    });
  }
}
