/** Server-sent events, with reconnection. */
import { backoffDelay, wait } from "../base/async.ts";
import { ServerUnreachableError } from "../base/server_errors.ts";
import type { Connection } from "./connection.ts";

/** An event as sent by a server. */
export interface ServerEvent {
  /** Position after the event. */
  readonly id: string;
  /** Its kind. */
  readonly kind: string;
  /** Its data, as JSON. */
  readonly data: string;
}

/** Start and filter of a stream of events. */
export interface EventQuery {
  /** Id of the event to continue after; by default only new events are returned. */
  readonly after?: string | undefined;
  /** Restricts the events to those of a run. */
  readonly runId?: string | undefined;
  /** Ends the iteration. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Yields the events of a server. After an interruption it continues after the last one.
 *
 * @throws {ServerUnreachableError} If the server is unreachable for too long.
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
    const lines = await connection.textLines(`/api/events?${query}`, sent, signal);
    try {
      for await (const event of parseEvents(lines)) {
        attempt = 0;
        last = event.id;
        if (event.data !== "") yield event;
      }
    } catch (error) {
      signal?.throwIfAborted();
      if (!(error instanceof ServerUnreachableError)) throw error;
    }
    signal?.throwIfAborted();
    // A server that shuts down ends its responses regularly, and may be back soon.
    await wait(Math.min(50 * attempt, 1000) + backoffDelay(attempt), signal);
  }
}

/** Parses events from lines of text. An event without data only updates the position. */
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
