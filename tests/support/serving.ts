/** Servers and requests for tests. */
import type { Store } from "../../mod.ts";
import { type ServeOptions, serveStore } from "../../src/server/mod.ts";

/** A server on a free port. */
export interface Serving extends AsyncDisposable {
  /** Its address. */
  readonly url: string;
  /** Ends it, as SIGTERM does, and waits until all requests have been answered. */
  end(): Promise<void>;
}

/** Serves a store on a free port. */
export async function serving(
  store: Store,
  options: Omit<ServeOptions, "port" | "signal" | "onListen"> = {},
): Promise<Serving> {
  const ending = new AbortController();
  const listening = Promise.withResolvers<string>();
  const served = serveStore(store, {
    ...options,
    port: 0,
    signal: ending.signal,
    onListen: listening.resolve,
  });
  const end = async () => {
    ending.abort();
    await served;
  };
  return { url: await listening.promise, end, [Symbol.asyncDispose]: end };
}

/** What is sent beside the path. */
export interface Sent {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly json?: unknown;
  readonly body?: BodyInit;
}

/** A request for a handler: GET, or POST where something is sent. */
export function requestOf(
  path: string,
  { method, headers = {}, json, body }: Sent = {},
): Request {
  const content = json === undefined ? body : JSON.stringify(json);
  return new Request(`http://localhost${path}`, {
    method: method ?? (content === undefined ? "GET" : "POST"),
    headers: {
      host: "localhost:5000",
      ...json !== undefined && { "content-type": "application/json" },
      ...headers,
    },
    ...content !== undefined && { body: content },
  });
}
