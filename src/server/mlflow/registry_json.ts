/** JSON of the registry. */
import type { RegisteredModel, RegisteredVersion } from "../../metadata/mlflow_store.ts";
import { listed } from "./search.ts";
import { invalid } from "./mlflow_error.ts";

/** Stages of the store by those of the protocol. */
const STAGES: Readonly<Record<string, string>> = {
  None: "none",
  Staging: "staging",
  Production: "production",
  Archived: "archived",
};

/** Converts a stage, in any case, to the store's. */
export function storedStage(stage: string): string {
  const name = Object.keys(STAGES).find((known) => known.toLowerCase() === stage.toLowerCase());
  if (name !== undefined) return STAGES[name]!;
  throw invalid(
    `Invalid Model Version stage: ${stage}. Value must be one of ${
      Object.keys(STAGES).join(", ")
    }.`,
  );
}

function shownStage(stage: string): string {
  return Object.keys(STAGES).find((name) => STAGES[name] === stage) ?? "None";
}

/** Converts a version to JSON. */
export function versionJson(version: RegisteredVersion): object {
  const { modelId, tags, aliases } = version;
  return {
    name: version.name,
    version: String(version.version),
    creation_timestamp: version.createdAt,
    last_updated_timestamp: version.updatedAt,
    current_stage: shownStage(version.stage),
    description: version.description ?? "",
    source: version.source,
    run_id: version.runId ?? "",
    status: "READY",
    ...listed("tags", tags),
    run_link: version.runLink ?? "",
    ...listed("aliases", aliases),
    ...modelId !== null && { model_id: modelId },
  };
}

/** Converts a model to JSON. */
export function modelJson(model: RegisteredModel): object {
  const { name, createdAt, updatedAt, description, latest, tags, aliases } = model;
  return {
    name,
    creation_timestamp: createdAt,
    last_updated_timestamp: updatedAt,
    ...description !== null && { description },
    ...listed("latest_versions", latest.map(versionJson)),
    ...listed("tags", tags),
    ...listed(
      "aliases",
      aliases.map(({ alias, version }) => ({ alias, version: String(version) })),
    ),
  };
}
