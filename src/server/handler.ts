import { UploadLostError } from "../remote/protocol/uploads.ts";
import { Hono } from "npm:hono@~4.13.0";
import { cors } from "npm:hono@~4.13.0/cors";
import config from "../../deno.json" with { type: "json" };
import { lifecycleOf } from "../store/internals.ts";
import type { Store } from "../store/store.ts";
import { apiErrorOf, errorResponse, isApiPath } from "./api/api_error.ts";
import { addApi } from "./api/app.ts";
import { checkCaller, checkHost, checkOrigin, type GuardEnv, TRACKIO_TOKEN } from "./guard.ts";
import { addMcp } from "./mcp/http.ts";
import { addMlflow } from "./mlflow/app.ts";
import { MlflowError } from "./mlflow/mlflow_error.ts";
import { toProtoJson } from "./mlflow/proto_json.ts";
import type { HandlerOptions } from "./options.ts";
import { addPage } from "./page/page.ts";
import { addSignIn } from "./page/sign_in.ts";
import { problemOf } from "./problem.ts";
import { Sessions } from "./sessions.ts";
import { addTrackio, trackioVersion } from "./trackio/app.ts";
import { addStoreApi } from "./store_api/app.ts";
import { Statistics } from "./statistics.ts";

/** Version of the protocol: clients compare it before they use newer features. */
const MLFLOW_VERSION = "3.17.2";

/** Handles requests to a store. */
export type Handler = (request: Request) => Promise<Response>;

/**
 * Creates a handler that serves a store over HTTP: the web page at `/`, chachaml's API, the MLflow
 * tracking protocol with its artifact proxy, `/health`, `/version` and `/metrics`. It can be
 * mounted in any server, and requires no permissions beyond those of the store.
 *
 * @param store The open store. The handler does not close it.
 * @param options Access control.
 * @returns The handler.
 *
 * @example Serve a store on loopback
 * ```ts
 * import { openStore } from "@chachaml/store";
 * import { createHandler } from "@chachaml/store/server";
 * import assert from "node:assert/strict";
 *
 * await using store = await openStore({ inMemory: true });
 * const handler = createHandler(store);
 * // Deno.serve({ hostname: "127.0.0.1", port: 5000 }, handler);
 * const answer = await handler(new Request("http://localhost/health"));
 * assert.equal(await answer.text(), "OK");
 * ```
 */
export function createHandler(store: Store, options: HandlerOptions = {}): Handler {
  const context = lifecycleOf(store).require();
  const mlflow = context.metadata.mlflow();
  const statistics = new Statistics();
  const app = new Hono<GuardEnv>();
  app.use(async (c, next) => {
    const started = performance.now();
    const time = new Date().toISOString();
    statistics.begin();
    await next();
    const duration = performance.now() - started;
    statistics.end(c.req.method, c.res.status, duration);
    options.onAnswer?.({
      time,
      method: c.req.method,
      path: c.req.path,
      status: c.res.status,
      duration: Math.round(duration * 100) / 100,
      user: c.get("caller")?.name ?? null,
    });
  });
  app.use(checkHost(options));
  if ((options.origins ?? []).length > 0) app.use(cors({ origin: [...options.origins!] }));
  app.use(checkOrigin(options));
  const sessions = new Sessions();
  addPage(app);
  addSignIn(app, sessions, options);
  app.use(checkCaller(options, sessions));
  app.get("/health", (c) => c.text("OK"));
  app.get(
    "/version",
    (c) =>
      c.req.header(TRACKIO_TOKEN) === undefined
        ? c.text(MLFLOW_VERSION)
        : c.json(trackioVersion(config.version)),
  );
  app.get("/metrics", () =>
    new Response(statistics.toText(config.version), {
      headers: { "content-type": "text/plain; version=0.0.4; charset=utf-8" },
    }));
  addStoreApi(app, { store, readOnly: options.readOnly ?? false });
  app.notFound(({ req: { method, path } }) => {
    const error = new MlflowError("ENDPOINT_NOT_FOUND", `There is no ${method} ${path}`);
    return isApiPath(path) ? errorResponse(error) : answerOf(error);
  });
  app.onError((error, c) => {
    const isApi = isApiPath(c.req.path);
    const problem = isApi ? apiErrorOf(error) : problemOf(error);
    // A caller that goes on after a restart asks for what the server does not have any more.
    const isFailure = problem.status >= 500 && problem.status !== 501 &&
      !(error instanceof UploadLostError);
    if (isFailure) options.onFailure?.(error);
    return problem instanceof MlflowError ? answerOf(problem) : errorResponse(problem);
  });
  addApi(app, store, options);
  addMcp(app, store, options);
  const ready = mlflow.then((mlflow) => {
    const { artifacts } = context.metadata;
    const service = { store, artifacts, mlflow, now: context.now };
    addMlflow(app, service);
    addTrackio(app, service);
  });
  return async (request) => {
    await ready;
    return await app.fetch(request);
  };
}

function answerOf({ code, message, status }: MlflowError): Response {
  return new Response(toProtoJson({ error_code: code, message }), {
    status,
    headers: { "content-type": "application/json", "x-content-type-options": "nosniff" },
  });
}
