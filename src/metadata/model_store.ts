import type { Model, ModelStage, ModelVersion } from "./model.ts";

/** A version by its number, or the latest of a stage. */
export type VersionWanted = { readonly version: number } | { readonly stage: ModelStage };

/** What the next change of a model's versions depends on. */
export interface ModelState {
  /** The highest number of a version; 0 if there is none. */
  readonly latest: number;
  /** Numbers of the versions in production, ascending: one, unless another program made it more. */
  readonly production: readonly number[];
}

/** A version about to be added. */
export interface NewModelVersion {
  /** Name of the model, which is made if it is new. */
  readonly model: string;
  /** What a new model is. */
  readonly modelDescription: string | null;
  /** The number. */
  readonly version: number;
  /** The run. */
  readonly runId: string;
  /** The artifact of the run, by its name or id. */
  readonly artifact: { readonly name: string } | { readonly id: string };
  /** Its stage. */
  readonly stage: ModelStage;
  /** What it is. */
  readonly description: string | null;
}

/**
 * Models and their versions. Each call is one transaction, and all or nothing. Which number comes next
 * and what is in production is decided above, by {@linkcode ModelStore.stateOf}.
 */
export interface ModelStore {
  /** What the next change of a model's versions depends on, whether the model is there or not. */
  stateOf(name: string): Promise<ModelState>;
  /**
   * Adds a version, and moves others to other stages, if the state of the model is still `before`.
   *
   * @returns The version; `undefined`, with nothing done, if the state is another one.
   * @throws {RunNotFoundError} If the run is not there.
   * @throws {ArtifactNotFoundError} If the artifact is not one of the run.
   */
  addVersion(
    version: NewModelVersion,
    others: ReadonlyMap<number, ModelStage>,
    before: ModelState,
  ): Promise<ModelVersion | undefined>;
  /**
   * Moves versions to stages, if the state of the model is still `before` and all of them are there.
   *
   * @returns Whether that is so; otherwise nothing was done.
   */
  setStages(
    name: string,
    stages: ReadonlyMap<number, ModelStage>,
    before: ModelState,
  ): Promise<boolean>;
  /** The models, by name. */
  list(): Promise<Model[]>;
  /** A model; `undefined` if it is not there. */
  get(name: string): Promise<Model | undefined>;
  /** The versions of a model, oldest first; none if it is not there. */
  versions(name: string): Promise<ModelVersion[]>;
  /** One version; `undefined` if it is not there. */
  find(name: string, wanted: VersionWanted): Promise<ModelVersion | undefined>;
  /** Sets the description of a model; `false` if it is not there. */
  describe(name: string, description: string | null): Promise<boolean>;
  /** The versions whose artifact is not there any more, by model and version. */
  dangling(): Promise<ModelVersion[]>;
  /** Removes a version, or a model with all its versions; `false` if it is not there. */
  remove(name: string, version: number | undefined): Promise<boolean>;
}
