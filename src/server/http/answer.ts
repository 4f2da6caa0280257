/** Sending of web responses by `node:http`. */
import type { ServerResponse } from "node:http";
import { setImmediate } from "node:timers";
import { freeChunk, hasOwnedChunks } from "../../base/owned_stream.ts";
import { type ConnectionLimits, Watch } from "./limits.ts";

/** Sends a response. Resolves once it is sent, or the client has disconnected. */
export async function answer(
  to: ServerResponse,
  { status, headers, body }: Response,
  { withBody, limits, ending }: {
    /** Whether the response has a body; `false` for `HEAD`. */
    readonly withBody: boolean;
    readonly limits: ConnectionLimits;
    /** Aborted when the server shuts down; event streams then end. */
    readonly ending: AbortSignal;
  },
): Promise<void> {
  const fields: Record<string, string | string[]> = {};
  for (const [name, value] of headers) {
    if (name !== "set-cookie") fields[name] = value;
  }
  const cookies = headers.getSetCookie();
  if (cookies.length > 0) fields["set-cookie"] = cookies;
  if (ending.aborted) fields.connection = "close";
  if (!body || !withBody) {
    if (withBody && ![204, 304].includes(status)) fields["content-length"] = "0";
    to.writeHead(status, fields);
    await body?.cancel();
    to.end();
    return;
  }
  const ownsChunks = hasOwnedChunks(body);
  const reader = body.getReader();
  const cancel = () => void reader.cancel("the client is gone").catch(() => {});
  to.on("close", cancel);
  if (headers.get("content-type")?.startsWith("text/event-stream")) {
    ending.addEventListener("abort", cancel, { once: true });
    if (ending.aborted) cancel();
  }
  try {
    await send(to, reader, { status, fields, limits, ownsChunks });
  } catch (error) {
    if (!to.headersSent) throw error;
    // Part of it is sent: only a broken connection shows that it is incomplete.
    to.destroy();
  } finally {
    to.off("close", cancel);
    ending.removeEventListener("abort", cancel);
  }
}

type Read = ReadableStreamReadResult<Uint8Array>;

async function send(
  to: ServerResponse,
  reader: ReadableStreamDefaultReader<Uint8Array>,
  { status, fields, limits, ownsChunks }: {
    readonly status: number;
    readonly fields: Record<string, string | string[]>;
    readonly limits: ConnectionLimits;
    readonly ownsChunks: boolean;
  },
): Promise<void> {
  const read = () => {
    const next: Promise<Read> = reader.read();
    next.catch(() => {}); // It may fail while nobody waits for it yet.
    return next;
  };
  const { value: first } = await read();
  let next = first && read();
  // Most bodies consist of one available chunk, so that their length is known.
  if (first && (await Promise.race([next, turn()]))?.done) {
    fields["content-length"] ??= String(first.length);
  }
  if (to.destroyed) return;
  to.writeHead(status, fields);
  for (let value = first; value; value = (await next)?.value) {
    if (value !== first) next = read();
    if (to.destroyed) return;
    const chunk = value;
    const isReady = ownsChunks ? to.write(chunk, () => freeChunk(chunk)) : to.write(chunk);
    if (!isReady) await drained(to, limits.stallTime);
  }
  to.end();
}

/** Waits for one turn of the event loop. */
function turn(): Promise<undefined> {
  return new Promise((resolve) => setImmediate(() => resolve(undefined)));
}

/** Waits until the client has received what was sent; disconnects a stalled client. */
function drained(to: ServerResponse, stallTime: number): Promise<void> {
  return new Promise((resolve) => {
    const watch = new Watch(stallTime, () => to.destroy());
    const go = () => {
      watch.stop();
      to.off("drain", go);
      to.off("close", go);
      resolve();
    };
    to.on("drain", go);
    to.on("close", go);
    watch.start();
  });
}
