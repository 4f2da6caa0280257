import type { Model, ModelStage, ModelVersion, RegisterOptions } from "./model.ts";

/** A version by its number, or the latest of a stage. */
export type VersionWanted = { readonly version: number } | { readonly stage: ModelStage };

/** Models and their versions. Each call is one transaction, and all or nothing. */
export interface ModelStore {
  /**
   * Adds the next version of a model, and the model if it is new.
   *
   * @throws {RunNotFoundError} If the run is not there.
   * @throws {ArtifactNotFoundError} If the artifact is not one of the run.
   */
  register(name: string, options: RegisterOptions): Promise<ModelVersion>;
  /** The models, by name. */
  list(): Promise<Model[]>;
  /** A model. */
  get(name: string): Promise<Model>;
  /** The versions of a model, oldest first. */
  versions(name: string): Promise<ModelVersion[]>;
  /** One version. */
  find(name: string, wanted: VersionWanted): Promise<ModelVersion>;
  /** Sets the stage of a version; `"production"` archives the others in production. */
  promote(name: string, version: number, stage: ModelStage): Promise<ModelVersion>;
  /** Sets the description of a model. */
  describe(name: string, description: string | null): Promise<Model>;
  /** The versions whose artifact is not there any more, by model and version. */
  dangling(): Promise<ModelVersion[]>;
  /** Removes a version, or a model with all its versions. */
  remove(name: string, version: number | undefined): Promise<void>;
}
