/**
 * Writes at the end of a process, which cannot wait for promises any more. A worker does them with a
 * connection of its own, and this thread blocks until it is done. The module is also the program of
 * that worker, so that it is found wherever the package is loaded from.
 */
import type { MetricBatch } from "../metric.ts";
import type { FinalWrites } from "../process_store.ts";
import { Database, type DatabaseOptions } from "./database.ts";
import { insertMetrics } from "./metric_rows.ts";
import { dropProcess } from "./process_store.ts";
import type { Server } from "./server.ts";

/** Name of the worker. */
const NAME = "chachaml final writes";

/** Time for the worker to start, and then to write, in milliseconds. */
const [TIME_TO_START, TIME_TO_WRITE] = [3000, 10_000];

/** States of the worker. */
const [STARTED, DONE] = [1, 2];

/** A batch whose transaction had begun when the process ended. */
export interface PendingBatch {
  /** Points, of which those from index `from` up to, but not including, `to` were being written. */
  readonly batch: MetricBatch;
  /** First index. */
  readonly from: number;
  /** Index after the last one. */
  readonly to: number;
  /** Id of the transaction; `undefined` if it had not begun. */
  xid: string | undefined;
}

/** Input of the worker. */
interface Message extends FinalWrites {
  readonly flag: SharedArrayBuffer;
  readonly server: Server;
  readonly options: DatabaseOptions;
  readonly now: number;
  /** Process ids of the server that hold locks of this process. */
  readonly backends: readonly number[];
  readonly pending: readonly PendingBatch[];
}

/** Writes before the process ends, as far as the server answers in time. Blocks. */
export function writeFinally(message: Omit<Message, "flag">): void {
  const { batches, pending, runIds } = message;
  if (batches.length + pending.length + runIds.length === 0) return;
  const flag = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT);
  const state = new Int32Array(flag);
  const worker = new Worker(import.meta.url, { type: "module", name: NAME });
  worker.postMessage({ ...message, flag });
  if (Atomics.wait(state, 0, 0, TIME_TO_START) === "timed-out") return;
  Atomics.wait(state, 0, STARTED, TIME_TO_WRITE);
}

async function work({ flag, ...message }: Message): Promise<void> {
  const state = new Int32Array(flag);
  const enter = (next: number) => {
    Atomics.store(state, 0, next);
    Atomics.notify(state, 0);
  };
  enter(STARTED);
  const database = new Database(message.server, { ...message.options, poolSize: 2 });
  try {
    await writeAll(database, message);
  } finally {
    enter(DONE);
    await database.close();
  }
}

async function writeAll(
  database: Database,
  { backends, pending, batches, runIds, error, now }: Omit<Message, "flag">,
): Promise<void> {
  // The thread that waits cannot commit; its transactions would hold their locks until it ends.
  if (backends.length > 0) {
    await database.read((sql) =>
      sql.all(`SELECT pg_terminate_backend(pid, ${TIME_TO_START}) FROM unnest(?::int[]) AS pid`, [
        ...backends,
      ])
    );
  }
  const write = (batch: MetricBatch, from?: number, to?: number) =>
    database.write(async (sql) => {
      const run = await sql.get("SELECT 1 FROM runs WHERE id = ? FOR KEY SHARE", batch.runId);
      // Points of a run removed meanwhile are dropped.
      if (run) await insertMetrics(sql, batch, from, to);
    }).catch(() => {}); // The others must still be written.
  for (const { batch, from, to, xid } of pending) {
    const row = xid === undefined
      ? undefined
      : await database.read((sql) =>
        sql.get("SELECT pg_xact_status(?::text::xid8) AS status", xid)
      );
    if (row?.status !== "committed") await write(batch, from, to);
  }
  for (const batch of batches) await write(batch);
  for (const runId of runIds) {
    await database.write(async (sql) => {
      const changed = await sql.run(
        `UPDATE runs SET status = 'failed', end_time = ?, error = ?
          WHERE id = ? AND status = 'running'`,
        now,
        error,
        runId,
      );
      if (changed > 0) await dropProcess(sql, runId);
    }).catch(() => {});
  }
}

if ((globalThis as { name?: unknown }).name === NAME) {
  addEventListener("message", (event) => {
    void work((event as MessageEvent<Message>).data).catch(() => {});
  }, { once: true });
}
