/** Rows of models and their versions. */
import type { Model, ModelStage, ModelVersion } from "../model.ts";
import type { ModelVersionDocument } from "../run_document.ts";
import { numberOrNull, type SqlRow, text, textOrNull } from "./value.ts";

/** A model from its row, with the number of its versions and the one in production. */
export function modelOf(row: SqlRow): Model {
  return {
    name: text(row.name),
    description: textOrNull(row.description),
    createdAt: new Date(Number(row.created_at)),
    versions: Number(row.versions),
    production: numberOrNull(row.production),
  };
}

/** A version from its row. */
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

/** A version as it travels, from its row, that of its model among it. */
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
