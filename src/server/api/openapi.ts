/** OpenAPI document of the API, generated from its routes. */
import config from "../../../deno.json" with { type: "json" };
import type { Parameter } from "./query.ts";
import { type ApiRoute, type Content, isContent } from "./route.ts";
import { ref, type Schema, text } from "./schema.ts";
import { SHAPES } from "./shapes.ts";

/** Statuses that any call may return. */
const ALWAYS: Readonly<Record<number, string>> = {
  400: "The request cannot be answered as it is; the message says why",
  401: "Callers sign in here",
  403: "The caller may not do this",
};

const BINARY: Schema = { type: "string", format: "binary" };

/** Returns the document as an object. */
export function openApi(routes: readonly ApiRoute[]): Schema {
  const paths: Record<string, Record<string, Schema>> = {};
  for (const route of routes) {
    const path = route.path.replaceAll(/:(\w+)/g, "{$1}");
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operation(route) };
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "chachaml",
      version: config.version,
      description: "Runs of machine-learning work and the files they produce. Keys are those of " +
        "chachaml; times are epoch milliseconds; numbers that JSON has no form for are text.",
      license: { name: config.license, identifier: config.license },
    },
    servers: [{ url: "/" }],
    security: [{}, { token: [] }, { password: [] }],
    paths,
    components: {
      schemas: SHAPES,
      securitySchemes: {
        token: { type: "http", scheme: "bearer" },
        password: { type: "http", scheme: "basic" },
      },
    },
  };
}

function operation(
  { method, path, summary, query = {}, headers = {}, body, answer, others = {}, problems }:
    ApiRoute,
): Schema {
  const parameters = [
    ...[...path.matchAll(/:(\w+)/g)].map(([, name]) => ({
      name,
      in: "path",
      required: true,
      schema: { ...text, minLength: 1 },
    })),
    ...Object.entries(query).map(([name, parameter]) => parameterIn("query", name, parameter)),
    ...Object.entries(headers).map(([name, parameter]) => parameterIn("header", name, parameter)),
  ];
  return {
    operationId: `${method.toLowerCase()}${
      path.replaceAll(/[/:.-]+(\w)/g, (_, letter) => letter.toUpperCase())
    }`,
    summary,
    ...parameters.length > 0 && { parameters },
    ...body && {
      requestBody: { required: isRequired(body), content: contentOf(body) },
    },
    responses: {
      200: {
        description: isContent(answer) ? answer.description : summary,
        content: contentOf(answer),
      },
      ...Object.fromEntries(
        Object.entries(others).map(([status, { description, type }]) => [
          status,
          { description, ...type !== undefined && { content: contentOf({ type, description }) } },
        ]),
      ),
      ...Object.fromEntries(
        Object.entries({ ...ALWAYS, ...problems }).map(([status, description]) => [
          status,
          { description, content: contentOf(ref("Error")) },
        ]),
      ),
    },
  };
}

/** Whether a call without a body misses something. */
function isRequired(body: Schema | Content): boolean {
  return !isContent(body) && Array.isArray(body.required) && body.required.length > 0;
}

function parameterIn(
  place: "query" | "header",
  name: string,
  { description, schema, required = false, repeats = false }: Parameter,
): Schema {
  return {
    name,
    in: place,
    description,
    schema,
    ...required && { required },
    ...repeats && { style: "form", explode: false },
  };
}

function contentOf(schema: Schema | Content): Schema {
  return isContent(schema)
    ? { [schema.type]: schema.type === "*/*" ? {} : { schema: BINARY } }
    : { "application/json": { schema } };
}
