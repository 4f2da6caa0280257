/** Tools for models. */
import { MODEL_STAGES, type ModelStage } from "../../metadata/model.ts";
import { bad } from "../api/api_error.ts";
import { comparisonJson } from "../api/compare.ts";
import { type Json, modelJson, versionJson } from "../api/json.ts";
import { integer, oneOf, type Schema, text } from "../api/schema.ts";
import type { Tool, ToolCall } from "./tool.ts";

const MODEL: Schema = { ...text, description: "Name of the model" };
const STAGE = oneOf(...MODEL_STAGES);

async function listModels({ store }: ToolCall): Promise<Json> {
  return { models: (await store.models.list()).map(modelJson) };
}

async function getModel({ store, args }: ToolCall): Promise<Json> {
  const name = args.requiredText("model_name");
  const model = await store.models.get(name);
  const versions = await store.models.versions(name);
  return { ...modelJson(model), versions: versions.map(versionJson) };
}

async function getVersion({ store, args }: ToolCall): Promise<Json> {
  const name = args.requiredText("model_name");
  const [version, stage] = [args.integer("version"), args.text("stage")];
  if (version !== undefined && stage !== undefined) {
    throw bad("version and stage exclude each other");
  }
  if (version === undefined && stage === undefined) {
    const latest = (await store.models.versions(name)).at(-1);
    if (!latest) throw bad(`The model ${JSON.stringify(name)} has no version`);
    return versionJson(latest);
  }
  const selector = version === undefined ? { stage: stage as ModelStage } : { version };
  return versionJson(await store.models.find(name, selector));
}

async function diffVersions({ store, args }: ToolCall): Promise<Json> {
  const name = args.requiredText("model_name");
  const runs: string[] = [];
  for (const member of ["v1", "v2"]) {
    const version = args.integer(member);
    if (version === undefined) throw bad(`"${member}" takes the number of a version`);
    runs.push((await store.models.find(name, { version })).runId);
  }
  // Versions of the same run do not differ in any value of a run.
  return { ...comparisonJson(await store.runs.compare([...new Set(runs)])), runs };
}

async function promote({ store, args }: ToolCall): Promise<Json> {
  const stage = (args.text("stage") ?? "production") as ModelStage;
  const version = args.integer("version") ?? NaN;
  return versionJson(await store.models.promote(args.requiredText("model_name"), version, stage));
}

/** Tools for models. */
export const MODEL_TOOLS: readonly Tool[] = [
  { name: "list_models", description: "Registered models.", args: {}, run: listModels },
  {
    name: "get_model",
    description: "A model with its versions, oldest first.",
    args: { model_name: MODEL },
    run: getModel,
  },
  {
    name: "get_model_version",
    description: "One version of a model: by number, the latest of a stage, or the latest of all.",
    args: { "model_name": MODEL, "version?": integer, "stage?": STAGE },
    run: getVersion,
  },
  {
    name: "diff_model_versions",
    description: "Compares the runs of two versions of a model.",
    args: { model_name: MODEL, v1: integer, v2: integer },
    run: diffVersions,
  },
  {
    name: "promote_model_version",
    description:
      "Moves a version to a stage. One that goes into production archives the one there.",
    args: { "model_name": MODEL, "version": integer, "stage?": STAGE },
    writes: true,
    run: promote,
  },
];
