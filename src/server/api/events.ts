/** Changes of the store as server-sent events. */
import type { ChangePosition } from "../../metadata/change_log.ts";
import type { StoreEvent } from "../../runs/watch.ts";
import { ApiError } from "./api_error.ts";
import { type Json, number, present } from "./json.ts";
import type { ApiCall, ApiRoute } from "./route.ts";
import { text } from "./schema.ts";

/** Interval of heartbeats, in milliseconds: intermediaries may close an idle connection. */
const HEARTBEAT = 15_000;

/** Maximum number of concurrent clients. */
const MOST_CLIENTS = 1000;

let clients = 0;

async function events({ store, query, request, ending, context }: ApiCall): Promise<Response> {
  let now: ChangePosition;
  try {
    now = await (await context().metadata.changes()).position();
  } catch (error) {
    // Not every database reports its changes.
    throw new ApiError(501, (error as Error).message, { cause: error });
  }
  if (clients >= MOST_CLIENTS) {
    throw new ApiError(503, `${MOST_CLIENTS} clients listen already; try again later`);
  }
  const asked = query.text("after") ?? request.headers.get("last-event-id") ?? "";
  const after = asked === "" ? now.join("-") : asked;
  const runId = query.text("run");
  const experiment = query.text("experiment");
  const stop = new AbortController();
  const signal = ending ? AbortSignal.any([stop.signal, ending]) : stop.signal;
  const found = store.watch({
    after,
    ...runId !== undefined && { runId },
    signal,
  });
  const encoder = new TextEncoder();
  const write = (controller: ReadableStreamDefaultController<Uint8Array>, words: string) =>
    controller.enqueue(encoder.encode(words));
  let heart: ReturnType<typeof setInterval> | undefined;
  const body = new ReadableStream<Uint8Array>({
    async start(controller) {
      clients++;
      // The position alone is no event. With it, a client that is cut off before the first event
      // misses none.
      write(controller, `retry: 1000\nid: ${after}\n\n`);
      heart = setInterval(() => {
        // A client that does not read gets no further heartbeats.
        if ((controller.desiredSize ?? 0) > -MOST_BYTES) write(controller, ": \n\n");
      }, HEARTBEAT);
      try {
        for await (const event of found) {
          if (experiment !== undefined && experimentOf(event) !== experiment) continue;
          write(controller, frameOf(event));
          if ((controller.desiredSize ?? 0) < -MOST_BYTES) break;
        }
        controller.close();
      } catch (error) {
        if (!signal.aborted) controller.error(error);
      } finally {
        clients--;
        clearInterval(heart);
      }
    },
    cancel: () => stop.abort(),
  }, { size: (chunk) => chunk.length, highWaterMark: 64 * 1024 });
  return new Response(body, {
    headers: {
      "content-type": "text/event-stream",
      "cache-control": "no-store",
      "x-content-type-options": "nosniff",
      // Buffering proxies would delay events.
      "x-accel-buffering": "no",
    },
  });
}

/**
 * Maximum number of buffered bytes for a slow client. It is then disconnected, and reconnects after
 * its last event.
 */
const MOST_BYTES = 1024 * 1024;

function experimentOf(event: StoreEvent): string | undefined {
  return "run" in event ? event.run.experiment : undefined;
}

function frameOf(event: StoreEvent): string {
  return `id: ${event.id}\nevent: ${event.kind}\ndata: ${JSON.stringify(dataOf(event))}\n\n`;
}

function dataOf(event: StoreEvent): Json {
  if (event.kind === "model") return { name: event.model };
  if (event.kind === "removed") return { "run-id": event.runId };
  const { id, experiment, name, status, endTime } = event.run;
  const about = { "run-id": id, experiment, ...present({ name }), status };
  if (event.kind === "run") return { ...about, ...present({ "end-time": endTime?.getTime() }) };
  if (event.kind === "artifact") return about;
  return {
    ...about,
    metrics: Object.fromEntries(event.values.map(({ key, value, step }) => [
      key,
      { value: number(value), step },
    ])),
  };
}

/** Endpoint for events. */
export const EVENT_ROUTES: readonly ApiRoute[] = [{
  method: "GET",
  path: "/api/events",
  summary: "Changes as server-sent events: run, metrics, artifact, model, removed",
  query: {
    after: {
      description:
        "The id of an event: what came behind it is sent first; Last-Event-ID says it too",
      schema: text,
    },
    run: { description: "Only events of this run", schema: text },
    experiment: { description: "Only events of runs of this experiment", schema: text },
  },
  headers: {
    "Last-Event-ID": { description: "The same as after, as browsers send it", schema: text },
  },
  answer: { type: "text/event-stream", description: "Events, until the client leaves" },
  problems: { 501: "The database reports no changes", 503: "Too many clients listen" },
  handle: events,
}];
