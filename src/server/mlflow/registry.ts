/** The model registry. */
import type { RegisteredModel, RegisteredVersion } from "../../metadata/mlflow_store.ts";
import { assertNotReordered } from "../../names/deceptive.ts";
import type { Fields } from "./fields.ts";
import { MODEL_VERSIONS, REGISTERED_MODELS } from "./grammars.ts";
import { assertTag, checkedTags } from "./limits.ts";
import { invalid, missing, MlflowError } from "./mlflow_error.ts";
import { filesOf, isPrompt, representativeArtifact } from "./model_source.ts";
import { modelJson, storedStage, versionJson } from "./registry_json.ts";
import { type Call, type Route, route } from "./route.ts";
import { answerSearch, listed } from "./search.ts";

function assertModelName(name: string): void {
  assertNotReordered("a model name", name);
  if (!/[/:]/.test(name) && name.trim() !== "" && name.length <= 250) return;
  throw invalid(
    `Invalid name '${
      name.slice(0, 100)
    }' for a registered model: it must not be empty, have more ` +
      "than 250 characters, or contain '/' or ':'",
  );
}

async function requireModel({ mlflow }: Call, name: string): Promise<RegisteredModel> {
  const model = await mlflow.registry.get(name);
  if (model) return model;
  throw missing(`Registered Model with name=${name} not found`);
}

function versionNumber(fields: Fields): number {
  const text = fields.text("version");
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw invalid(`Model version must be an integer, got '${text.slice(0, 100)}'`);
}

async function requireVersion(call: Call): Promise<RegisteredVersion> {
  const name = call.fields.text("name");
  const number = versionNumber(call.fields);
  const version = await call.mlflow.registry.version(name, number);
  if (version) return version;
  throw missing(`Model Version (name=${name}, version=${number}) not found`);
}

async function versionNow(call: Call, { name, version }: RegisteredVersion): Promise<unknown> {
  return { model_version: versionJson((await call.mlflow.registry.version(name, version))!) };
}

async function create(call: Call): Promise<unknown> {
  const { fields, mlflow } = call;
  const name = fields.text("name");
  assertModelName(name);
  const tags = checkedTags("registry", fields);
  const added = await mlflow.registry.create(
    name,
    fields.optionalText("description") ?? null,
    tags,
  );
  if (!added) {
    throw new MlflowError(
      "RESOURCE_ALREADY_EXISTS",
      `Registered Model (name=${name}) already exists.`,
    );
  }
  return { registered_model: modelJson(await requireModel(call, name)) };
}

async function rename(call: Call): Promise<unknown> {
  const { fields, mlflow } = call;
  const name = fields.text("name");
  await requireModel(call, name);
  const to = fields.text("new_name");
  assertModelName(to);
  if (!await mlflow.registry.rename(name, to)) {
    throw new MlflowError(
      "RESOURCE_ALREADY_EXISTS",
      `Registered Model (name=${to}) already exists.`,
    );
  }
  return { registered_model: modelJson(await requireModel(call, to)) };
}

function search({ fields, mlflow }: Call): Promise<unknown> {
  return answerSearch(fields, {
    grammar: REGISTERED_MODELS,
    limits: [100, 1000],
    find: (search) => mlflow.registry.search(search),
    field: "registered_models",
    shown: modelJson,
  });
}

async function latestVersions(call: Call): Promise<unknown> {
  const { latest } = await requireModel(call, call.fields.text("name"));
  const stages = call.fields.texts("stages").map(storedStage);
  const wanted = latest.filter(({ stage }) => stages.length === 0 || stages.includes(stage));
  return listed("model_versions", wanted.map(versionJson));
}

async function setTag(call: Call, value: string | null): Promise<unknown> {
  const key = call.fields.text("key");
  assertTag("registry", { key, value: value ?? "" });
  const { name } = await requireModel(call, call.fields.text("name"));
  await call.mlflow.registry.setTag(name, key, value);
  return {};
}

async function setVersionTag(call: Call, value: string | null): Promise<unknown> {
  const key = call.fields.text("key");
  assertTag("registry", { key, value: value ?? "" });
  const { name, version } = await requireVersion(call);
  await call.mlflow.registry.setVersionTag(name, version, key, value);
  return {};
}

async function setAlias(call: Call): Promise<unknown> {
  const alias = call.fields.text("alias");
  if (!/^[\w-]{1,255}$/.test(alias) || alias === "latest" || /^v\d+$/i.test(alias)) {
    throw invalid(
      `Invalid alias name '${
        alias.slice(0, 100)
      }': it takes letters, digits, '_' and '-', and is ` +
        "neither 'latest' nor like 'v1'",
    );
  }
  const { name, version } = await requireVersion(call);
  await call.mlflow.registry.setAlias(name, alias, version);
  return {};
}

async function getAlias(call: Call): Promise<unknown> {
  const alias = call.fields.text("alias");
  const { name, aliases } = await requireModel(call, call.fields.text("name"));
  const found = aliases.find((item) => item.alias === alias);
  if (!found) throw invalid(`Registered model alias ${alias} not found.`);
  return { model_version: versionJson((await call.mlflow.registry.version(name, found.version))!) };
}

async function deleteAlias(call: Call): Promise<unknown> {
  const { name } = await requireModel(call, call.fields.text("name"));
  await call.mlflow.registry.setAlias(name, call.fields.text("alias"), null);
  return {};
}

async function createVersion(call: Call): Promise<unknown> {
  const { fields, mlflow } = call;
  const { name, tags: modelTags } = await requireModel(call, fields.text("name"));
  const source = fields.text("source");
  const tags = checkedTags("registry", fields);
  const files = isPrompt(tags) || isPrompt(modelTags) ? undefined : await filesOf(call, source);
  const version = await mlflow.registry.addVersion(name, {
    source,
    runId: fields.optionalText("run_id") || files?.runId || null,
    artifactId: files ? await representativeArtifact(call, files) : null,
    runLink: fields.optionalText("run_link") ?? null,
    modelId: fields.optionalText("model_id") || /^models:\/(m-\w+)$/.exec(source)?.[1] || null,
    description: fields.optionalText("description") ?? null,
    tags,
  });
  return { model_version: versionJson((await mlflow.registry.version(name, version))!) };
}

async function updateVersion(call: Call): Promise<unknown> {
  const version = await requireVersion(call);
  const description = call.fields.optionalText("description") ?? null;
  await call.mlflow.registry.describeVersion(version.name, version.version, description);
  return await versionNow(call, version);
}

async function transitionStage(call: Call): Promise<unknown> {
  const stage = storedStage(call.fields.text("stage"));
  const version = await requireVersion(call);
  const archiveOthers = call.fields.flag("archive_existing_versions");
  if (archiveOthers && stage !== "staging" && stage !== "production") {
    throw invalid("Existing versions can be archived only when moving to Staging or Production");
  }
  await call.mlflow.registry.setStage(version.name, version.version, stage, archiveOthers);
  return await versionNow(call, version);
}

function searchVersions({ fields, mlflow }: Call): Promise<unknown> {
  return answerSearch(fields, {
    grammar: MODEL_VERSIONS,
    limits: [10_000, 200_000],
    find: (search) => mlflow.registry.searchVersions(search),
    field: "model_versions",
    shown: versionJson,
  });
}

async function downloadUri(call: Call): Promise<unknown> {
  const { source, tags } = await requireVersion(call);
  return { artifact_uri: isPrompt(tags) ? source : (await filesOf(call, source)).uri };
}

const M = "registered-models/";
const V = "model-versions/";

/** Endpoints for the registry. */
export const REGISTRY_ROUTES: readonly Route[] = [
  route("POST", `${M}create`, create),
  route("GET", `${M}get`, async (call) => ({
    registered_model: modelJson(await requireModel(call, call.fields.text("name"))),
  })),
  route("PATCH", `${M}update`, async (call) => {
    const { name } = await requireModel(call, call.fields.text("name"));
    await call.mlflow.registry.describe(name, call.fields.optionalText("description") ?? null);
    return { registered_model: modelJson(await requireModel(call, name)) };
  }),
  route("POST", `${M}rename`, rename),
  route("DELETE", `${M}delete`, async (call) => {
    const { name } = await requireModel(call, call.fields.text("name"));
    await call.mlflow.registry.delete(name);
    return {};
  }),
  route("GET", `${M}search`, search),
  route("POST", `${M}get-latest-versions`, latestVersions),
  route("GET", `${M}get-latest-versions`, latestVersions),
  route("POST", `${M}set-tag`, (call) => setTag(call, call.fields.optionalText("value") ?? "")),
  route("DELETE", `${M}delete-tag`, (call) => setTag(call, null)),
  route("POST", `${M}alias`, setAlias),
  route("GET", `${M}alias`, getAlias),
  route("DELETE", `${M}alias`, deleteAlias),
  route("POST", `${V}create`, createVersion),
  route("GET", `${V}get`, async (call) => ({
    model_version: versionJson(await requireVersion(call)),
  })),
  route("PATCH", `${V}update`, updateVersion),
  route("POST", `${V}transition-stage`, transitionStage),
  route("DELETE", `${V}delete`, async (call) => {
    const { name, version } = await requireVersion(call);
    await call.mlflow.registry.deleteVersion(name, version);
    return {};
  }),
  route("GET", `${V}search`, searchVersions),
  route("GET", `${V}get-download-uri`, downloadUri),
  route(
    "POST",
    `${V}set-tag`,
    (call) => setVersionTag(call, call.fields.optionalText("value") ?? ""),
  ),
  route("DELETE", `${V}delete-tag`, (call) => setVersionTag(call, null)),
];
