/** Output of a run's program, during and after the run. */
import { readLog } from "../../artifacts/logs.ts";
import { lifecycleOf } from "../../store/internals.ts";
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
  /** The byte to begin with, at most the size. */
  readonly start: number;
  /** Opens the bytes from the start to `end`; `null` if there are none. */
  open(end: number): Bytes | null;
}

/**
 * Finds a log of a run: a growing one, else the artifact with its content; empty if neither exists.
 * `startOf` chooses the byte to begin with by the size.
 *
 * @throws {RunNotFoundError} If there is no such run.
 */
export async function readLogPart(
  store: Store,
  runId: string,
  name: string,
  startOf: (size: number) => number,
): Promise<LogPart> {
  await store.runs.get(runId);
  const log = (await store.artifacts.logs(runId)).find((entry) => entry.name === name);
  const logStart = log ? Math.min(log.size, startOf(log.size)) : 0;
  const stream = log &&
    await lifecycleOf(store).use((context) => readLog(context, runId, name, { start: logStart }));
  if (log && stream) {
    return {
      size: log.size,
      growing: log.growing,
      start: logStart,
      open: (end) => {
        if (logStart < end) return firstBytes(stream, end - logStart);
        void stream.cancel();
        return null;
      },
    };
  }
  const artifact = await store.artifacts.has(runId, name)
    ? await store.artifacts.get(runId, name)
    : undefined;
  const size = artifact?.size ?? 0;
  const start = Math.min(size, startOf(size));
  return {
    size,
    growing: false,
    start,
    open: (end) => start === end ? null : artifact?.stream({ start, end }) ?? null,
  };
}

/** Returns the first bytes of a stream. */
function firstBytes(stream: Bytes, count: number): Bytes {
  let left = count;
  return stream.pipeThrough(
    new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
      transform(chunk, controller) {
        const cut = chunk.subarray(0, left);
        left -= cut.length;
        if (cut.length > 0) controller.enqueue(cut);
        if (left === 0) controller.terminate();
      },
    }),
  );
}

async function log({ store, query, param }: ApiCall): Promise<Response> {
  const name = `${query.text("stream") ?? "stdout"}.log`;
  const from = query.integer("from", 0);
  const found = await readLogPart(store, param("id"), name, () => from);
  const { size, growing } = found;
  const end = Math.min(size, from + MOST_BYTES);
  const body = found.open(end);
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
