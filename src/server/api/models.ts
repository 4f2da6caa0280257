/** Models and their versions. */
import { ArtifactNotFoundError } from "../../base/errors.ts";
import type { ModelVersion } from "../../metadata/model.ts";
import { type Json, modelJson, versionJson } from "./json.ts";
import type { ApiCall, ApiRoute } from "./route.ts";
import { list, ref } from "./schema.ts";

async function listModels({ store }: ApiCall): Promise<Json[]> {
  return (await store.models.list()).map(modelJson);
}

async function getModel(call: ApiCall): Promise<Json> {
  const { store, context } = call;
  const name = call.param("name");
  const model = await store.models.get(name);
  const versions = await store.models.versions(name);
  const { registry } = await context().metadata.mlflow();
  const aliases = (await registry.get(name))?.aliases ?? [];
  return {
    model: modelJson(model),
    versions: await Promise.all(versions.map(async (version) => ({
      ...versionJson(version),
      ...await artifactName(call, version),
      aliases: aliases.filter((item) => item.version === version.version)
        .map(({ alias }) => alias).sort(),
    }))),
  };
}

/** Returns the name of an artifact, which another program may have removed. */
async function artifactName(
  { store }: ApiCall,
  { artifactId }: ModelVersion,
): Promise<{ artifact?: string }> {
  try {
    return { artifact: (await store.artifacts.get(artifactId)).name };
  } catch (error) {
    if (error instanceof ArtifactNotFoundError) return {};
    throw error;
  }
}

/** Endpoints for models. */
export const MODEL_ROUTES: readonly ApiRoute[] = [
  {
    method: "GET",
    path: "/api/models",
    summary: "Models by name",
    answer: list(ref("Model")),
    handle: listModels,
  },
  {
    method: "GET",
    path: "/api/models/:name",
    summary: "A model with its versions, oldest first",
    answer: ref("ModelDetail"),
    problems: { 404: "No such model" },
    handle: getModel,
  },
];
