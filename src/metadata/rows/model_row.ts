/** Conversion of model and version rows. */
import type { Model, ModelStage, ModelVersion } from "../model.ts";
import type { ModelVersionDocument } from "../run_document.ts";
import { numberOrNull, type SqlRow, text, textOrNull } from "./value.ts";

/** Converts a row to a model, with its number of versions and the one in production. */
export function modelOf(row: SqlRow): Model {
  return {
    name: text(row.name),
    description: textOrNull(row.description),
    createdAt: new Date(Number(row.created_at)),
    versions: Number(row.versions),
    production: numberOrNull(row.production),
  };
}

/** Converts a row to a version. */
export function versionOf(row: SqlRow): ModelVersion {
  return {
    model: text(row.model_name),
    version: Number(row.version),
    runId: text(row.run_id),
    artifactId: text(row.artifact_id),
    stage: text(row.stage) as ModelStage,
    description: textOrNull(row.description),
    createdAt: new Date(Number(row.created_at)),
  };
}

/** Converts a row to the document of a version and its model. */
export function versionDocumentOf(row: SqlRow): ModelVersionDocument {
  return {
    model: text(row.model_name),
    modelDescription: textOrNull(row.model_description),
    modelCreatedAt: Number(row.model_created_at ?? row.created_at),
    version: Number(row.version),
    artifactId: text(row.artifact_id),
    stage: text(row.stage),
    description: textOrNull(row.description),
    createdAt: Number(row.created_at),
  };
}
