/** Conversion of requests from `node:http` to web requests. */
import type { IncomingMessage } from "node:http";
import { withOwnedChunks } from "../../base/owned_stream.ts";
import { type ConnectionLimits, SlowBodyError, Watch } from "./limits.ts";

/** An invalid request, rejected before any handler. */
export class BadRequestError extends Error {
  override readonly name = "BadRequestError";
}

const WITHOUT_BODY = ["GET", "HEAD"];

/**
 * Converts a request.
 *
 * @throws {BadRequestError} If its target is not a normalized path: `URL` would change it.
 */
export function requestOf(
  message: IncomingMessage,
  { scheme, signal, limits }: {
    readonly scheme: string;
    readonly signal: AbortSignal;
    readonly limits: ConnectionLimits;
  },
): Request {
  const { method = "GET", url: target = "/", rawHeaders } = message;
  assertTarget(target);
  const headers: [string, string][] = [];
  for (let at = 0; at < rawHeaders.length; at += 2) {
    headers.push([rawHeaders[at]!, rawHeaders[at + 1]!]);
  }
  const hasBody = !WITHOUT_BODY.includes(method) && bringsBody(message);
  try {
    return new Request(`${scheme}://${hostOf(message)}${target}`, {
      method,
      headers,
      signal,
      ...hasBody && { body: bodyOf(message, limits), duplex: "half" },
    } as RequestInit);
  } catch (cause) {
    throw new BadRequestError("The request line or a header cannot be read", { cause });
  }
}

function assertTarget(target: string): void {
  const path = target.split("?", 1)[0]!;
  const isPlain = target.startsWith("/") && !path.includes("\\") &&
    !path.split("/").some((segment) => /^(\.|%2e){1,2}$/i.test(segment));
  if (isPlain) return;
  throw new BadRequestError('The path must begin with "/" and have no segment "." or ".."');
}

/**
 * Returns the host for the URL. An invalid one is rejected by the handler, which reads the header.
 */
function hostOf({ headers: { host = "" } }: IncomingMessage): string {
  return /^([\w.-]+|\[[0-9a-f:.]+\])(:\d{1,5})?$/i.test(host) ? host : "host.invalid";
}

function bringsBody({ headers }: IncomingMessage): boolean {
  return headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) > 0;
}

/** Returns the body as a stream. It fails if the client disconnects, stalls or is too slow. */
function bodyOf(message: IncomingMessage, limits: ConnectionLimits): ReadableStream<Uint8Array> {
  let [isDone, bytes] = [false, 0];
  const started = performance.now();
  let fail = (_: Error) => {};
  const slow = () => fail(new SlowBodyError("The request body comes too slowly"));
  const watch = new Watch(limits.stallTime, slow);
  const end = () => {
    isDone = true;
    watch.stop();
    message.removeAllListeners("data");
  };
  return withOwnedChunks(
    new ReadableStream({
      start(controller) {
        fail = (error) => {
          if (isDone) return;
          end();
          controller.error(error);
        };
        message.on("data", (chunk: Uint8Array) => {
          bytes += chunk.length;
          const elapsed = performance.now() - started;
          if (elapsed > limits.stallTime && bytes / elapsed * 1000 < limits.leastRate) {
            return slow();
          }
          controller.enqueue(chunk);
          watch.stop();
          if ((controller.desiredSize ?? 0) <= 0) message.pause();
          else watch.start();
        });
        message.on("end", () => {
          if (isDone) return;
          end();
          controller.close();
        });
        const cut = () => fail(new Error("The request body ended before it was complete"));
        message.on("error", cut);
        message.on("close", cut);
        message.pause();
      },
      pull() {
        watch.start();
        message.resume();
      },
      cancel() {
        end();
        message.pause();
      },
    }, { highWaterMark: 2 }),
  );
}
