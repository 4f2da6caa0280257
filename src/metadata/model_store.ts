import type { Model, ModelStage, ModelVersion } from "./model.ts";

/** Selects a version by number, or the latest of a stage. */
export type VersionSelector = { readonly version: number } | { readonly stage: ModelStage };

/** State of a model that the next change of its versions depends on. */
export interface ModelState {
  /** Highest version number; 0 if there is none. */
  readonly latest: number;
  /**
   * Numbers of the versions in production, ascending. Only another program can create more than
   * one.
   */
  readonly production: readonly number[];
}

/** A version to add. */
export interface NewModelVersion {
  /** Name of the model, which is created if it is new. */
  readonly model: string;
  /** Description of a new model. */
  readonly modelDescription: string | null;
  /** Version number. */
  readonly version: number;
  /** Id of the run. */
  readonly runId: string;
  /** Artifact of the run, by name or id. */
  readonly artifact: { readonly name: string } | { readonly id: string };
  /** Initial stage. */
  readonly stage: ModelStage;
  /** Description of the version. */
  readonly description: string | null;
}

/**
 * Models and their versions. Each operation is one transaction. Callers decide about the next
 * number and the version in production, based on {@linkcode ModelStore.stateOf}.
 */
export interface ModelStore {
  /** Returns the state of a model, whether it exists or not. */
  stateOf(name: string): Promise<ModelState>;
  /**
   * Adds a version and moves others to other stages, if the state of the model is still `before`.
   *
   * @returns The version; `undefined`, without any change, if the state is different.
   * @throws {RunNotFoundError} If the run does not exist.
   * @throws {ArtifactNotFoundError} If the run has no such artifact.
   */
  addVersion(
    version: NewModelVersion,
    others: ReadonlyMap<number, ModelStage>,
    before: ModelState,
  ): Promise<ModelVersion | undefined>;
  /**
   * Moves versions to stages, if the state of the model is still `before` and all of them exist.
   *
   * @returns Whether they were moved; otherwise nothing was changed.
   */
  setStages(
    name: string,
    stages: ReadonlyMap<number, ModelStage>,
    before: ModelState,
  ): Promise<boolean>;
  /** Lists the models, by name. */
  list(): Promise<Model[]>;
  /** Returns a model; `undefined` if it does not exist. */
  get(name: string): Promise<Model | undefined>;
  /** Lists the versions of a model, oldest first; empty if it does not exist. */
  versions(name: string): Promise<ModelVersion[]>;
  /** Returns one version; `undefined` if it does not exist. */
  find(name: string, wanted: VersionSelector): Promise<ModelVersion | undefined>;
  /** Sets the description of a model; `false` if it does not exist. */
  describe(name: string, description: string | null): Promise<boolean>;
  /** Lists the versions whose artifact no longer exists, by model and version. */
  dangling(): Promise<ModelVersion[]>;
  /** Removes a version, or a model with all its versions; `false` if it does not exist. */
  remove(name: string, version: number | undefined): Promise<boolean>;
}
