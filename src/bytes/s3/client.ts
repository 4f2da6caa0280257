/** Sends requests to an S3 server: signed, timed, tried again where that may help. */
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

/** Times that a request is sent at most, and milliseconds after which it is not sent again. */
const MAX_TRIES = 12;
const PATIENCE = 120_000;

/** Milliseconds of the first pause between two tries, and of the longest. */
const FIRST_PAUSE = 100;
const LONGEST_PAUSE = 8000;

/** Milliseconds without an answer after which a request is given up, and bytes sent in one more. */
const ANSWER_TIMEOUT = 60_000;
const SLOWEST_UPLOAD = 32;

/** Milliseconds by which clocks may differ. */
const SKEW = 60_000;

/** A request to a bucket. */
export interface S3Request {
  /** HTTP method. */
  readonly method: "GET" | "HEAD" | "PUT" | "POST" | "DELETE";
  /** What it is for, such as `store "r/a"`, for the words of an error. */
  readonly action: string;
  /** Key within the store; the bucket itself if left out. */
  readonly key?: string;
  /** Query of its address. */
  readonly query?: Readonly<Record<string, string | undefined>>;
  /** Headers, lower-case. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Body. */
  readonly body?: Uint8Array<ArrayBuffer> | undefined;
  /** SHA-256 of the body, lower-case hex, where it is known. */
  readonly hash?: string | undefined;
  /** Times that it is sent at most. */
  readonly maxTries?: number;
  /** Statuses, other than those of success, that are answers to it. */
  readonly accept?: readonly number[];
  /** Stops it. */
  readonly signal?: AbortSignal | undefined;
}

/** An answer, read as a whole. */
export interface Answer {
  /** Whether it is a success. */
  readonly ok: boolean;
  /** Its status. */
  readonly status: number;
  /** Its body. */
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** How a client waits, for tests. */
export interface ClientOptions {
  /** The clock, in epoch milliseconds. */
  readonly now?: () => number;
  /** Times that a request is sent at most. */
  readonly maxTries?: number;
}

/** Talks to one bucket. */
export class S3Client {
  readonly #transport = new Transport();
  readonly #credentials: CredentialSource;
  readonly #maxTries: number;
  readonly #now: () => number;
  #location: S3Location;
  /** Milliseconds by which the server's clock is ahead. */
  #ahead = 0;

  /** Talks to the bucket of a location. */
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

  /** Where the bucket is. */
  get location(): S3Location {
    return this.#location;
  }

  /** The server's time, as its last answer told it. */
  get serverTime(): number {
    return this.#now() + this.#ahead;
  }

  /**
   * Sends a request. Its answer is a success, or has one of the accepted statuses; its body has to be
   * read or cancelled.
   *
   * @throws {S3Error} If the server refuses, or does not answer.
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
        const refusal = await readRefusal(response);
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

  /** Sends a request and reads all of its answer; one that breaks off is asked for again. */
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

  /** Sends a request and reads its answer as text. */
  async sendForText(request: S3Request): Promise<string> {
    return new TextDecoder().decode((await this.sendForAnswer(request)).bytes);
  }

  /** Sends a request and reads nothing but its status and headers. */
  async sendForHead(request: S3Request): Promise<Response> {
    const response = await this.send(request);
    await response.arrayBuffer().catch(() => {});
    return response;
  }

  /** A URL by which anyone can read a key for `seconds`, with headers of the answer chosen. */
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

  /** Corrects what a refusal says is wrong with this side; whether the request is worth another try. */
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

  /** Seconds and the way of the answer are no reason to change anything. */
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

/** Full jitter: many clients that were refused together do not come back together. */
function pauseBefore(tries: number): number {
  return Math.random() * Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** tries);
}

function secondsOf(header: string | null): number | undefined {
  const seconds = Number(header ?? NaN);
  return seconds >= 0 ? Math.min(seconds * 1000, LONGEST_PAUSE) : undefined;
}
