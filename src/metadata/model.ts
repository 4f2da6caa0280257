/** Models and their versions. */

/** Stage of a version. A model has at most one version in production. */
export type ModelStage = "none" | "staging" | "production" | "archived";

const STAGES: Record<ModelStage, true> = {
  none: true,
  staging: true,
  production: true,
  archived: true,
};

/** All stages. */
export const MODEL_STAGES = Object.keys(STAGES) as readonly ModelStage[];

/** A model: a name, with versions. */
export interface Model {
  /** Its name. */
  readonly name: string;
  /** Its purpose. */
  readonly description: string | null;
  /** When its first version was registered. */
  readonly createdAt: Date;
  /** How many versions it has. */
  readonly versions: number;
  /** The version in production; `null` if there is none. */
  readonly production: number | null;
}

/** One version of a model: an artifact of a run, at a stage. */
export interface ModelVersion {
  /** Name of the model. */
  readonly model: string;
  /** Its number, from 1. */
  readonly version: number;
  /** The run that made it. */
  readonly runId: string;
  /** The artifact that it is made of. */
  readonly artifactId: string;
  /** How far it has come; a status that another program wrote is passed through. */
  readonly stage: ModelStage;
  /** Its description. */
  readonly description: string | null;
  /** When it was registered. */
  readonly createdAt: Date;
}

/** Options for registering a version. Either `artifact` or `artifactId` must be given. */
export interface RegisterModelOptions {
  /** Name of an artifact of the run. */
  readonly artifact?: string;
  /** Id of an artifact of the run. */
  readonly artifactId?: string;
  /**
   * The stage to begin with. `"production"` archives the version that has been in production.
   *
   * @default {"none"}
   */
  readonly stage?: ModelStage;
  /** Description of this version. */
  readonly description?: string;
  /** Description of the model; used only with its first version. */
  readonly modelDescription?: string;
}

/** Options for registering a version of any run. */
export interface RegisterOptions extends RegisterModelOptions {
  /** The run. */
  readonly runId: string;
}

/** Which version of a model: by its number, or the latest of a stage. Not both. */
export interface ModelSelector {
  /** The version of this number. */
  readonly version?: number;
  /**
   * The latest version of this stage.
   *
   * @default {"production"}
   */
  readonly stage?: ModelStage;
}
