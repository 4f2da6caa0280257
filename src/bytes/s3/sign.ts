/**
 * AWS Signature Version 4, with `fetch` as transport. AWS's SDK is not used: it takes 28 MB on
 * disk, doubles the memory of this package, uses Node's HTTP layer, and cannot stream a body of
 * known length in Deno. Only its credential chain is used.
 */
import { builtin } from "../../base/builtin.ts";
import type { Credentials } from "./credentials.ts";

/** SHA-256 of empty content. */
export const EMPTY_HASH = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/** Scope of a signature. */
export interface SigningScope {
  /** Credentials. */
  readonly credentials: Credentials;
  /** Region of the server. */
  readonly region: string;
  /** Time of the server. */
  readonly at: Date;
}

/** A request to sign. */
export interface SignableRequest {
  /** HTTP method. */
  readonly method: string;
  /** URL with path and query encoded by {@linkcode encodeKey} and {@linkcode encodeQuery}. */
  readonly url: URL;
  /** Headers to sign, lower-case. */
  readonly headers: Readonly<Record<string, string>>;
  /** SHA-256 of the body, lower-case hex. */
  readonly bodyHash: string;
}

/** Returns the headers of a request, including its signature. */
export function signHeaders(request: SignableRequest, scope: SigningScope): Record<string, string> {
  const { credentials, at } = scope;
  const headers: Record<string, string> = {
    ...request.headers,
    "x-amz-date": stamp(at),
    "x-amz-content-sha256": request.bodyHash,
    ...(credentials.sessionToken !== undefined &&
      { "x-amz-security-token": credentials.sessionToken }),
  };
  const all = { ...headers, host: request.url.host };
  const { names, signature } = sign({ ...request, headers: all }, scope);
  headers.authorization = `${ALGORITHM} Credential=${credentials.accessKeyId}/${
    scopeOf(scope)
  },SignedHeaders=${names},Signature=${signature}`;
  return headers;
}

/** Returns a URL that anyone can use for `seconds`, without credentials. */
export function presign(
  url: URL,
  query: Readonly<Record<string, string>>,
  seconds: number,
  scope: SigningScope,
): URL {
  const { credentials, at } = scope;
  const signed = new URL(url);
  signed.search = encodeQuery({
    ...query,
    "X-Amz-Algorithm": ALGORITHM,
    "X-Amz-Credential": `${credentials.accessKeyId}/${scopeOf(scope)}`,
    "X-Amz-Date": stamp(at),
    "X-Amz-Expires": String(seconds),
    "X-Amz-SignedHeaders": "host",
    ...(credentials.sessionToken !== undefined &&
      { "X-Amz-Security-Token": credentials.sessionToken }),
  });
  const headers = { host: url.host };
  const request = { method: "GET", url: signed, headers, bodyHash: "UNSIGNED-PAYLOAD" };
  const { signature } = sign(request, scope);
  signed.search += `&X-Amz-Signature=${signature}`;
  return signed;
}

const ALGORITHM = "AWS4-HMAC-SHA256";

function sign(
  { method, url, headers, bodyHash }: SignableRequest,
  scope: SigningScope,
): { names: string; signature: string } {
  const names = Object.keys(headers).sort();
  const canonical = [
    method,
    url.pathname,
    url.search.slice(1),
    ...names.map((name) => `${name}:${headers[name]!.trim().replace(/ +/g, " ")}`),
    "",
    names.join(";"),
    bodyHash,
  ].join("\n");
  const { createHash } = builtin("node:crypto");
  const hash = createHash("sha256").update(canonical).digest("hex");
  const text = [ALGORITHM, stamp(scope.at), scopeOf(scope), hash].join("\n");
  const signature = hmac(keyOf(scope), text).toString("hex");
  return { names: names.join(";"), signature };
}

function keyOf({ credentials: { secretAccessKey }, region, at }: SigningScope): Uint8Array {
  const steps = [stamp(at).slice(0, 8), region, "s3", "aws4_request"];
  return steps.reduce<Uint8Array>(hmac, new TextEncoder().encode(`AWS4${secretAccessKey}`));
}

function hmac(key: Uint8Array, text: string) {
  return builtin("node:crypto").createHmac("sha256", key).update(text).digest();
}

function scopeOf({ region, at }: SigningScope): string {
  return `${stamp(at).slice(0, 8)}/${region}/s3/aws4_request`;
}

/** Formats a time as `20130524T000000Z`. */
function stamp(at: Date): string {
  return at.toISOString().replace(/[-:]|\.\d{3}/g, "");
}

/** Encodes a query in canonical order. */
export function encodeQuery(query: Readonly<Record<string, string | undefined>>): string {
  return Object.entries(query)
    .flatMap(([key, value]) => value === undefined ? [] : [[encode(key), encode(value)] as const])
    .sort(([a], [b]) => a < b ? -1 : 1)
    .map(([key, value]) => `${key}=${value}`)
    .join("&");
}

/** Encodes a key canonically: everything except letters, digits, `-._~` and `/`. */
export function encodeKey(key: string): string {
  return key.split("/").map(encode).join("/");
}

function encode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
