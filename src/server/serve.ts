import { InvalidOptionError, StorageError } from "../base/errors.ts";
import type { Store } from "../store/store.ts";
import { createHandler } from "./handler.ts";
import type { ConnectionLimits } from "./http/limits.ts";
import { listen, type Listening } from "./http/listen.ts";
import type { HandlerOptions } from "./options.ts";

/** Names and addresses of the loopback interface. */
const LOOPBACK = ["localhost", "127.0.0.1", "::1"];

/** Options for {@linkcode serveStore}. */
export interface ServeOptions extends HandlerOptions {
  /**
   * Address to listen on. Beyond loopback, callers must sign in.
   *
   * @default {"127.0.0.1"}
   */
  readonly hostname?: string;
  /**
   * Port; 0 chooses a free one.
   *
   * @default {5000}
   */
  readonly port?: number;
  /** Certificate and key in PEM, for HTTPS. */
  readonly tls?: { readonly cert: string; readonly key: string };
  /**
   * Stops the server: running requests are completed, new ones rejected, and streams of events end.
   */
  readonly signal?: AbortSignal;
  /** @ignore Other limits than usual, for tests. */
  readonly limits?: ConnectionLimits;
  /** Called with the server's URL once it listens. */
  readonly onListen?: (url: string) => void;
}

/**
 * Serves a store until the signal aborts.
 *
 * Requires `--allow-net` for the address.
 *
 * @param store The open store. It is not closed.
 * @param options Address, TLS, access control and abort signal.
 * @returns A promise that resolves once the server has stopped.
 * @throws {InvalidOptionError} If the address is beyond loopback and callers need not sign in.
 * @throws {StorageError} If listening on the address fails.
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
