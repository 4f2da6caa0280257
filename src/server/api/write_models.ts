/** Registering, promoting and describing of models. */
import type { ModelStage } from "../../metadata/model.ts";
import { Body } from "./body.ts";
import { type Json, modelJson, versionJson } from "./json.ts";
import type { ApiCall, ApiRoute } from "./route.ts";
import { input, integer, name, nullable, ref, type Schema, text } from "./schema.ts";

async function register({ store, json }: ApiCall): Promise<Json> {
  const names = ["model_name", "name", "run_id", "artifact", "stage", "description"];
  const body = new Body(await json(), names);
  const name = body.has("name") ? body.requiredText("name") : body.requiredText("model_name");
  const stage = body.text("stage");
  const description = body.text("description");
  const version = await store.models.register(name, {
    runId: body.requiredText("run_id"),
    artifact: body.requiredText("artifact"),
    ...stage !== undefined && { stage: stage as ModelStage },
    ...description !== undefined && { description },
  });
  return versionJson(version);
}

async function promote({ store, json, param }: ApiCall): Promise<Json> {
  const body = new Body(await json(), ["version", "stage"]);
  const stage = (body.text("stage") ?? "production") as ModelStage;
  const version = body.integer("version") ?? NaN;
  return versionJson(await store.models.promote(param("name"), version, stage));
}

async function describe({ store, json, param }: ApiCall): Promise<Json> {
  const body = new Body(await json(), ["description"]);
  return modelJson(await store.models.describe(param("name"), body.textOrNull("description")));
}

async function note({ store, json, param }: ApiCall): Promise<Json> {
  const body = new Body(await json(), ["note"]);
  await store.models.describe(param("name"), body.textOrNull("note"));
  return { ok: true };
}

const VERSION: Schema = { ...integer, minimum: 1 };

const NO_MODEL = { 404: "No such model or version" };

/** Endpoints that change models. */
export const WRITE_MODEL_ROUTES: readonly ApiRoute[] = [
  {
    method: "POST",
    path: "/api/w/models",
    summary: "Registers an artifact of a run as the next version of a model",
    body: input({
      "model_name?": name,
      "name?": { ...name, description: "The same as model_name" },
      "run_id": name,
      "artifact": name,
      "stage?": ref("Stage"),
      "description?": text,
    }),
    answer: ref("ModelVersion"),
    problems: { 404: "The run or its artifact is not in the store" },
    handle: register,
  },
  {
    method: "POST",
    path: "/api/models/:name/promote",
    summary: "Moves a version to a stage; one that goes into production archives the one there",
    body: input({ "version": VERSION, "stage?": ref("Stage") }),
    answer: ref("ModelVersion"),
    problems: NO_MODEL,
    handle: promote,
  },
  {
    method: "POST",
    path: "/api/models/:name/describe",
    summary: "Sets the description of a model; null removes it",
    body: input({ description: nullable(text) }),
    answer: ref("Model"),
    problems: NO_MODEL,
    handle: describe,
  },
  {
    method: "POST",
    path: "/api/model-note/:name",
    summary: "Sets the description of a model, as chachaml has it",
    body: input({ note: nullable(text) }),
    answer: ref("Done"),
    problems: NO_MODEL,
    handle: note,
  },
];
