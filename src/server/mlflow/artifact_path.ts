/** Where the protocol's paths of artifacts lead in the store. */
import { assertArtifactName } from "../../names/names.ts";
import type { MlflowStore } from "../../metadata/mlflow_store.ts";
import { invalid, missing } from "./mlflow_error.ts";

/** Artifacts of one run, or of one logged model, and a path among them. */
export interface ArtifactPlace {
  /** The run that owns the artifacts. */
  readonly runId: string;
  /** What the names of these artifacts begin with: nothing, or a directory with `/` at its end. */
  readonly prefix: string;
  /** The path below that; `""` is all of them. */
  readonly path: string;
}

/** The directory of a run in which the files of its logged models are. */
export const MODELS_DIRECTORY = "models/";

/** Where the files of a logged model are: with the run that made it, or with one of its own. */
export function modelPlace(
  { id, sourceRunId }: { readonly id: string; readonly sourceRunId: string | null },
): Omit<ArtifactPlace, "path"> {
  return sourceRunId === null
    ? { runId: id, prefix: "" }
    : { runId: sourceRunId, prefix: `${MODELS_DIRECTORY}${id}/` };
}

/** Whether a name of a run's artifact belongs to a logged model, which lists it itself. */
export function isModelFile(name: string): boolean {
  return /^models\/m-[0-9a-f]{32}\//.test(name);
}

/**
 * The path of a URL as it was sent. `URL` and browsers leave out dot segments: a server that is asked for
 * `a/./b` by another program must not take it for `a/b`.
 */
export function sentPath(url: string): string {
  const start = url.indexOf("/", url.indexOf("://") + 3);
  if (start < 0) return "/";
  const end = url.slice(start).search(/[?#]/);
  return end < 0 ? url.slice(start) : url.slice(start, start + end);
}

/** The segments of a path of a URL, each decoded once. */
export function decodeSegments(path: string): string[] {
  return path.split("/").map((segment) => {
    try {
      return decodeURIComponent(segment);
    } catch {
      throw invalid(`Invalid path ${JSON.stringify(path)}: it is not valid percent-encoding`);
    }
  });
}

/**
 * The place of `<experiment>/<run>/artifacts/<path>` or `<experiment>/models/<model>/artifacts/<path>`.
 * The experiment is not looked at: a run keeps its address when it moves to another.
 */
export async function placeOfSegments(
  mlflow: MlflowStore,
  segments: readonly string[],
): Promise<ArtifactPlace> {
  const [experiment, second, third, ...rest] = segments;
  if (!/^\d+$/.test(experiment ?? "")) throw noPlace(segments);
  if (second === "models" && third !== undefined && rest[0] === "artifacts") {
    const model = await mlflow.loggedModels.get(third);
    if (!model) throw missing(`Logged model with ID '${third}' not found.`);
    return { ...modelPlace(model), path: assertPath(rest.slice(1)) };
  }
  if (second === undefined || third !== "artifacts") throw noPlace(segments);
  if (!await mlflow.runs.stateOf(second)) throw missing(`Run with id=${second} not found`);
  return { runId: second, prefix: "", path: assertPath(rest) };
}

function noPlace(segments: readonly string[]): Error {
  return invalid(
    `Invalid artifact path ${JSON.stringify(segments.join("/").slice(0, 200))}: artifacts are at ` +
      "<experiment>/<run>/artifacts/<path>",
  );
}

/** A path that names an artifact or a directory of artifacts; `""` for the root. */
export function assertPath(segments: readonly string[]): string {
  const kept = segments.at(-1) === "" ? segments.slice(0, -1) : segments;
  if (kept.length === 0) return "";
  if (kept.some((segment) => segment.includes("/"))) {
    throw invalid('Invalid artifact path: a segment has an encoded "/"');
  }
  const path = kept.join("/");
  assertArtifactName(path);
  assertPlain(path);
  return path;
}

/** Times that a path is decoded to see whether another program could take it to lead elsewhere. */
const MOST_DECODINGS = 4;

/** Refuses a name that a program which decodes it again, or cuts it at `;`, takes for another place. */
function assertPlain(path: string): void {
  let decoded = path;
  for (let times = 0; times < MOST_DECODINGS; times++) {
    const parts = decoded.split(/[/\\]/);
    if (parts.some((part) => /^\.{0,2}$/.test(part.replace(/;.*/s, "")))) {
      throw invalid(
        `Invalid artifact path ${
          JSON.stringify(path.slice(0, 200))
        }: a segment of it can be read ` +
          'as "." or ".."',
      );
    }
    try {
      const next = decodeURIComponent(decoded);
      if (next === decoded) return;
      decoded = next;
    } catch {
      return; // A plain "%".
    }
  }
}
