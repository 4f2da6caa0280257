/**
 * Sends one signed request. Deno's `fetch` copies a body that it sends, and Node's layer is slow to
 * receive: large bodies go out by the one, answers come in by the other.
 */
import { builtin } from "../../base/builtin.ts";

/** Bytes of a body from which it is sent through Node's layer, which does not copy it. */
const LARGE = 1024 * 1024;

/** Bytes of it that are handed over at a time. */
const CHUNK = 256 * 1024;

/** Connections of large bodies that are kept. */
const MAX_SOCKETS = 8;

/** Body of the request. */
export interface TransportRequest {
  /** Where to. */
  readonly url: URL;
  /** HTTP method. */
  readonly method: string;
  /** Headers, signed. */
  readonly headers: Readonly<Record<string, string>>;
  /** Body. */
  readonly body: Uint8Array<ArrayBuffer> | undefined;
  /** Stops it. */
  readonly signal: AbortSignal;
}

type Agent = InstanceType<typeof import("node:http").Agent>;

/** Sends requests to one server. */
export class Transport {
  #agent: Agent | undefined;

  /** Sends a request; resolves once the headers of the response have arrived. */
  async send(outgoing: TransportRequest): Promise<Response> {
    const { url, method, headers, body, signal } = outgoing;
    if (body && body.length >= LARGE) return await this.#upload({ ...outgoing, body });
    return await fetch(url, {
      method,
      // Compressed on the way, an object would have other bytes and sizes.
      headers: { ...headers, "accept-encoding": "identity" },
      redirect: "manual",
      ...(body && { body }),
      signal,
    });
  }

  /** Closes connections that are kept. */
  close(): void {
    this.#agent?.destroy();
    this.#agent = undefined;
  }

  #upload(
    { url, method, headers, body, signal }: TransportRequest & { body: Uint8Array<ArrayBuffer> },
  ): Promise<Response> {
    const isTls = url.protocol === "https:";
    const { request, Agent } = isTls ? builtin("node:https") : builtin("node:http");
    this.#agent ??= new Agent({ keepAlive: true, maxSockets: MAX_SOCKETS });
    return new Promise((resolve, reject) => {
      signal.throwIfAborted();
      const sending = request(url, {
        method,
        agent: this.#agent!,
        headers: { ...headers, "content-length": String(body.length) },
      });
      const stop = () => sending.destroy(signal.reason);
      signal.addEventListener("abort", stop, { once: true });
      sending.once("close", () => signal.removeEventListener("abort", stop));
      sending.once("error", reject);
      sending.once("response", (answer) => {
        const parts: Uint8Array[] = [];
        answer.on("data", (part: Uint8Array) => void parts.push(part));
        answer.once("error", reject);
        answer.once("end", () => {
          const { statusCode = 0, headers } = answer;
          const fields = Object.entries(headers).map(([name, value]) => [name, String(value)]);
          const text = parts.length === 0 ? null : new Blob(parts as BlobPart[]);
          resolve(
            new Response(text, { status: statusCode, headers: fields as [string, string][] }),
          );
        });
      });
      let at = 0;
      const write = () => {
        while (at < body.length) {
          const part = body.subarray(at, at += CHUNK);
          if (!sending.write(part)) return void sending.once("drain", write);
        }
        sending.end();
      };
      write();
    });
  }
}
