/** Endpoints as data, for the router and the OpenAPI document. */
import type { Schema } from "./schema.ts";
import type { Parameter, Query } from "./query.ts";
import type { Service } from "./service.ts";

/** One call of an endpoint. */
export interface ApiCall extends Service {
  /** The request. */
  readonly request: Request;
  /** Checked query parameters. */
  readonly query: Query;
  /** Returns a named part of the path, decoded. */
  param(name: string): string;
  /** Reads the body as JSON. */
  json(): Promise<unknown>;
  /** Name of the caller, if callers sign in. */
  readonly user: string | null;
  /** Role of the caller. */
  readonly role: string;
}

/** Content other than JSON. */
export interface Content {
  /** MIME type. */
  readonly type: string;
  /** Description of the content. */
  readonly description: string;
}

/** A response beside the usual one. */
export interface OtherAnswer {
  /** When it is sent. */
  readonly description: string;
  /** MIME type; without one it has no body. */
  readonly type?: string;
}

/** An endpoint. */
export interface ApiRoute {
  /** HTTP method. */
  readonly method: "GET" | "POST" | "PUT";
  /** Path, with `:names`. */
  readonly path: string;
  /** One sentence of documentation. */
  readonly summary: string;
  /** Query parameters. */
  readonly query?: Readonly<Record<string, Parameter>>;
  /** Headers that it reads, beside those of every request. */
  readonly headers?: Readonly<Record<string, Parameter>>;
  /** Schema of the JSON body, or other content. */
  readonly body?: Schema | Content;
  /** Schema of the JSON response, or other content. */
  readonly answer: Schema | Content;
  /** Further client error statuses, besides 400, 401 and 403, with their reasons. */
  readonly problems?: Readonly<Record<number, string>>;
  /** Further responses by status, besides errors in JSON. */
  readonly others?: Readonly<Record<number, OtherAnswer>>;
  /** Handles a call; the result becomes the JSON response. */
  readonly handle: (call: ApiCall) => unknown;
}

/** Whether a body or response is content other than JSON. */
export function isContent(schema: Schema | Content): schema is Content {
  return typeof schema.type === "string" && schema.type.includes("/");
}
