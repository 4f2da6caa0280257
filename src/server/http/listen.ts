/**
 * HTTP server with limits. Unlike `Deno.serve`, `node:http` supports a maximum number of
 * connections and a time limit for headers.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createSecureServer } from "node:https";
import { answer } from "./answer.ts";
import { type ConnectionLimits, LIMITS } from "./limits.ts";
import { BadRequestError, requestOf } from "./request.ts";

/** Time for which the rest of a body is discarded, in milliseconds. */
const LINGER_TIME = 5000;

/** A listening server. */
export interface Listening {
  /** Port of the server. */
  readonly port: number;
  /** Resolves once the server has shut down. */
  readonly finished: Promise<void>;
  /** Shuts down: pending requests are answered within a time limit; new ones are not accepted. */
  end(): void;
}

/** Listens on an address. Rejects with the system's error if that fails. */
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
    // Bodies are monitored while they are read: a large one may take hours.
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
  let request: Request | undefined;
  try {
    request = requestOf(message, { scheme, signal: gone.signal, limits });
    await answer(to, await handler(request), { withBody, limits, ending });
  } catch (error) {
    if (!to.headersSent) await answer(to, failure(error), { withBody, limits, ending });
  } finally {
    to.off("close", leave);
  }
  // Stops the watch over a body that the handler did not read.
  if (request?.body?.locked === false) await request.body.cancel().catch(() => {});
  if (!message.complete) linger(message);
}

/**
 * Discards the rest of a body whose request was answered, for a limited time: a client that is
 * disconnected while sending would not see the response.
 */
function linger(message: IncomingMessage): void {
  if (message.destroyed || message.socket.destroyed) return;
  const { socket } = message;
  const timer = setTimeout(() => message.destroy(), LINGER_TIME);
  const stop = () => {
    clearTimeout(timer);
    socket.off("close", stop);
  };
  // A connection that the client closes need not close the message.
  socket.once("close", stop);
  message.once("end", stop);
  message.once("close", stop);
  message.resume();
}

function failure(error: unknown): Response {
  return error instanceof BadRequestError
    ? Response.json({ error_code: "BAD_REQUEST", message: error.message }, { status: 400 })
    : new Response("The server failed to answer", { status: 500 });
}
