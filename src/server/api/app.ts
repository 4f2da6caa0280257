/** Routes of chachaml's HTTP API, and of further endpoints for the web page. */
import type { Context, Hono } from "npm:hono@~4.13.0";
import type { RunTable } from "../../metadata/run_table.ts";
import { lifecycleOf } from "../../store/internals.ts";
import type { Store } from "../../store/store.ts";
import type { GuardEnv } from "../guard.ts";
import { readJson } from "../json_body.ts";
import type { HandlerOptions } from "../options.ts";
import { ApiError, errorResponse } from "./api_error.ts";
import { CARE_ROUTES } from "./care.ts";
import { COMPARE_ROUTES } from "./compare.ts";
import { CURVE_ROUTES } from "./curves.ts";
import { EDIT_ROUTES } from "./edit.ts";
import { EVENT_ROUTES } from "./events.ts";
import { EXPORT_ROUTES } from "./export.ts";
import { FILE_ROUTES } from "./files.ts";
import { LOG_ROUTES } from "./log.ts";
import { MODEL_ROUTES } from "./models.ts";
import { openApi } from "./openapi.ts";
import { PIPELINE_ROUTES } from "./pipelines.ts";
import { Query } from "./query.ts";
import type { ApiCall, ApiRoute } from "./route.ts";
import { RUN_ROUTES } from "./runs.ts";
import type { Service } from "./service.ts";
import { STORE_ROUTES } from "./store.ts";
import { TABLE_ROUTES } from "./table.ts";
import { UPLOAD_ROUTES } from "./upload.ts";
import { WRITE_MODEL_ROUTES } from "./write_models.ts";
import { WRITE_RUN_ROUTES } from "./write_runs.ts";

/** All endpoints. */
export const ROUTES: readonly ApiRoute[] = [
  ...STORE_ROUTES,
  ...TABLE_ROUTES,
  ...CURVE_ROUTES,
  ...RUN_ROUTES,
  ...FILE_ROUTES,
  ...LOG_ROUTES,
  ...COMPARE_ROUTES,
  ...MODEL_ROUTES,
  ...EVENT_ROUTES,
  ...EXPORT_ROUTES,
  ...CARE_ROUTES,
  ...PIPELINE_ROUTES,
  ...WRITE_RUN_ROUTES,
  ...UPLOAD_ROUTES,
  ...WRITE_MODEL_ROUTES,
  ...EDIT_ROUTES,
];

/**
 * Returns the OpenAPI 3.1 document of the HTTP API, as `/api/openapi.json` serves it.
 *
 * @example
 * ```ts
 * import { openApiDocument } from "@chachaml/store/server";
 *
 * await Deno.writeTextFile("/dev/null", JSON.stringify(openApiDocument()));
 * ```
 *
 * @returns The document, ready for `JSON.stringify`.
 */
export function openApiDocument(): Record<string, unknown> {
  return { ...openApi(ROUTES) };
}

/** Adds the routes of the API. */
export function addApi(
  app: Hono<GuardEnv>,
  store: Store,
  { readOnly = false, signal }: Pick<HandlerOptions, "readOnly" | "signal">,
): void {
  const context = () => lifecycleOf(store).require();
  let opened: Promise<RunTable> | undefined;
  const table = () => opened ??= context().metadata.table();
  const service: Service = { store, context, table, readOnly, ending: signal };
  for (const route of ROUTES) {
    app.on(
      route.method,
      route.path,
      async (c) => answerOf(await route.handle(callOf(c, route, service))),
    );
  }
  app.get("/api/openapi.json", () => answerOf(openApiDocument()));
  for (const path of new Set(ROUTES.map(({ path }) => path))) {
    const methods = ROUTES.filter((route) => route.path === path).map(({ method }) => method);
    app.all(path, (c) => {
      const words = `${path} takes ${methods.join(" and ")}, not ${c.req.method}`;
      const answer = errorResponse(new ApiError(405, words));
      // What GET answers, HEAD does without a body.
      const allowed = methods.flatMap((method) => method === "GET" ? ["GET", "HEAD"] : [method]);
      answer.headers.set("allow", allowed.join(", "));
      return answer;
    });
  }
}

function callOf(c: Context<GuardEnv>, route: ApiRoute, service: Service): ApiCall {
  const { searchParams } = new URL(c.req.url);
  const caller = c.get("caller");
  return {
    ...service,
    request: c.req.raw,
    query: new Query(searchParams, route.query ?? {}),
    param: (name) => paramOf(c.req.param(name) ?? ""),
    json: () => readJson(c.req.raw, !isFromBrowser(c.req.raw)),
    user: caller?.name ?? null,
    role: caller?.role ?? "admin",
  };
}

/**
 * Whether a browser sent a request: browsers declare the origin of calls. Other clients may declare
 * any content type, because chachaml ignores it: curl declares a form.
 */
function isFromBrowser({ headers }: Request): boolean {
  return ["origin", "sec-fetch-site"].some((name) => headers.has(name));
}

/** Returns a part of the path, decoded by the router unless that is impossible. */
function paramOf(text: string): string {
  if (!text.includes("\0") && text.isWellFormed()) return text;
  throw new ApiError(400, "The path is not Unicode text without U+0000");
}

function answerOf(value: unknown): Response {
  if (value instanceof Response) return value;
  return new Response(JSON.stringify(value), {
    headers: { "content-type": "application/json", "x-content-type-options": "nosniff" },
  });
}
