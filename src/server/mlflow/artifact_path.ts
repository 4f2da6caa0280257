/** Mapping of the protocol's artifact paths to the store. */
import { assertArtifactName } from "../../names/names.ts";
import type { MlflowStore } from "../../metadata/mlflow_store.ts";
import { invalid, missing } from "./mlflow_error.ts";

/** A path among the artifacts of a run or a logged model. */
export interface ArtifactPlace {
  /** Id of the run that owns the artifacts. */
  readonly runId: string;
  /** Prefix of their names: empty, or a directory with final `/`. */
  readonly prefix: string;
  /** Path below the prefix; `""` for all. */
  readonly path: string;
}

/** Directory of a run that holds the files of its logged models. */
export const MODELS_DIRECTORY = "models/";

/**
 * Returns the place of a logged model's files: in the run that created it, or in a run of its own.
 */
export function modelPlace(
  { id, sourceRunId }: { readonly id: string; readonly sourceRunId: string | null },
): Omit<ArtifactPlace, "path"> {
  return sourceRunId === null
    ? { runId: id, prefix: "" }
    : { runId: sourceRunId, prefix: `${MODELS_DIRECTORY}${id}/` };
}

/** Whether an artifact of a run belongs to a logged model, which lists it itself. */
export function isModelFile(name: string): boolean {
  return /^models\/m-[0-9a-f]{32}\//.test(name);
}

/**
 * Returns the path of a URL as sent. `URL` and browsers remove dot segments, but a request of
 * another program for `a/./b` must not mean `a/b`.
 */
export function sentPath(url: string): string {
  const start = url.indexOf("/", url.indexOf("://") + 3);
  if (start < 0) return "/";
  const end = url.slice(start).search(/[?#]/);
  return end < 0 ? url.slice(start) : url.slice(start, start + end);
}

/** Splits a path of a URL into segments, each decoded once. */
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
 * Parses `<experiment>/<run>/artifacts/<path>` or `<experiment>/models/<model>/artifacts/<path>`.
 * The experiment is ignored: a run keeps its URI when it moves to another.
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

/** Validates a path that names an artifact or a directory; `""` for the root. */
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

/** Number of times a path is decoded to detect ambiguous encodings. */
const MOST_DECODINGS = 4;

/** Rejects a name that leads elsewhere for programs that decode it again, or cut it at `;`. */
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
      return; // A literal "%".
    }
  }
}
