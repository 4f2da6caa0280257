/**
 * A proxy in front of a real S3 gateway that loses requests and answers, or changes them. What the
 * gateway is told, it is told by the client: requests pass as they were signed.
 */
import http from "node:http";
import type { AddressInfo } from "node:net";

/** A request that has come in. */
export interface Passing {
  /** Counted from 1. */
  readonly number: number;
  /** HTTP method. */
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  /** Headers. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

/** What happens to a request. */
export type Fault =
  | "pass"
  /** The connection is cut before the gateway sees it. */
  | "lose"
  /** The gateway does it, and the answer is lost. */
  | "lose answer"
  /** The gateway does it, and half of the answer's body is lost. */
  | "cut answer"
  /** Another answer, which the gateway has not given. */
  | { readonly status: number; readonly code: string; readonly headers?: Record<string, string> }
  /** It waits before the gateway sees it. */
  | { readonly delay: number };

/** Decides what happens to a request. */
export type Rule = (request: Passing) => Fault | Promise<Fault>;

/** A proxy on loopback. */
export class FaultProxy implements AsyncDisposable {
  /** Where it listens. */
  readonly endpoint: string;
  /** Requests so far, as `GET /path`. */
  readonly seen: string[] = [];
  /** What happens to the next requests. */
  rule: Rule = () => "pass";
  readonly #server: http.Server;

  private constructor(server: http.Server) {
    this.#server = server;
    this.endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  /** Starts one in front of a gateway. */
  static async start(gateway: string): Promise<FaultProxy> {
    const target = new URL(gateway);
    const server = http.createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const proxy = new FaultProxy(server);
    server.on("request", (request, response) => {
      proxy.#handle(target, request, response).catch(() => request.socket.destroy());
    });
    return proxy;
  }

  async #handle(
    target: URL,
    request: http.IncomingMessage,
    response: http.ServerResponse,
  ): Promise<void> {
    const { method = "", url = "", headers } = request;
    this.seen.push(`${method} ${url}`);
    const fault = await this.rule({ number: this.seen.length, method, path: url, headers });
    const body: Uint8Array[] = [];
    for await (const chunk of request) body.push(chunk);
    if (fault === "lose") return void request.socket.destroy();
    if (typeof fault === "object" && "status" in fault) return answer(response, fault);
    if (typeof fault === "object") await new Promise((done) => setTimeout(done, fault.delay));
    const given = await pass(target, { method, path: url, headers }, body);
    if (fault === "lose answer") return void request.socket.destroy();
    const { "transfer-encoding": _, ...rest } = given.headers;
    response.writeHead(given.statusCode ?? 500, rest);
    if (fault !== "cut answer") return void response.end(given.body);
    response.write(given.body.subarray(0, given.body.length / 2));
    await new Promise((done) => setTimeout(done, 20));
    request.socket.destroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((done) => this.#server.close(done));
  }
}

function answer(
  response: http.ServerResponse,
  { status, code, headers }: { status: number; code: string; headers?: Record<string, string> },
): void {
  const body = `<?xml version="1.0"?><Error><Code>${code}</Code><Message>made up</Message></Error>`;
  response.writeHead(status, { ...headers, "content-type": "application/xml" });
  response.end(body);
}

type Given = {
  statusCode: number | undefined;
  headers: http.IncomingHttpHeaders;
  body: Uint8Array;
};

function pass(
  { hostname, port }: URL,
  { method, path, headers }: { method: string; path: string; headers: http.IncomingHttpHeaders },
  body: readonly Uint8Array[],
): Promise<Given> {
  return new Promise((resolve, reject) => {
    const forwarded = http.request(
      { hostname, port, method, path, headers, agent: false },
      (from) => {
        const parts: Uint8Array[] = [];
        from.on("data", (part: Uint8Array) => void parts.push(part));
        from.once("error", reject);
        from.once("end", async () => {
          const whole = new Uint8Array(await new Blob(parts as BlobPart[]).arrayBuffer());
          resolve({ statusCode: from.statusCode, headers: from.headers, body: whole });
        });
      },
    );
    forwarded.once("error", reject);
    for (const part of body) forwarded.write(part);
    forwarded.end();
  });
}
