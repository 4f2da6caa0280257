/** Server-sent events, over a new connection where the former was cut. */
import { backoffDelay, wait } from "../base/async.ts";
import { ServerUnreachableError } from "../base/server_errors.ts";
import type { Connection } from "./connection.ts";
import { textLines } from "./text_lines.ts";

/** One event, as a server sends it. */
export interface ServerEvent {
  /** Position behind it. */
  readonly id: string;
  /** Its kind. */
  readonly kind: string;
  /** What it says, as JSON. */
  readonly data: string;
}

/** Where to begin, and what to select. */
export interface EventQuery {
  /** Id of the event to continue after; with the next one if left out. */
  readonly after?: string | undefined;
  /** Only events of this run. */
  readonly runId?: string | undefined;
  /** Ends the iteration. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Yields the events of a server. Where the connection is cut, it continues after the last one.
 *
 * @throws {ServerUnreachableError} If the server is away for longer than the connection's patience.
 */
export async function* serverEvents(
  connection: Connection,
  { after, runId, signal }: EventQuery,
): AsyncGenerator<ServerEvent> {
  let last = after;
  for (let attempt = 0;; attempt++) {
    const query = new URLSearchParams({
      ...last !== undefined && { after: last },
      ...runId !== undefined && { run: runId },
    });
    const sent = { method: "GET", headers: { accept: "text/event-stream" } } as const;
    const take = (response: Response) => Promise.resolve(response.body);
    const body = await connection.send(`/api/events?${query}`, sent, { signal }, take);
    try {
      for await (const event of parseEvents(textLines(connection.whole(body, signal)))) {
        attempt = 0;
        last = event.id;
        if (event.data !== "") yield event;
      }
    } catch (error) {
      signal?.throwIfAborted();
      if (!(error instanceof ServerUnreachableError)) throw error;
    }
    signal?.throwIfAborted();
    // A server that ends answers ends them in order, and may be back soon.
    await wait(Math.min(50 * attempt, 1000) + backoffDelay(attempt), signal);
  }
}

/** Events in lines of text. One without data only says the position. */
async function* parseEvents(lines: AsyncIterable<string>): AsyncGenerator<ServerEvent> {
  let [id, kind] = [undefined as string | undefined, ""];
  let data: string[] = [];
  for await (const line of lines) {
    if (line === "") {
      if (id !== undefined) yield { id, kind, data: data.join("\n") };
      [id, kind, data] = [undefined, "", []];
      continue;
    }
    const [, field, value] = /^(\w+): ?(.*)$/.exec(line) ?? [];
    if (field === "id") id = value;
    else if (field === "event") kind = value!;
    else if (field === "data") data.push(value!);
  }
}
