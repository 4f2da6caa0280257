/** Models and their versions. */

/** Stage of a version. A model has at most one version in production. */
export type ModelStage = "none" | "staging" | "production" | "archived";

const STAGES: Record<ModelStage, true> = {
  none: true,
  staging: true,
  production: true,
  archived: true,
};

/** All stages of a version. */
export const MODEL_STAGES = Object.keys(STAGES) as readonly ModelStage[];

/** A registered model. */
export interface Model {
  /** Name of the model. */
  readonly name: string;
  /** Purpose of the model. */
  readonly description: string | null;
  /** Time at which its first version was registered. */
  readonly createdAt: Date;
  /** Number of versions. */
  readonly versions: number;
  /** Number of the version in production; `null` if there is none. */
  readonly production: number | null;
}

/** A version of a model: an artifact of a run, at a stage. */
export interface ModelVersion {
  /** Name of the model. */
  readonly model: string;
  /** Version number, from 1. */
  readonly version: number;
  /** Id of the run that created the artifact. */
  readonly runId: string;
  /** Id of the artifact. */
  readonly artifactId: string;
  /** Stage; unknown stages written by other programs are passed through. */
  readonly stage: ModelStage;
  /** Description of the version. */
  readonly description: string | null;
  /** Time at which it was registered. */
  readonly createdAt: Date;
}

/**
 * Options for registering a version of a run. Exactly one of `artifact` and `artifactId` is
 * required.
 */
export interface RegisterModelOptions {
  /** Name of an artifact of the run. */
  readonly artifact?: string;
  /** Id of an artifact of the run. */
  readonly artifactId?: string;
  /**
   * Initial stage. `"production"` archives the version currently in production.
   *
   * @default {"none"}
   */
  readonly stage?: ModelStage;
  /** Description of this version. */
  readonly description?: string;
  /** Description of the model, used only for its first version. */
  readonly modelDescription?: string;
}

/** Options for registering a version of any run. */
export interface RegisterOptions extends RegisterModelOptions {
  /** Id of the run. */
  readonly runId: string;
}

/** Selects a version of a model: by number, or the latest of a stage, but not both. */
export interface ModelSelector {
  /** Version number. */
  readonly version?: number;
  /**
   * Stage, of which the latest version is selected.
   *
   * @default {"production"}
   */
  readonly stage?: ModelStage;
}
