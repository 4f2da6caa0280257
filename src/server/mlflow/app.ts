/** Routes of the MLflow tracking server. */
import type { Context, Hono } from "npm:hono@~4.13.0";
import type { GuardEnv } from "../guard.ts";
import { readJson } from "../json_body.ts";
import { decodeSegments, sentPath } from "./artifact_path.ts";
import {
  ARTIFACT_ROUTES,
  download,
  downloadOfRun,
  listThroughProxy,
  removeAt,
  upload,
} from "./artifacts.ts";
import { EVALUATION_DATASET_ROUTES } from "./evaluation_datasets.ts";
import { EXPERIMENT_ROUTES } from "./experiments.ts";
import { Fields } from "./fields.ts";
import { INPUT_ROUTES } from "./inputs.ts";
import { LOGGED_MODEL_ROUTES } from "./logged_models.ts";
import { METRIC_ROUTES } from "./metrics.ts";
import { invalid, MlflowError } from "./mlflow_error.ts";
import { toProtoJson } from "./proto_json.ts";
import { PURGE_ROUTES } from "./purge.ts";
import { REGISTRY_ROUTES } from "./registry.ts";
import { SCORER_ROUTES } from "./scorers.ts";
import { TRACE_ROUTES } from "./traces.ts";
import { UNSUPPORTED, unsupported } from "./unsupported.ts";
import type { Route, Service } from "./route.ts";
import { RUN_ROUTES } from "./runs.ts";

/** Prefixes under which every path exists. */
const PREFIXES = [
  "/api/2.0/mlflow/",
  "/ajax-api/2.0/mlflow/",
  "/api/3.0/mlflow/",
  "/ajax-api/3.0/mlflow/",
];

const PROXIES = ["/api/2.0/mlflow-artifacts/", "/ajax-api/2.0/mlflow-artifacts/"];

const ROUTES: readonly Route[] = [
  ...EXPERIMENT_ROUTES,
  ...RUN_ROUTES,
  ...METRIC_ROUTES,
  ...ARTIFACT_ROUTES,
  ...INPUT_ROUTES,
  ...LOGGED_MODEL_ROUTES,
  ...REGISTRY_ROUTES,
  ...PURGE_ROUTES,
  ...TRACE_ROUTES,
  ...EVALUATION_DATASET_ROUTES,
  ...SCORER_ROUTES,
];

/**
 * Response to clients before their first artifact transfer: only plain PUT and GET are supported.
 */
const SERVER_INFO = {
  store_type: "SqlStore",
  workspaces_enabled: false,
  trace_archival_enabled: false,
  multipart_uploads_enabled: false,
  multipart_downloads_enabled: false,
  presigned_upload_run_id_supported: false,
  presigned_upload_model_id_supported: false,
  features_enabled: { gateway: false },
};

/** Adds the routes of the protocol. */
export function addMlflow(app: Hono<GuardEnv>, service: Service): void {
  for (const prefix of PREFIXES) {
    for (const { method, path, handle, isForAdmins = false } of ROUTES) {
      app.on(method, prefix + path, async (c) => {
        if (isForAdmins) assertAdmin(c);
        return json(
          await handle({
            ...service,
            fields: await fieldsOf(c),
            param: (name) => c.req.param(name) ?? "",
            user: c.get("caller")?.name ?? null,
          }),
        );
      });
    }
    app.get(`${prefix}server-info`, () => json(SERVER_INFO));
    for (const { paths, reason } of UNSUPPORTED) {
      for (const path of paths) {
        app.all(prefix + path, () => {
          throw unsupported(reason);
        });
      }
    }
  }
  for (const prefix of PROXIES) addProxy(app, prefix, service);
  // The words by which a client sees that it has to upload spans as a file.
  app.post("/v1/traces", () => {
    throw new MlflowError(
      "NOT_IMPLEMENTED",
      "REST OTLP span logging is not supported; spans are kept as the file traces.json",
    );
  });
  app.get("/get-artifact", (c) => {
    return downloadOfRun(service, new URL(c.req.url).searchParams, c.req.raw);
  });
}

function addProxy(app: Hono<GuardEnv>, prefix: string, service: Service): void {
  const root = `${prefix}artifacts`;
  const segmentsOf = (c: Context) => {
    const path = sentPath(c.req.url);
    if (path.startsWith(`${root}/`)) return decodeSegments(path.slice(root.length + 1));
    throw invalid(`Invalid path: write ${root} without percent-encoding`);
  };
  app.get(root, async (c) => json(await listThroughProxy(service, c.req.query("path") ?? "")));
  app.get(`${root}/*`, (c) => download(service, segmentsOf(c), c.req.raw));
  app.put(`${root}/*`, async (c) => {
    await upload(service, segmentsOf(c), c.req.raw);
    return json({});
  });
  app.delete(`${root}/*`, async (c) => {
    await removeAt(service, segmentsOf(c));
    return json({});
  });
  // The client falls back to a plain PUT or GET.
  for (const path of ["mpu/*", "presigned/*"]) {
    app.all(prefix + path, () => {
      throw new MlflowError(
        "NOT_IMPLEMENTED",
        "Multipart and presigned transfers are not supported; use plain PUT and GET",
      );
    });
  }
}

/** Refuses a caller who is known, and no administrator. */
function assertAdmin(c: Context<GuardEnv>): void {
  const caller = c.get("caller");
  if (caller === undefined || caller.role === "admin") return;
  throw new MlflowError("PERMISSION_DENIED", `Only an admin may do this, not a ${caller.role}`);
}

/** The fields of the body; of a GET, those of the query. */
async function fieldsOf(c: Context): Promise<Fields> {
  if (c.req.method === "GET") return Fields.ofQuery(new URL(c.req.url).searchParams);
  return new Fields(await readJson(c.req.raw));
}

function json(value: unknown): Response {
  return new Response(toProtoJson(value), {
    headers: { "content-type": "application/json", "x-content-type-options": "nosniff" },
  });
}
