/** Artifacts: the listings of the tracking API, and the proxy that moves bytes. */
import type { Artifact } from "../../artifacts/artifact.ts";
import { ArtifactNotFoundError } from "../../base/errors.ts";
import { artifactResponse } from "../artifact_response.ts";
import {
  type ArtifactPlace,
  assertPath,
  isModelFile,
  modelPlace,
  placeOfSegments,
} from "./artifact_path.ts";
import { listed } from "./search.ts";
import { missing, MlflowError } from "./mlflow_error.ts";
import { type Call, type Route, route, type Service } from "./route.ts";
import { artifactUri } from "./run_json.ts";
import { requireRun, runIdOf } from "./runs.ts";

/** One entry of a listing. */
interface Entry {
  readonly path: string;
  readonly is_dir: boolean;
  readonly file_size?: number;
}

/** What is directly below a place, by name; `path` of each begins with `shownAs`. */
async function entriesAt(
  { store }: Service,
  { runId, prefix, path }: ArtifactPlace,
  shownAs: string,
): Promise<Entry[]> {
  const under = path === "" ? prefix : `${prefix}${path}/`;
  const entries = new Map<string, Entry>();
  for (const { name, size } of await store.artifacts.list(runId)) {
    if (!name.startsWith(under) || prefix === "" && isModelFile(name)) continue;
    const [first, ...deeper] = name.slice(under.length).split("/");
    const shown = `${shownAs}${first}`;
    entries.set(
      first!,
      deeper.length > 0
        ? { path: shown, is_dir: true }
        : { path: shown, is_dir: false, file_size: size },
    );
  }
  return [...entries.values()].sort((a, b) => a.path < b.path ? -1 : 1);
}

async function list(call: Call): Promise<unknown> {
  const run = await requireRun(call, runIdOf(call));
  const path = assertPath((call.fields.optionalText("path") ?? "").split("/"));
  const files = await entriesAt(
    call,
    { runId: run.id, prefix: "", path },
    path === "" ? "" : `${path}/`,
  );
  return { root_uri: artifactUri(run), ...listed("files", files) };
}

async function listModel(call: Call): Promise<unknown> {
  const model = await call.mlflow.loggedModels.get(call.param("model_id"));
  if (!model) throw missing(`Logged model with ID '${call.param("model_id")}' not found.`);
  const path = assertPath(
    (call.fields.optionalText("artifact_directory_path") ?? "").split("/"),
  );
  const files = await entriesAt(
    call,
    { ...modelPlace(model), path },
    path === "" ? "" : `${path}/`,
  );
  return {
    root_uri: `mlflow-artifacts:/${model.experimentId}/models/${model.id}/artifacts`,
    ...listed("files", files),
  };
}

/** Lists through the proxy: names are relative to the directory that was asked for. */
export async function listThroughProxy(service: Service, path: string): Promise<unknown> {
  const place = await placeOfSegments(service.mlflow, path.split("/").filter((part) => part));
  return { files: await entriesAt(service, place, "") };
}

/** Stores the body of a request, in place of an artifact of the same name. */
export async function upload(
  service: Service,
  segments: readonly string[],
  request: Request,
): Promise<void> {
  const { runId, name } = await fileAt(service, segments);
  if (isModelFile(name) && segments[1] !== "models") {
    throw new MlflowError(
      "INVALID_PARAMETER_VALUE",
      `Cannot store "${name}": files of a logged model go to <experiment>/models/<model>/artifacts`,
    );
  }
  const contentType = request.headers.get("content-type");
  const body = request.body ?? new Uint8Array();
  await service.store.artifacts.put(runId, name, body, {
    ifExists: "replace",
    ...contentType !== null && /^[\w.+-]+\/[\w.+-]+$/.test(contentType) && { contentType },
  });
}

/** Answers the bytes of an artifact. */
export async function download(
  service: Service,
  segments: readonly string[],
  request: Request,
): Promise<Response> {
  const { runId, name } = await fileAt(service, segments);
  const artifact = await artifactOf(service, runId, name, segments.join("/"));
  return artifactResponse(artifact, { request, fileName: name.split("/").at(-1)! });
}

/** Answers the bytes of an artifact of a run, for links. */
export async function downloadOfRun(
  service: Service,
  query: URLSearchParams,
  request: Request,
): Promise<Response> {
  const runId = query.get("run_id") ?? query.get("run_uuid") ?? "";
  const name = assertPath((query.get("path") ?? "").split("/"));
  const artifact = await artifactOf(service, runId, name, name);
  return artifactResponse(artifact, { request, fileName: name.split("/").at(-1)! });
}

/** Removes an artifact, or all artifacts of a directory. */
export async function removeAt(service: Service, segments: readonly string[]): Promise<void> {
  const { store, mlflow } = service;
  const { runId, prefix, path } = await placeOfSegments(mlflow, segments);
  const name = `${prefix}${path}`;
  const found = (await store.artifacts.list(runId)).filter((artifact) =>
    artifact.name === name || artifact.name.startsWith(path === "" ? prefix : `${name}/`)
  );
  for (const { id } of found) await store.artifacts.remove(id);
}

async function fileAt(
  service: Service,
  segments: readonly string[],
): Promise<{ runId: string; name: string }> {
  const { runId, prefix, path } = await placeOfSegments(service.mlflow, segments);
  if (path === "") {
    throw new MlflowError("INVALID_PARAMETER_VALUE", "Invalid artifact path: it names no file");
  }
  return { runId, name: `${prefix}${path}` };
}

async function artifactOf(
  { store }: Service,
  runId: string,
  name: string,
  shown: string,
): Promise<Artifact> {
  try {
    return await store.artifacts.get(runId, name);
  } catch (error) {
    if (!(error instanceof ArtifactNotFoundError)) throw error;
    throw missing(`No such artifact: '${shown}'`);
  }
}

/** The listings of the tracking API. */
export const ARTIFACT_ROUTES: readonly Route[] = [
  route("GET", "artifacts/list", list),
  route("GET", "logged-models/:model_id/artifacts/directories", listModel),
];
