/** Client of an S3 server: signs requests, with timeouts and retries. */
import { wait } from "../../base/async.ts";
import { builtin } from "../../base/builtin.ts";
import { CredentialSource } from "./credentials.ts";
import { awsEndpoint, isAws, type S3Location } from "./location.ts";
import {
  isTransient,
  readRefusal,
  type Refusal,
  refusalError,
  S3Error,
  unansweredError,
} from "./s3_error.ts";
import { Transport } from "./transport.ts";
import { EMPTY_HASH, encodeKey, encodeQuery, presign, signHeaders } from "./sign.ts";

/** Maximum number of attempts per request. */
const MAX_TRIES = 12;

/** Time after which a request is not retried, in milliseconds. */
const PATIENCE = 120_000;

/** First delay before a retry, in milliseconds. */
const FIRST_PAUSE = 100;

/** Longest delay before a retry, in milliseconds. */
const LONGEST_PAUSE = 8000;

/** Timeout for the response to a request, in milliseconds. */
const ANSWER_TIMEOUT = 60_000;

/** Bytes of a body for which the timeout is extended by one millisecond. */
const SLOWEST_UPLOAD = 32;

/** Milliseconds by which clocks may differ. */
const SKEW = 60_000;

/** A request to a bucket. */
export interface S3Request {
  /** HTTP method. */
  readonly method: "GET" | "HEAD" | "PUT" | "POST" | "DELETE";
  /** Purpose of the request, e.g. `store "r/a"`, for error messages. */
  readonly action: string;
  /** Key within the store; by default the bucket itself. */
  readonly key?: string;
  /** Query parameters. */
  readonly query?: Readonly<Record<string, string | undefined>>;
  /** Headers, lower-case. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Body. */
  readonly body?: Uint8Array<ArrayBuffer> | undefined;
  /** SHA-256 of the body, lower-case hex, if known. */
  readonly hash?: string | undefined;
  /** Maximum number of attempts. */
  readonly maxTries?: number;
  /** Expected statuses other than success. */
  readonly accept?: readonly number[];
  /** Stops the request. */
  readonly signal?: AbortSignal | undefined;
}

/** Response with its complete body. */
export interface Answer {
  /** Whether the status is a success. */
  readonly ok: boolean;
  /** HTTP status. */
  readonly status: number;
  /** Complete body. */
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** Options of a client, for tests. */
export interface ClientOptions {
  /** Clock, in epoch milliseconds. */
  readonly now?: () => number;
  /** Maximum number of attempts per request. */
  readonly maxTries?: number;
}

/** Client of one bucket. */
export class S3Client {
  readonly #transport = new Transport();
  readonly #credentials: CredentialSource;
  readonly #maxTries: number;
  readonly #now: () => number;
  #location: S3Location;
  /** Difference between the server's clock and ours, in milliseconds. */
  #ahead = 0;

  /** Creates a client for a bucket. */
  constructor(location: S3Location, { now = Date.now, maxTries = MAX_TRIES }: ClientOptions = {}) {
    this.#location = location;
    this.#credentials = new CredentialSource(location.profile);
    this.#now = now;
    this.#maxTries = maxTries;
  }

  /** Closes connections that are kept. */
  close(): void {
    this.#transport.close();
  }

  /** Location of the bucket. */
  get location(): S3Location {
    return this.#location;
  }

  /** Current time of the server, derived from its last response. */
  get serverTime(): number {
    return this.#now() + this.#ahead;
  }

  /**
   * Sends a request. The response is successful or has one of the accepted statuses; its body must
   * be read or cancelled.
   *
   * @throws {S3Error} If the server rejects the request or does not respond.
   */
  async send(request: S3Request): Promise<Response> {
    const { maxTries = this.#maxTries } = request;
    let corrected = false;
    for (let tries = 1, start = performance.now();; tries++) {
      request.signal?.throwIfAborted();
      const { serverTime } = this;
      const sentAt = this.#now();
      let failure: S3Error;
      let pause: number | undefined;
      try {
        const response = await this.#sendOnce(request);
        if (response.ok || request.accept?.includes(response.status)) return response;
        pause = secondsOf(response.headers.get("retry-after"));
        const refusal = await this.#refusalOf(request, response);
        // An answer to HEAD has no word for a clock that is wrong.
        const wasLate = Math.abs(this.serverTime - this.#now() - (serverTime - sentAt)) > SKEW;
        if (!corrected && (corrected = wasLate || await this.#correct(refusal))) continue;
        failure = refusalError(request.action, refusal, this.#location);
      } catch (error) {
        request.signal?.throwIfAborted();
        const unanswered = unansweredError(error, request.action, this.#location);
        if (!(unanswered instanceof S3Error)) throw unanswered;
        failure = unanswered;
      }
      const isOver = tries >= maxTries || performance.now() - start > PATIENCE;
      if (isOver || !isTransient(failure)) throw failure;
      await wait(pause ?? pauseBefore(tries), request.signal);
    }
  }

  /** Sends a request and reads the whole response; retries if the body is truncated. */
  async sendForAnswer(request: S3Request): Promise<Answer> {
    for (let tries = 1;; tries++) {
      const response = await this.send(request);
      try {
        const bytes = new Uint8Array(await response.arrayBuffer());
        return { ok: response.ok, status: response.status, bytes };
      } catch (error) {
        request.signal?.throwIfAborted();
        if (tries >= this.#maxTries) throw unansweredError(error, request.action, this.#location);
        await wait(pauseBefore(tries), request.signal);
      }
    }
  }

  /** Sends a request and reads the response as text. */
  async sendForText(request: S3Request): Promise<string> {
    return new TextDecoder().decode((await this.sendForAnswer(request)).bytes);
  }

  /** Sends a request and reads only status and headers of the response. */
  async sendForHead(request: S3Request): Promise<Response> {
    const response = await this.send(request);
    await response.arrayBuffer().catch(() => {});
    return response;
  }

  /**
   * Returns a URL with which anyone can read a key for `seconds`, with the given response headers.
   */
  async presign(
    key: string,
    seconds: number,
    query: Readonly<Record<string, string>>,
  ): Promise<string> {
    const credentials = await this.#credentials.get();
    const { region } = this.#location;
    const scope = { credentials, region, at: new Date(this.serverTime) };
    return presign(this.#urlOf(key), query, seconds, scope).href;
  }

  async #sendOnce(request: S3Request): Promise<Response> {
    const { method, key, query, body, headers = {}, signal } = request;
    const url = this.#urlOf(key, query);
    const credentials = await this.#credentials.get();
    const bodyHash = request.hash ?? (body ? hashOf(body) : EMPTY_HASH);
    const scope = {
      credentials,
      region: this.#location.region,
      at: new Date(this.serverTime),
    };
    const signed = signHeaders({ method, url, headers, bodyHash }, scope);
    const timeout = new AbortController();
    const patience = ANSWER_TIMEOUT + (body?.length ?? 0) / SLOWEST_UPLOAD;
    const timer = setTimeout(() => timeout.abort(new DOMException("", "TimeoutError")), patience);
    try {
      const stop = signal ? AbortSignal.any([signal, timeout.signal]) : timeout.signal;
      const response = await this.#transport.send({
        url,
        method,
        headers: signed,
        body,
        signal: stop,
      });
      this.#noteTime(response.headers);
      return response;
    } finally {
      clearTimeout(timer);
    }
  }

  /**
   * Reads why a request was refused. An answer to HEAD has no body, so that a wrong secret would
   * look like missing permissions; a GET of one byte of the same is answered with the reason.
   */
  async #refusalOf(request: S3Request, response: Response): Promise<Refusal> {
    const refusal = await readRefusal(response);
    if (request.method !== "HEAD" || ![400, 403].includes(refusal.status)) return refusal;
    const asked = await this.#sendOnce({
      ...request,
      method: "GET",
      ...(request.key === undefined
        ? { query: { "list-type": "2", "max-keys": "1" } }
        : { headers: { ...request.headers, range: "bytes=0-0" } }),
    });
    if (asked.status === refusal.status) return await readRefusal(asked);
    await asked.body?.cancel();
    return refusal;
  }

  /** Corrects region, time or credentials after a rejection. Returns whether to retry. */
  async #correct({ reason, region }: Refusal): Promise<boolean> {
    switch (reason) {
      case "ExpiredToken":
      case "TokenRefreshRequired":
        await this.#credentials.renew();
        return true;
      case "PermanentRedirect":
      case "AuthorizationHeaderMalformed":
        return this.#setRegion(region);
      default:
        return false;
    }
  }

  #setRegion(region: string | undefined): boolean {
    const { isRegionGiven, region: own } = this.#location;
    if (region === undefined || region === own || isRegionGiven) return false;
    const endpoint = isAws(this.#location) ? awsEndpoint(region) : this.#location.endpoint;
    this.#location = { ...this.#location, region, endpoint };
    return true;
  }

  /**
   * Records the difference to the server's clock, except small ones due to rounding and latency.
   */
  #noteTime(headers: Headers): void {
    const time = Date.parse(headers.get("date") ?? "");
    if (Math.abs(time - this.serverTime) > 2000) this.#ahead = time - this.#now();
  }

  #urlOf(key: string | undefined, query: S3Request["query"] = {}): URL {
    const { endpoint, bucket, prefix, pathStyle } = this.#location;
    const origin = pathStyle
      ? `${endpoint.origin}/${bucket}`
      : `${endpoint.protocol}//${bucket}.${endpoint.host}`;
    const path = key === undefined ? "" : encodeKey(`${prefix}${key}`);
    const search = encodeQuery(query);
    return new URL(`${origin}/${path}${search && `?${search}`}`);
  }
}

function hashOf(body: Uint8Array): string {
  return builtin("node:crypto").createHash("sha256").update(body).digest("hex");
}

/**
 * Returns the delay before a retry, with full jitter, so that clients rejected together do not
 * return together.
 */
function pauseBefore(tries: number): number {
  return Math.random() * Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** tries);
}

function secondsOf(header: string | null): number | undefined {
  const seconds = Number(header ?? NaN);
  return seconds >= 0 ? Math.min(seconds * 1000, LONGEST_PAUSE) : undefined;
}
