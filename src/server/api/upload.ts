/** Uploads of artifacts: raw bytes, or a JSON value as chachaml sends it. */
import { IF_EXISTS } from "../../artifacts/if_exists.ts";
import type { JsonValue, PutSource } from "../../artifacts/put_source.ts";
import type { PutOptions } from "../../artifacts/put_options.ts";
import { type ParamValue, toEdn } from "../../edn/mod.ts";
import { apiErrorOf, bad } from "./api_error.ts";
import { Body } from "./body.ts";
import { artifactJson, type Json } from "./json.ts";
import type { ApiCall, ApiRoute } from "./route.ts";
import { ref, text } from "./schema.ts";
import { RUN_PROBLEMS } from "./write_runs.ts";

/** Content types that carry no information, sent by clients by default. */
const NO_TYPES = ["application/octet-stream", "application/x-www-form-urlencoded"];

async function upload(call: ApiCall): Promise<Json> {
  const { query } = call;
  if (query.text("name") === undefined) {
    const header = call.request.headers.get("content-type") ?? "application/json";
    if (!header.startsWith("application/json")) {
      throw bad(
        "The name is missing: send bytes with ?name=NAME, or JSON with name, value and format, " +
          "as application/json",
      );
    }
    return await uploadValue(call);
  }
  const header = call.request.headers.get("content-type")?.trim();
  if (header?.toLowerCase().startsWith("multipart/form-data")) {
    throw bad(
      "A form cannot be stored: send the bytes alone as the body, by curl -T FILE -X POST, or by " +
        "data=, not files=, of Python's requests",
    );
  }
  const contentType = header && !NO_TYPES.includes(header.split(";")[0]!.toLowerCase())
    ? header
    : undefined;
  return await put(call, query.text("name")!, call.request.body ?? new Uint8Array(), contentType);
}

async function put(
  { store, query, request, param }: ApiCall,
  name: string,
  source: PutSource,
  contentType: string | undefined,
): Promise<Json> {
  const ifExists = query.text("if_exists") as PutOptions["ifExists"];
  const hash = query.text("sha256") ?? digestOf(request);
  const artifact = await store.artifacts.put(param("id"), name, source, {
    ...contentType !== undefined && { contentType },
    ...ifExists !== undefined && { ifExists },
    ...hash !== undefined && { hash },
  });
  return artifactJson(artifact);
}

/** Returns the SHA-256 of `Content-Digest: sha-256=:…:` in hex. */
function digestOf({ headers }: Request): string | undefined {
  const header = headers.get("content-digest");
  if (header === null) return undefined;
  const [, base64] = /(?:^|,)\s*sha-256=:([A-Za-z0-9+/=]+):/i.exec(header) ?? [];
  try {
    if (base64 !== undefined) return Uint8Array.fromBase64(base64).toHex();
  } catch {
    // Not Base64.
  }
  throw bad("Content-Digest takes sha-256=:BASE64:, the SHA-256 of the bytes");
}

async function uploadValue(call: ApiCall): Promise<Json> {
  const body = new Body(await jsonOf(call), ["name", "value", "format"]);
  const name = body.requiredText("name");
  const format = body.text("format") ?? "json";
  const value = body.members.value as JsonValue | undefined;
  if (value === undefined) throw bad('The body needs "value", the value to store');
  switch (format) {
    case "json":
      return await put(call, name, JSON.stringify(value), "application/json");
    case "edn":
      return await put(call, name, toEdn(value as ParamValue), "application/edn");
    case "md":
      return await put(call, name, textOf(body), "text/markdown");
    case "bytes":
      return await put(call, name, bytesOf(body), undefined);
    default:
      throw bad(
        `The format ${
          JSON.stringify(format.slice(0, 100))
        } cannot be stored: it takes json, edn, ` +
          "md or bytes (Base64)" +
          (format === "file" ? "; a server never reads a file of its own for a client" : ""),
      );
  }
}

/** Reads the body as JSON. Python's `requests` declares no type for bytes. */
async function jsonOf({ request, json }: ApiCall): Promise<unknown> {
  try {
    return await json();
  } catch (error) {
    const { status, message } = apiErrorOf(error);
    if (status !== 400 || request.headers.has("content-type")) throw error;
    throw bad(`${message}; bytes need ?name=NAME`);
  }
}

function textOf(body: Body): string {
  const value = body.raw("value");
  if (typeof value === "string") return value;
  throw bad("The format md takes a text as value");
}

function bytesOf(body: Body): Uint8Array {
  try {
    return Uint8Array.fromBase64(textOf(body));
  } catch {
    throw bad("The format bytes takes Base64 text as value");
  }
}

/** Endpoint for uploads. */
export const UPLOAD_ROUTES: readonly ApiRoute[] = [{
  method: "POST",
  path: "/api/w/runs/:id/artifacts",
  summary: "Stores an artifact: bytes with ?name=, or a value in JSON",
  query: {
    name: { description: "Name of the artifact: the body is its bytes then", schema: text },
    if_exists: {
      description: "What to do if the run has an artifact of this name (default: error)",
      schema: { enum: IF_EXISTS },
    },
    sha256: {
      description: "The SHA-256 that the bytes must have, in hex; Content-Digest says it too",
      schema: { type: "string", pattern: "^[0-9a-fA-F]{64}$" },
    },
  },
  headers: {
    "Content-Digest": {
      description: "sha-256=:BASE64:, the SHA-256 that the bytes must have, unless sha256 is given",
      schema: text,
    },
  },
  body: { type: "*/*", description: "The bytes, or JSON with name, value and format" },
  answer: ref("Artifact"),
  problems: { ...RUN_PROBLEMS, 409: "The run has an artifact of this name" },
  handle: upload,
}];
