/** Calls the HTTP API, and checks every answer against the OpenAPI document. */
import assert from "node:assert/strict";
import { Ajv2020, type ValidateFunction } from "npm:ajv@~8.17.1/dist/2020.js";
import type { Store } from "../../mod.ts";
import { withStore } from "./helpers.ts";
import { requestOf, type Sent } from "./serving.ts";
import { openApiDocument } from "../../src/server/api/app.ts";
import { createHandler, type HandlerOptions } from "../../src/server/mod.ts";

/** A way to call a server. */
export interface Api {
  /** Sends a request. */
  send(path: string, sent?: Sent): Promise<Response>;
  /** The JSON of an answer, which must be good. */
  // deno-lint-ignore no-explicit-any
  get(path: string, sent?: Sent): Promise<any>;
  /** The status and the message of an answer, which must be an error. */
  problem(path: string, sent?: Sent): Promise<{ status: number; error: string; position?: number }>;
  readonly store: Store;
}

const DOCUMENT = openApiDocument() as {
  paths: Record<string, Record<string, { responses: Record<string, { content?: object }> }>>;
};

const ajv = new Ajv2020({ strict: false, allErrors: true });
ajv.addSchema(DOCUMENT, "openapi");
const checks = new Map<string, ValidateFunction>();
/** Paths and methods that were called with a good answer. */
export const called = new Set<string>();

/** Gives a test a store in memory, and a way to call its server. */
export async function withApi(
  work: (api: Api) => Promise<void>,
  options: HandlerOptions = {},
): Promise<void> {
  await withStore((store) => work(apiOf(store, options)));
}

/** A way to call a server of a store. */
export function apiOf(store: Store, options: HandlerOptions = {}): Api {
  const handler = createHandler(store, options);
  const send = async (path: string, sent?: Sent) => {
    const request = requestOf(path, sent);
    const answer = await handler(request);
    await validate(request.method, path.split("?")[0]!, answer);
    return answer;
  };
  return {
    store,
    send,
    get: async (path, sent) => {
      const answer = await send(path, sent);
      const body = await answer.text();
      assert.ok(answer.ok, `${path}: ${answer.status} ${body}`);
      return JSON.parse(body);
    },
    problem: async (path, sent) => {
      const answer = await send(path, sent);
      const body = await answer.json();
      assert.ok(!answer.ok, `${path} must fail`);
      return { status: answer.status, ...body };
    },
  };
}

/** Checks that a status is documented with the type of content, and that a JSON body has its shape. */
async function validate(method: string, path: string, answer: Response): Promise<void> {
  const template = path in DOCUMENT.paths
    ? path
    : Object.keys(DOCUMENT.paths).find((template) =>
      new RegExp(`^${template.replaceAll(/\{\w+\}/g, "[^/]+")}$`).test(path)
    );
  const operation = template && DOCUMENT.paths[template]![method.toLowerCase()];
  if (!operation || answer.status === 405) return;
  const { status } = answer;
  const response = operation.responses[status];
  assert.ok(response, `${method} ${template} answers ${status}, which is not documented`);
  if (answer.ok) called.add(`${method} ${template}`);
  const type = answer.headers.get("content-type")?.split(";")[0];
  const types = Object.keys(response.content ?? {});
  if (types.length === 0) {
    return assert.equal(await answer.clone().text(), "", `${status} has a body`);
  }
  if (!types.includes("*/*")) assert.ok(types.includes(type!), `${method} ${path}: ${type}`);
  if (type !== "application/json" || !types.includes(type)) return;
  const pointer = [
    "paths",
    template!,
    method.toLowerCase(),
    "responses",
    String(status),
    "content",
    "application/json",
    "schema",
  ].map((part) => encodeURIComponent(part.replaceAll("~", "~0").replaceAll("/", "~1"))).join("/");
  const check = checks.get(pointer) ?? ajv.compile({ $ref: `openapi#/${pointer}` });
  checks.set(pointer, check);
  const body = await answer.clone().json();
  assert.ok(
    check(body),
    `${method} ${path}: ${ajv.errorsText(check.errors)}\n${JSON.stringify(body).slice(0, 2000)}`,
  );
}
