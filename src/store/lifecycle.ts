import type { Access } from "../base/access.ts";
import { ReadOnlyError, StoreClosedError } from "../base/errors.ts";
import type { StoreContext } from "../context/compose.ts";
import { MetricBuffer } from "../metrics/metric_buffer.ts";

/** An open store's life: refuses calls once it is closed, and finishes those that are under way. */
export class Lifecycle implements Access<StoreContext> {
  /** Points that wait to be written. */
  readonly buffer: MetricBuffer;
  readonly #context: StoreContext;
  readonly #underWay = new Set<Promise<unknown>>();
  /** Ends verifications: whoever iterates over one may never come back to it. */
  readonly #ending = new AbortController();
  #closing: Promise<void> | undefined;

  /** Takes over what was opened. */
  constructor(context: StoreContext) {
    this.#context = context;
    this.buffer = new MetricBuffer((batch) => context.runs.logMetrics(batch));
  }

  /** Aborted when the store is closed. */
  get signal(): AbortSignal {
    return this.#ending.signal;
  }

  /** Whether the store is closed or closing. */
  get isClosed(): boolean {
    return this.#closing !== undefined;
  }

  /** What was opened; refused once closed. */
  require(): StoreContext {
    if (this.#closing) throw new StoreClosedError();
    return this.#context;
  }

  /** What was opened; refused once closed or where read-only. */
  requireWritable(): StoreContext {
    const context = this.require();
    if (context.readOnly) throw new ReadOnlyError();
    return context;
  }

  async use<T>(work: (context: StoreContext) => Promise<T>): Promise<T> {
    const context = this.require();
    const result = (async () => await work(context))();
    this.#underWay.add(result);
    try {
      return await result;
    } finally {
      this.#underWay.delete(result);
    }
  }

  read<T>(work: (context: StoreContext) => Promise<T>): Promise<T> {
    return this.use(async (context) => {
      await this.buffer.flush();
      return await work(context);
    });
  }

  write<T>(work: (context: StoreContext) => Promise<T>): Promise<T> {
    return this.use(() => work(this.requireWritable()));
  }

  /** Finishes the calls under way, writes waiting points, and closes. Calls after the first wait. */
  close(): Promise<void> {
    return this.#closing ??= (async () => {
      this.#ending.abort(new StoreClosedError());
      await Promise.allSettled(this.#underWay);
      try {
        await this.buffer.flush();
      } finally {
        await this.#context.close();
      }
    })();
  }
}
