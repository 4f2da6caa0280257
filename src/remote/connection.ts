/** Calls to a server. */
import { backoffDelay, wait } from "../base/async.ts";
import { StoreClosedError } from "../base/errors.ts";
import { AccessDeniedError, ProtocolError, ServerUnreachableError } from "../base/server_errors.ts";
import { decode, encode } from "./protocol/codec.ts";
import { describeFailure, detailsOf } from "./fetch_failure.ts";
import { textLines } from "./text_lines.ts";
import type { Access } from "./protocol/operations.ts";
import {
  AGAIN_HEADER,
  BASE,
  PROTOCOL,
  PROTOCOL_HEADER,
  REQUEST_HEADER,
  type ServerInfo,
} from "./protocol/version.ts";

/** Credentials of a caller. */
export interface Credentials {
  /** A token. */
  readonly token?: string | undefined;
  /** A user's name. */
  readonly user?: string | undefined;
  /** The user's password. */
  readonly password?: string | undefined;
}

/** Options of a call. */
export interface CallOptions {
  /** Aborts the call. */
  readonly signal?: AbortSignal | undefined;
  /** Id of a write, which the server performs only once. By default a new one. */
  readonly id?: string | undefined;
  /** Whether to fail at once if the server is unreachable. */
  readonly once?: boolean | undefined;
  /** Whether the write may have been received before. */
  readonly isRepeated?: boolean | undefined;
}

/** A request for `fetch`. */
interface Sent {
  readonly method: "GET" | "POST";
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array<ArrayBuffer>;
}

/** Statuses of a proxy whose server is unreachable. */
const AWAY = [502, 504];

/** A server with the credentials for it, which are sent nowhere else. */
export class Connection {
  /** Address of the server, without credentials, with a final slash. */
  readonly address: string;
  /** Maximum time that calls wait for the server, in milliseconds. */
  readonly patience: number;
  readonly #authorization: string | undefined;
  #isClosed = false;
  /** Last known instance of the server. */
  #instance = "unknown";

  /** Creates a connection. Calls wait for the server for up to `patience` milliseconds. */
  constructor(address: string, credentials: Credentials, patience: number) {
    this.address = address.endsWith("/") ? address : `${address}/`;
    this.#authorization = authorizationOf(credentials);
    this.patience = patience;
  }

  /**
   * Requests the description of the server.
   *
   * @throws {ProtocolError} If it is not a chachaml server, or has another protocol version.
   */
  async hello(): Promise<ServerInfo> {
    const hello = await this.call("read", "hello", [], { once: true }) as ServerInfo;
    this.#instance = hello.instance;
    if (hello.protocol === PROTOCOL) return hello;
    const [older, action] = hello.protocol < PROTOCOL
      ? ["an older", "update chachaml on the server"]
      : ["a newer", "update chachaml here"];
    throw new ProtocolError(
      this.address,
      `it speaks ${older} protocol (${hello.protocol}, not ${PROTOCOL}); ${action}`,
    );
  }

  /** Calls an operation. The call is repeated while the server is unreachable. */
  async call(
    access: Access,
    operation: string,
    args: readonly unknown[],
    options: CallOptions = {},
  ): Promise<unknown> {
    const { id = crypto.randomUUID() } = options;
    const sent: Sent = {
      method: "POST",
      headers: { "content-type": "application/json", [REQUEST_HEADER]: id },
      body: encode(args),
    };
    return await this.send(`${access}/${operation}`, sent, options, this.decodeBody);
  }

  /**
   * Sends a request to a path of the store API. Returns a response without an error status.
   *
   * @throws {ServerUnreachableError} If the server is unreachable for too long.
   * @throws {AccessDeniedError} If the server rejects the credentials or the call.
   */
  async send<T>(
    path: string,
    sent: Sent,
    options: CallOptions,
    take: (response: Response) => Promise<T>,
  ): Promise<T> {
    if (this.#isClosed) throw new StoreClosedError();
    const { signal, once = false, isRepeated = false } = options;
    const start = performance.now();
    let again = isRepeated ? "unknown" : undefined;
    for (let attempt = 0;; attempt++) {
      try {
        const headers = { ...sent.headers, ...again !== undefined && { [AGAIN_HEADER]: again } };
        return await take(await this.#try(path, { ...sent, headers }, signal));
      } catch (error) {
        signal?.throwIfAborted();
        if (!isUnsent(error)) again ??= this.#instance;
        const isAway = error instanceof ServerUnreachableError;
        if (!isAway || once || performance.now() - start > this.patience) throw error;
        await wait(backoffDelay(attempt), signal);
      }
    }
  }

  /**
   * Calls an operation that returns many values, one per line.
   *
   * @throws {ServerUnreachableError} If the connection is lost before the last value.
   */
  async *lines(
    operation: string,
    args: readonly unknown[],
    signal: AbortSignal | undefined,
  ): AsyncGenerator<unknown> {
    const sent: Sent = {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: encode(args),
    };
    for await (const line of await this.textLines(`read/${operation}`, sent, signal)) {
      yield this.#decode(line);
    }
  }

  /**
   * Sends a request whose answer is text. Resolves to its lines, which throw
   * {@linkcode ServerUnreachableError} if the connection is cut.
   *
   * @throws {ServerUnreachableError} If the server is unreachable for too long.
   */
  async textLines(
    path: string,
    sent: Sent,
    signal: AbortSignal | undefined,
  ): Promise<AsyncGenerator<string>> {
    const take = (response: Response) => Promise.resolve(response.body);
    const body = await this.send(path, sent, { signal }, take);
    return textLines(this.#whole(body, signal));
  }

  /** The bytes of a body that must not end by a cut connection. */
  async *#whole(
    body: ReadableStream<Uint8Array> | null,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<Uint8Array> {
    const reader = body?.getReader();
    // The signal of a request may be collected as garbage once its answer has begun: Deno's `fetch`
    // then never aborts the body.
    const stop = () => void reader?.cancel(signal!.reason).catch(() => {});
    signal?.addEventListener("abort", stop, { once: true });
    try {
      for (;;) {
        const { done, value } = await reader?.read() ?? { done: true };
        signal?.throwIfAborted();
        if (done) return;
        yield value!;
      }
    } catch (cause) {
      signal?.throwIfAborted();
      const state = "the connection was cut; try again";
      throw new ServerUnreachableError(this.address, state, { cause });
    } finally {
      signal?.removeEventListener("abort", stop);
      await reader?.cancel().catch(() => {});
    }
  }

  /** Refuses further calls. */
  close(): void {
    this.#isClosed = true;
  }

  /** Takes the value in the body of an answer. */
  readonly decodeBody = async (response: Response): Promise<unknown> => {
    return this.#decode(await this.#textOf(response));
  };

  async #textOf(response: Response): Promise<string> {
    try {
      return await response.text();
    } catch (cause) {
      const state = "the connection was cut; try again";
      throw new ServerUnreachableError(this.address, state, { cause });
    }
  }

  async #try(path: string, sent: Sent, signal: AbortSignal | undefined): Promise<Response> {
    const response = await this.#fetch(path, sent, signal);
    if (response.ok) return response;
    const text = await this.#textOf(response);
    const { status } = response;
    const said = messageOf(text);
    if (AWAY.includes(status) || status === 503 && said === undefined) {
      throw new ServerUnreachableError(this.address, `a proxy answers ${status}; try again`);
    }
    if (response.headers.has(PROTOCOL_HEADER)) throw this.#decode(text) as Error;
    if (status === 401) {
      const state = this.#authorization === undefined
        ? "it asks callers to sign in; pass a token (CHACHAML_TOKEN)"
        : "it does not know this token or password";
      throw new AccessDeniedError(this.address, state);
    }
    if (status === 403 && said !== undefined) throw new AccessDeniedError(this.address, said);
    throw new ProtocolError(
      this.address,
      said === undefined
        ? `what answers there (${status}) is no chachaml server`
        : status === 404
        ? "its server is older than this client; update chachaml on the server"
        : `it answers ${status}: ${said}`,
    );
  }

  async #fetch(path: string, sent: Sent, signal: AbortSignal | undefined): Promise<Response> {
    const { headers, ...rest } = sent;
    try {
      // A path that begins with a slash is that of another endpoint.
      const below = path.startsWith("/") ? path.slice(1) : `${BASE}/${path}`;
      return await fetch(`${this.address}${below}`, {
        ...rest,
        headers: {
          ...headers,
          [PROTOCOL_HEADER]: String(PROTOCOL),
          ...this.#authorization !== undefined && { authorization: this.#authorization },
        },
        redirect: "manual",
        ...signal && { signal },
      });
    } catch (cause) {
      signal?.throwIfAborted();
      if (cause instanceof Deno.errors.NotCapable) throw cause;
      throw new ServerUnreachableError(this.address, describeFailure(cause), { cause });
    }
  }

  #decode(text: string): unknown {
    try {
      return decode(text);
    } catch (cause) {
      const state = "what answers there is no chachaml server";
      throw new ProtocolError(this.address, state, { cause });
    }
  }
}

/** What an answer of chachaml's API says; `undefined` if it is none. */
function messageOf(text: string): string | undefined {
  try {
    const { error } = JSON.parse(text) as { error?: unknown };
    return typeof error === "string" ? error : undefined;
  } catch {
    return undefined;
  }
}

/** Whether no connection came about, so that nothing was sent. */
function isUnsent(error: unknown): boolean {
  const { cause } = error as { cause?: unknown };
  return cause instanceof TypeError && /\(Connect\)|dns error/.test(detailsOf(cause));
}

function authorizationOf({ token, user, password }: Credentials): string | undefined {
  if (token !== undefined) return `Bearer ${token}`;
  if (user === undefined) return undefined;
  const bytes = new TextEncoder().encode(`${user}:${password ?? ""}`);
  return `Basic ${bytes.toBase64()}`;
}
