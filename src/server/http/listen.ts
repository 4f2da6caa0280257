/**
 * An HTTP server with limits. `node:http` has what `Deno.serve` lacks: a limit of connections, and a time
 * within which headers have to arrive.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createSecureServer } from "node:https";
import { answer } from "./answer.ts";
import { type ConnectionLimits, LIMITS } from "./limits.ts";
import { BadRequestError, requestOf } from "./request.ts";

/** Milliseconds for which the rest of a body is passed over. */
const LINGER_TIME = 5000;

/** A server that listens. */
export interface Listening {
  /** The port that it listens on. */
  readonly port: number;
  /** Resolves once it has ended. */
  readonly finished: Promise<void>;
  /** Ends it: requests under way are answered, within some time; no new ones are taken. */
  end(): void;
}

/** Listens on an address. Rejects with the error of the system where it cannot. */
export function listen(
  handler: (request: Request) => Promise<Response>,
  { hostname, port, tls, limits = LIMITS }: {
    readonly hostname: string;
    readonly port: number;
    readonly tls?: { readonly cert: string; readonly key: string } | undefined;
    readonly limits?: ConnectionLimits | undefined;
  },
): Promise<Listening> {
  const ending = new AbortController();
  const scheme = tls ? "https" : "http";
  const settings = {
    maxHeaderSize: limits.headerBytes,
    headersTimeout: limits.headerTime,
    keepAliveTimeout: limits.idleTime,
    // Bodies are watched as they are read: a large one may take hours.
    requestTimeout: 0,
    connectionsCheckingInterval: Math.min(1000, limits.headerTime),
    keepAlive: true,
    noDelay: true,
  };
  const listener = (message: IncomingMessage, to: ServerResponse) =>
    void serve(handler, message, to, { scheme, limits, ending: ending.signal });
  const server = tls
    ? createSecureServer({ ...settings, ...tls }, listener)
    : createServer(settings, listener);
  server.maxConnections = limits.connections;
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, hostname, () => {
      server.off("error", reject);
      server.on("error", () => {});
      resolve(listening(server, ending, limits));
    });
  });
}

function listening(server: Server, ending: AbortController, limits: ConnectionLimits): Listening {
  const finished = new Promise<void>((resolve) => server.once("close", () => resolve()));
  const address = server.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : 0,
    finished,
    end: () => {
      if (ending.signal.aborted) return;
      ending.abort();
      server.close();
      server.closeIdleConnections();
      const timer = setTimeout(() => server.closeAllConnections(), limits.endTime);
      void finished.then(() => clearTimeout(timer));
    },
  };
}

async function serve(
  handler: (request: Request) => Promise<Response>,
  message: IncomingMessage,
  to: ServerResponse,
  { scheme, limits, ending }: {
    readonly scheme: string;
    readonly limits: ConnectionLimits;
    readonly ending: AbortSignal;
  },
): Promise<void> {
  const gone = new AbortController();
  const leave = () => gone.abort();
  to.on("close", leave);
  const withBody = message.method !== "HEAD";
  try {
    const request = requestOf(message, { scheme, signal: gone.signal, limits });
    await answer(to, await handler(request), { withBody, limits, ending });
  } catch (error) {
    if (!to.headersSent) await answer(to, failure(error), { withBody, limits, ending });
  } finally {
    to.off("close", leave);
  }
  if (!message.complete) linger(message);
}

/**
 * Passes over the rest of a body whose request is answered, for a while: a client that is cut off while
 * it sends does not see the answer.
 */
function linger(message: IncomingMessage): void {
  const timer = setTimeout(() => message.destroy(), LINGER_TIME);
  message.once("close", () => clearTimeout(timer));
  message.resume();
}

function failure(error: unknown): Response {
  return error instanceof BadRequestError
    ? Response.json({ error_code: "BAD_REQUEST", message: error.message }, { status: 400 })
    : new Response("The server failed to answer", { status: 500 });
}
