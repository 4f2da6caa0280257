/** Access control: hosts, origins and callers. */
import type { Context, MiddlewareHandler } from "npm:hono@~4.13.0";
import { isApiPath } from "./api/api_error.ts";
import type { Caller, Credentials, HandlerOptions, Role } from "./options.ts";
import type { Sessions } from "./sessions.ts";

/** Data that the guard passes to handlers. */
export interface GuardEnv {
  /** The caller, if callers sign in. */
  Variables: { caller: Caller | undefined };
}

/** Names of the loopback interface. */
const LOOPBACK = ["localhost", "127.0.0.1", "[::1]", "::1"];

/** Paths that disclose nothing and are requested by load balancers under any host name. */
const OPEN = ["/health", "/version"];

/**
 * Calls that read although their method is POST: their queries are too long for an address. Tools of
 * MCP that write look at the caller's role themselves.
 */
const READING =
  /^\/mcp$|\/(experiments|runs|logged-models|traces)\/search$|\/search-datasets$|\/get-latest-versions$|^\/api\/store\/read\//;

/** The header in which trackio clients send their token. */
export const TRACKIO_TOKEN = "x-trackio-write-token";

const METHODS = ["GET", "HEAD", "OPTIONS"];
const ROLES: readonly Role[] = ["reader", "writer", "admin"];

/** Whether a request only reads. */
function reads({ method }: Request, path: string): boolean {
  return METHODS.includes(method) || method === "POST" && READING.test(path);
}

/** Rejects requests addressed to another host name, which come from a page of another site. */
export function checkHost({ hosts, authenticate }: HandlerOptions): MiddlewareHandler<GuardEnv> {
  const allowed = hosts ?? (authenticate ? undefined : LOOPBACK);
  return async (c, next) => {
    const host = (c.req.header("host") ?? "").replace(/:\d+$/, "").toLowerCase();
    if (allowed && !OPEN.includes(c.req.path) && !allowed.includes(host)) {
      return refuse(
        c,
        403,
        `This server does not answer to the host name ${JSON.stringify(host.slice(0, 100))}. ` +
          "To allow it, start the server with --allow-host NAME.",
      );
    }
    await next();
  };
}

/** Rejects writes by pages of other sites, which browsers declare. */
export function checkOrigin({ origins = [] }: HandlerOptions): MiddlewareHandler<GuardEnv> {
  return async (c, next) => {
    const origin = c.req.header("origin");
    const site = c.req.header("sec-fetch-site");
    const own = origin !== undefined && hostOf(origin) === c.req.header("host")?.toLowerCase();
    const known = own || origin !== undefined && origins.includes(origin);
    const foreign = origin === undefined ? site === "cross-site" : !known;
    if (foreign && !METHODS.includes(c.req.method)) {
      return refuse(
        c,
        403,
        "Cross-origin request blocked. To allow an origin, start the server with " +
          "--allow-origin ORIGIN.",
      );
    }
    await next();
  };
}

function hostOf(origin: string): string | undefined {
  try {
    return new URL(origin).host.toLowerCase();
  } catch {
    return undefined;
  }
}

/** Rejects unknown callers, and callers without the required role. */
export function checkCaller(
  options: HandlerOptions,
  sessions: Sessions,
): MiddlewareHandler<GuardEnv> {
  const { authenticate, readOnly = false } = options;
  return async (c, next) => {
    const { path } = c.req;
    const isReading = reads(c.req.raw, path);
    if (readOnly && !isReading) {
      return deny(c, "This server is read-only; start it without --read-only");
    }
    if (authenticate && !OPEN.includes(path)) {
      const header = c.req.header("authorization");
      const token = c.req.header(TRACKIO_TOKEN);
      const credentials = header !== undefined
        ? credentialsOf(header)
        : token !== undefined
        ? { token }
        : sessions.credentialsOf(c.req.raw);
      const caller = await authenticate(credentials ?? {});
      if (!caller) return askToSignIn(c);
      if (!isReading && ROLES.indexOf(caller.role) < ROLES.indexOf("writer")) {
        return deny(c, `A ${caller.role} may not change anything`);
      }
      c.set("caller", caller);
    }
    await next();
  };
}

/** Returns an error response: JSON for the API, otherwise text. */
function refuse(c: Context<GuardEnv>, status: 403, message: string): Response {
  return isApiPath(c.req.path) ? c.json({ error: message }, status) : c.text(message, status);
}

/** Returns a response for a missing permission. */
function deny(c: Context<GuardEnv>, message: string): Response {
  return isApiPath(c.req.path)
    ? c.json({ error: message }, 403)
    : c.json({ error_code: "PERMISSION_DENIED", message }, 403);
}

function askToSignIn(c: Context<GuardEnv>): Response {
  // For other requests than navigation, browsers would show their own password dialog over the
  // page.
  if ((c.req.header("sec-fetch-mode") ?? "navigate") === "navigate") {
    c.header("www-authenticate", 'Basic realm="chachaml", charset="UTF-8"');
  }
  if (isApiPath(c.req.path)) {
    const error = "Sign in: send Authorization: Bearer TOKEN, or a name and a password as Basic";
    return c.json({ error }, 401);
  }
  return c.json({
    error_code: "UNAUTHENTICATED",
    message: "Sign in: set MLFLOW_TRACKING_TOKEN, or MLFLOW_TRACKING_USERNAME and " +
      "MLFLOW_TRACKING_PASSWORD",
  }, 401);
}

/** Parses the credentials of an `Authorization` header; empty if it is invalid. */
function credentialsOf(header: string | undefined): Credentials {
  const [, scheme, value] = /^(\w+) +(.+)$/.exec(header ?? "") ?? [];
  if (scheme?.toLowerCase() === "bearer") return { token: value!.trim() };
  if (scheme?.toLowerCase() !== "basic") return {};
  try {
    const text = new TextDecoder().decode(Uint8Array.fromBase64(value!.trim()));
    const colon = text.indexOf(":");
    return colon < 0 ? {} : { name: text.slice(0, colon), password: text.slice(colon + 1) };
  } catch {
    return {};
  }
}
