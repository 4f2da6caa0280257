/** chachaml's HTTP API, and what the page needs beyond it, as routes. */
import type { Context, Hono } from "npm:hono@~4.13.0";
import { lifecycleOf } from "../../store/internals.ts";
import type { Store } from "../../store/store.ts";
import type { Noted } from "../guard.ts";
import { readJson } from "../json_body.ts";
import { ApiError } from "./api_error.ts";
import { COMPARE_ROUTES } from "./compare.ts";
import { CURVE_ROUTES } from "./curves.ts";
import { FILE_ROUTES } from "./files.ts";
import { MODEL_ROUTES } from "./models.ts";
import { openApi } from "./openapi.ts";
import { Query } from "./query.ts";
import type { ApiCall, ApiRoute } from "./route.ts";
import { RUN_ROUTES } from "./runs.ts";
import type { Schema } from "./schema.ts";
import type { Service } from "./service.ts";
import { STORE_ROUTES } from "./store.ts";
import { TABLE_ROUTES } from "./table.ts";

/** All endpoints. */
export const ROUTES: readonly ApiRoute[] = [
  ...STORE_ROUTES,
  ...TABLE_ROUTES,
  ...CURVE_ROUTES,
  ...RUN_ROUTES,
  ...FILE_ROUTES,
  ...COMPARE_ROUTES,
  ...MODEL_ROUTES,
];

/** The OpenAPI document of the API. */
export function document(): Schema {
  return openApi(ROUTES);
}

/** Whether a path is one of this API: MLflow's protocol has others below `/api/`. */
export function isApiPath(path: string): boolean {
  return /^\/api\/(?!\d)/.test(path);
}

/** Adds the routes of the API. */
export async function addApi(
  app: Hono<Noted>,
  { store, readOnly }: { readonly store: Store; readonly readOnly: boolean },
): Promise<void> {
  const context = () => lifecycleOf(store).require();
  const service: Service = { store, context, table: await context().metadata.table(), readOnly };
  for (const route of ROUTES) {
    app.on(
      route.method,
      route.path,
      async (c) => answerOf(await route.handle(callOf(c, route, service))),
    );
  }
  app.get("/api/openapi.json", () => answerOf(document()));
  for (const path of new Set(ROUTES.map(({ path }) => path))) {
    const methods = ROUTES.filter((route) => route.path === path).map(({ method }) => method);
    app.all(path, (c) => {
      c.header("allow", methods.join(", "));
      throw new ApiError(405, `${path} takes ${methods.join(" and ")}, not ${c.req.method}`);
    });
  }
}

function callOf(c: Context<Noted>, route: ApiRoute, service: Service): ApiCall {
  const { searchParams } = new URL(c.req.url);
  const caller = c.get("caller");
  return {
    ...service,
    request: c.req.raw,
    query: new Query(searchParams, route.query ?? {}),
    param: (name) => paramOf(c.req.param(name) ?? ""),
    json: () => readJson(c.req.raw),
    user: caller?.name ?? null,
    role: caller?.role ?? "admin",
  };
}

/** A part of the path. It has been decoded, unless it cannot be. */
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
