/** Output of a run's program, during and after the run. */
import type { Store } from "../../store/store.ts";
import { bad } from "./api_error.ts";
import type { ApiCall, ApiRoute } from "./route.ts";

/** Maximum number of bytes of a log per response. */
const MOST_BYTES = 4 * 1024 * 1024;

type Bytes = ReadableStream<Uint8Array<ArrayBuffer>>;

/** Current state of a log. */
export interface LogPart {
  /** Current size in bytes. */
  readonly size: number;
  /** Whether a program still writes it. */
  readonly growing: boolean;
  /** Opens a range; `null` if it is empty. */
  open(start: number, end: number): Bytes | null;
}

/**
 * Finds a log of a run: a growing one, else the artifact with its content; empty if neither exists.
 *
 * @throws {RunNotFoundError} If there is no such run.
 */
export async function readLogPart(store: Store, runId: string, name: string): Promise<LogPart> {
  await store.runs.get(runId);
  const log = (await store.artifacts.logs(runId)).find((entry) => entry.name === name);
  const stream = log && await store.artifacts.readLog(runId, name);
  if (log && stream) {
    return {
      size: log.size,
      growing: log.growing,
      open: (start, end) => {
        if (start < end) return part(stream, start, end);
        void stream.cancel();
        return null;
      },
    };
  }
  const artifact = await store.artifacts.has(runId, name)
    ? await store.artifacts.get(runId, name)
    : undefined;
  return {
    size: artifact?.size ?? 0,
    growing: false,
    open: (start, end) => start === end ? null : artifact?.stream({ start, end }) ?? null,
  };
}

/** A part of a stream. */
function part(stream: Bytes, start: number, end: number): Bytes {
  let at = 0;
  return stream.pipeThrough(
    new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
      transform(chunk, controller) {
        const cut = chunk.subarray(Math.max(0, start - at), Math.max(0, end - at));
        at += chunk.length;
        if (cut.length > 0) controller.enqueue(cut);
        if (at >= end) controller.terminate();
      },
    }),
  );
}

async function log({ store, query, param }: ApiCall): Promise<Response> {
  const name = `${query.text("stream") ?? "stdout"}.log`;
  const from = query.integer("from", 0);
  const found = await readLogPart(store, param("id"), name);
  const { size, growing } = found;
  const end = Math.min(size, from + MOST_BYTES);
  const body = found.open(Math.min(from, end), end);
  if (from > size) {
    throw bad(`The log has ${size} bytes, fewer than ${from}; read it from the start`);
  }
  return new Response(body, {
    headers: {
      "content-type": "text/plain; charset=utf-8",
      "x-content-type-options": "nosniff",
      "cache-control": "no-store",
      "x-next": String(end),
      "x-growing": String(growing),
    },
  });
}

/** Endpoint for logs. */
export const LOG_ROUTES: readonly ApiRoute[] = [
  {
    method: "GET",
    path: "/api/runs/:id/log",
    summary: "Output of the program of a run; x-next is where to go on, x-growing whether it grows",
    query: {
      stream: {
        description: "Which output (default: stdout)",
        schema: { enum: ["stdout", "stderr"] },
      },
      from: { description: "The byte to begin with", schema: { type: "integer", minimum: 0 } },
    },
    answer: { type: "text/plain", description: "The output from there, at most 4 MiB" },
    problems: { 404: "No such run" },
    handle: log,
  },
];
