/** Sources of model versions. */
import { assertArtifactName } from "../../names/names.ts";
import { artifactUri } from "./run_json.ts";
import { modelPlace, placeOfSegments } from "./artifact_path.ts";
import { modelUri } from "./logged_models.ts";
import { invalid, missing } from "./mlflow_error.ts";
import type { Service } from "./route.ts";

/** Maximum depth of versions that are copies of versions. */
const MOST_COPIES = 32;

/** Tag of prompts, which are model versions without files. */
const PROMPT_TAG = "mlflow.prompt.is_prompt";

/** Files of a version, in a run of the store. */
interface Files {
  /** Id of the run. */
  readonly runId: string;
  /** Path of the directory or file. */
  readonly path: string;
  /** URI of the files. */
  readonly uri: string;
}

/**
 * Resolves a source to files. Only URIs within this server are accepted: a path or another host
 * would make clients read files of others.
 */
export async function filesOf(service: Service, source: string, depth = 0): Promise<Files> {
  const { mlflow } = service;
  if (/[?#;%\\\s]/.test(source) || source.includes("..") || depth > MOST_COPIES) throw bad(source);
  const logged = /^models:\/(m-[0-9a-f]{32})$/.exec(source);
  if (logged) {
    const model = await mlflow.loggedModels.get(logged[1]!);
    if (!model) throw missing(`Logged model with ID '${logged[1]}' not found.`);
    const { runId, prefix } = modelPlace(model);
    return { runId, path: prefix.replace(/\/$/, ""), uri: modelUri(model) };
  }
  const other = /^models:\/([^/]+)\/(\d+)$/.exec(source);
  if (other) {
    const version = await mlflow.registry.version(other[1]!, Number(other[2]));
    if (!version) throw missing(`Model Version (name=${other[1]}, version=${other[2]}) not found`);
    return await filesOf(service, version.source, depth + 1);
  }
  const ofRun = /^runs:\/([\w-]+)(?:\/(.*))?$/.exec(source);
  if (ofRun) return await runFiles(service, ofRun[1]!, ofRun[2] ?? "");
  const proxied = /^mlflow-artifacts:\/(\d+\/.*)$/.exec(source);
  if (!proxied) throw bad(source);
  const { runId, prefix, path } = await placeOfSegments(
    mlflow,
    proxied[1]!.replace(/\/+$/, "").split("/"),
  );
  return { runId, path: `${prefix}${path}`.replace(/\/$/, ""), uri: source };
}

async function runFiles(service: Service, runId: string, path: string): Promise<Files> {
  const run = await service.mlflow.runs.get(runId);
  if (!run) throw missing(`Run with id=${runId} not found`);
  const clean = path.replace(/^\/+|\/+$/g, "");
  if (clean !== "") assertArtifactName(clean);
  const uri = artifactUri(run) + (clean === "" ? "" : `/${clean}`);
  return { runId, path: clean, uri };
}

function bad(source: string): Error {
  return invalid(
    `Invalid model version source: '${source.slice(0, 200)}'. It takes models:/<id>, ` +
      "runs:/<run>/<path> or mlflow-artifacts:/<path>",
  );
}

/** Whether a version is a prompt, which has no files. */
export function isPrompt(tags: readonly { key: string; value: string }[]): boolean {
  return tags.some(({ key, value }) => key === PROMPT_TAG && value === "true");
}

/** Returns the artifact that represents some files: their `MLmodel`, or the file itself. */
export async function representativeArtifact(
  { store }: Service,
  { runId, path }: Files,
): Promise<string | null> {
  for (const name of [path === "" ? "MLmodel" : `${path}/MLmodel`, path]) {
    if (name !== "" && await store.artifacts.has(runId, name)) {
      return (await store.artifacts.get(runId, name)).id;
    }
  }
  return null;
}
