import { InvalidOptionError, StorageError } from "../base/errors.ts";
import type { Store } from "../store/store.ts";
import { createHandler } from "./handler.ts";
import type { ConnectionLimits } from "./http/limits.ts";
import { listen, type Listening } from "./http/listen.ts";
import type { HandlerOptions } from "./options.ts";

/** Names and addresses of this machine's loopback interface. */
const LOOPBACK = ["localhost", "127.0.0.1", "::1"];

/** Options of {@linkcode serveStore}. */
export interface ServeOptions extends HandlerOptions {
  /**
   * The address to listen on. Beyond loopback, callers have to sign in.
   *
   * @default {"127.0.0.1"}
   */
  readonly hostname?: string;
  /**
   * The port; 0 takes any that is free.
   *
   * @default {5000}
   */
  readonly port?: number;
  /** A certificate and its key, in PEM, for HTTPS. */
  readonly tls?: { readonly cert: string; readonly key: string };
  /**
   * Ends the server: requests under way are answered, no new ones are taken, and streams of events end.
   */
  readonly signal?: AbortSignal;
  /** @ignore Other limits than usual, for tests. */
  readonly limits?: ConnectionLimits;
  /** Called once the server listens, with its address. */
  readonly onListen?: (url: string) => void;
}

/**
 * Serves a store until the signal is aborted. Needs network permission for the address.
 *
 * @param store The open store. It is not closed.
 * @param options Where to listen, and who may call.
 * @throws {InvalidOptionError} If the address is beyond loopback and callers need not sign in.
 * @throws {StorageError} If the address cannot be listened on.
 */
export async function serveStore(store: Store, options: ServeOptions = {}): Promise<void> {
  const { hostname = "127.0.0.1", port = 5000, tls, signal, onListen, limits } = options;
  if (!LOOPBACK.includes(hostname) && !options.authenticate) {
    throw new InvalidOptionError(
      `Cannot serve on ${JSON.stringify(hostname)}: other machines reach it, so callers have to ` +
        "sign in; give a token file or a users file",
    );
  }
  const server = await start(createHandler(store, options), { hostname, port, tls, limits });
  const end = () => server.end();
  if (signal?.aborted) end();
  signal?.addEventListener("abort", end, { once: true });
  onListen?.(urlOf(hostname, server.port, tls !== undefined));
  try {
    await server.finished;
  } finally {
    signal?.removeEventListener("abort", end);
  }
}

async function start(
  handler: (request: Request) => Promise<Response>,
  options: Parameters<typeof listen>[1],
): Promise<Listening> {
  try {
    return await listen(handler, options);
  } catch (cause) {
    const { code, message } = cause as { code?: string; message: string };
    const state = code === "EADDRINUSE" ? "the port is in use; choose another" : message;
    throw new StorageError(`listen on ${options.hostname}:${options.port}`, state, { cause });
  }
}

function urlOf(hostname: string, port: number, isSecure: boolean): string {
  const host = hostname.includes(":") ? `[${hostname}]` : hostname;
  return `${isSecure ? "https" : "http"}://${host}:${port}`;
}
