/** What is known of models and their versions. */

/** How far a version has come. A model has one version in production at most. */
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
  /** What it is for. */
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
  /** How far it has come; what another program wrote is given as it is. */
  readonly stage: ModelStage;
  /** What is particular to it. */
  readonly description: string | null;
  /** When it was registered. */
  readonly createdAt: Date;
}

/** What a version is made of: either `artifact` or `artifactId` must be given. */
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
  /** What is particular to this version. */
  readonly description?: string;
  /** What the model is for; taken up only with its first version. */
  readonly modelDescription?: string;
}

/** What a version is made of, and the run that made it. */
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
