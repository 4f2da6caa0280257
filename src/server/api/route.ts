/** Endpoints as data: what answers a request, and what the OpenAPI document says of it. */
import type { Schema } from "./schema.ts";
import type { Parameter, Query } from "./query.ts";
import type { Service } from "./service.ts";

/** One call of an endpoint. */
export interface ApiCall extends Service {
  /** The request. */
  readonly request: Request;
  /** Parameters of the query, checked. */
  readonly query: Query;
  /** A named part of the path, decoded. */
  param(name: string): string;
  /** The body as JSON. */
  json(): Promise<unknown>;
  /** Who calls, if callers have names here. */
  readonly user: string | null;
  /** What the caller may do. */
  readonly role: string;
}

/** What an endpoint takes or answers that is not JSON. */
export interface Content {
  /** MIME type. */
  readonly type: string;
  /** What it is. */
  readonly description: string;
}

/** An endpoint. */
export interface ApiRoute {
  /** HTTP method. */
  readonly method: "GET" | "POST" | "PUT";
  /** Path, with `:names`. */
  readonly path: string;
  /** What it does, in a sentence. */
  readonly summary: string;
  /** Parameters of its query. */
  readonly query?: Readonly<Record<string, Parameter>>;
  /** The JSON that it takes, or other content. */
  readonly body?: Schema | Content;
  /** The JSON that it answers, or other content. */
  readonly answer: Schema | Content;
  /** Statuses of clients' mistakes beyond 400, 401 and 403, each with its reason. */
  readonly problems?: Readonly<Record<number, string>>;
  /** Answers a call: a value is answered as JSON. */
  readonly handle: (call: ApiCall) => unknown;
}

/** Whether a body or an answer is other content than JSON. */
export function isContent(schema: Schema | Content): schema is Content {
  return typeof schema.type === "string" && schema.type.includes("/");
}
