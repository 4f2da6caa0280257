/** Artifacts: listings of the tracking API, and the proxy for bytes. */
import type { Artifact } from "../../artifacts/artifact.ts";
import { ArtifactNotFoundError } from "../../base/errors.ts";
import { readText } from "../json_body.ts";
import { artifactResponse } from "../artifact_response.ts";
import {
  type ArtifactPlace,
  assertPath,
  isModelFile,
  modelPlace,
  MODELS_DIRECTORY,
  placeOfSegments,
} from "./artifact_path.ts";
import { listed } from "./search.ts";
import { missing, MlflowError } from "./mlflow_error.ts";
import { type Call, type Route, route, type Service } from "./route.ts";
import { artifactUri } from "./run_json.ts";
import { requireRun, runIdOf } from "./runs.ts";
import { requireTrace, SPANS } from "./trace_info.ts";

/** An entry of a listing. */
interface Entry {
  readonly path: string;
  readonly is_dir: boolean;
  readonly file_size?: number;
}

/** Lists the entries directly below a place, by name; each `path` starts with `shownAs`. */
async function entriesAt(
  { artifacts, mlflow }: Service,
  { runId, prefix, path }: ArtifactPlace,
  shownAs: string,
): Promise<Entry[]> {
  const directory = `${prefix}${path}`.replace(/\/$/, "");
  const entries = (await artifacts.children(runId, directory)).map(({ name, size }): Entry =>
    size === undefined
      ? { path: `${shownAs}${name}`, is_dir: true }
      : { path: `${shownAs}${name}`, is_dir: false, file_size: size }
  );
  const models = MODELS_DIRECTORY.slice(0, -1);
  if (prefix !== "" || path !== "" && path !== models) return entries;
  // Files of logged models are listed with these, not with the run.
  const own = await mlflow.loggedModels.idsOfRun(runId);
  if (own.length === 0) return entries;
  if (path === models) return entries.filter(({ path }) => !own.includes(path.split("/").at(-1)!));
  const others = (await artifacts.children(runId, models)).some(({ name }) => !own.includes(name));
  return others ? entries : entries.filter(({ path, is_dir }) => path !== models || !is_dir);
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

/** Lists through the proxy: names are relative to the requested directory. */
export async function listThroughProxy(service: Service, path: string): Promise<unknown> {
  const place = await placeOfSegments(service.mlflow, path.split("/").filter((part) => part));
  return { files: await entriesAt(service, place, "") };
}

/** The trace whose spans a path names; `undefined` for any other path. */
async function traceOf(
  service: Service,
  [, kind, id, artifacts, ...rest]: readonly string[],
): Promise<{ id: string; experiment: string } | undefined> {
  if (kind !== "traces" || id === undefined || artifacts !== "artifacts") return undefined;
  if (rest.join("/") !== "traces.json") {
    throw new MlflowError("INVALID_PARAMETER_VALUE", "A trace has the file traces.json alone");
  }
  const { trace_location } = await requireTrace(service, id);
  return { id, experiment: trace_location.mlflow_experiment.experiment_id };
}

/** Stores the body of a request, in place of an artifact of the same name. */
export async function upload(
  service: Service,
  segments: readonly string[],
  request: Request,
): Promise<void> {
  const trace = await traceOf(service, segments);
  if (trace) {
    const data = await readText(request);
    const { id, experiment } = trace;
    const time = service.now();
    return await service.mlflow.documents.put({ kind: SPANS, id, scope: experiment, time, data });
  }
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

/** Returns the bytes of an artifact. */
export async function download(
  service: Service,
  segments: readonly string[],
  request: Request,
): Promise<Response> {
  const trace = await traceOf(service, segments);
  if (trace) return await downloadSpans(service, trace.id);
  const { runId, name } = await fileAt(service, segments);
  const artifact = await artifactOf(service, runId, name, segments.join("/"));
  return artifactResponse(artifact, { request, fileName: name.split("/").at(-1)! });
}

async function downloadSpans({ mlflow }: Service, id: string): Promise<Response> {
  const data = await mlflow.documents.get(SPANS, id);
  if (data === undefined) throw missing(`No such artifact: the spans of trace ${id}`);
  return new Response(data, {
    headers: {
      "content-type": "application/json",
      "content-disposition": 'attachment; filename="traces.json"',
      "x-content-type-options": "nosniff",
    },
  });
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
  const name = `${prefix}${path}`.replace(/\/$/, "");
  const found = await namesBelow(service, runId, name);
  for (const name of found) {
    try {
      await store.artifacts.remove(runId, name);
    } catch (error) {
      // Another request may have removed it.
      if (!(error instanceof ArtifactNotFoundError)) throw error;
    }
  }
}

/** The artifact of a name, or those below the directory of that name. */
async function namesBelow(service: Service, runId: string, name: string): Promise<string[]> {
  if (name !== "" && await service.store.artifacts.has(runId, name)) return [name];
  const entries = await service.artifacts.children(runId, name);
  const below = await Promise.all(entries.map((entry) => {
    const full = name === "" ? entry.name : `${name}/${entry.name}`;
    return entry.size === undefined ? namesBelow(service, runId, full) : [full];
  }));
  return below.flat();
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

/** Endpoints for listings. */
export const ARTIFACT_ROUTES: readonly Route[] = [
  route("GET", "artifacts/list", list),
  route("GET", "logged-models/:model_id/artifacts/directories", listModel),
];
