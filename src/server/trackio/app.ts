/**
 * Endpoints used by a trackio client for logging:
 * `trackio.init(server_url="http://…/?write_token=…")`. Responses have the form `{"data": …}`;
 * errors have the form of chachaml's own API.
 */
import type { Context, Hono } from "npm:hono@~4.13.0";
import type { MlflowStore } from "../../metadata/mlflow_store.ts";
import type { Store } from "../../store/store.ts";
import { InvalidOptionError } from "../../base/errors.ts";
import { type GuardEnv, TRACKIO_TOKEN } from "../guard.ts";
import { readJson } from "../json_body.ts";
import { Fields } from "../mlflow/fields.ts";
import { MlflowError } from "../mlflow/mlflow_error.ts";
import { formFiles } from "../multipart.ts";
import { checkBlobs, logArtifact, uploadBlobs, uploadMedia } from "./files.ts";
import { alert, logAll, logSystem } from "./logging.ts";
import type { TrackioHandler } from "./route.ts";
import { runsOfProject, runSummary } from "./runs.ts";
import { Spool } from "./spool.ts";

/** Maximum number of files per upload. */
const MOST_FILES = 100;

const CALLS: readonly (readonly [name: string, handle: TrackioHandler])[] = [
  ["get_runs_for_project", runsOfProject],
  ["get_run_summary", runSummary],
  ["bulk_log", logAll],
  ["bulk_log_system", logSystem],
  ["bulk_alert", alert],
  ["bulk_upload_media", uploadMedia],
  ["check_artifact_blobs", checkBlobs],
  ["bulk_upload_artifact_blob", uploadBlobs],
  ["artifact_log", logArtifact],
];

/** Returns the response to `/version`, which a client requests first. */
export function trackioVersion(version: string): object {
  return { version, api_version: 1, api_transport: "http", mcp_enabled: false, mcp_path: null };
}

/** Adds the endpoints. */
export function addTrackio(
  app: Hono<GuardEnv>,
  service: { readonly store: Store; readonly mlflow: MlflowStore; readonly now: () => number },
): void {
  const spool = new Spool(service.now);
  for (const [name, handle] of CALLS) {
    app.post(`/api/${name}`, async (c) => {
      requireToken(c);
      const body = new Fields(await readJson(c.req.raw));
      const fields = body.message("kwargs");
      const user = c.get("caller")?.name ?? null;
      return answer({ data: await handle({ ...service, spool, fields, user }) });
    });
  }
  app.post("/api/upload", async (c) => {
    requireToken(c);
    const paths: string[] = [];
    try {
      for await (const { field, bytes } of formFiles(c.req.raw)) {
        if (field !== "files" || paths.length >= MOST_FILES) {
          throw new InvalidOptionError(`An upload has 1 to ${MOST_FILES} files, in "files"`);
        }
        paths.push(await spool.add(bytes));
      }
    } catch (error) {
      for (const token of paths) await spool.remove(token);
      throw error;
    }
    return answer({ paths });
  });
}

/** Checks for a header that a page of another site cannot send without a preflight request. */
function requireToken(c: Context<GuardEnv>): void {
  if (c.req.header(TRACKIO_TOKEN) !== undefined) return;
  throw new MlflowError("BAD_REQUEST", `Send the header ${TRACKIO_TOKEN}, as trackio clients do`);
}

function answer(value: unknown): Response {
  return new Response(
    JSON.stringify(value, (_, item) => typeof item === "bigint" ? String(item) : item),
    { headers: { "content-type": "application/json", "x-content-type-options": "nosniff" } },
  );
}
