import type { Access } from "../base/access.ts";
import { ReadOnlyError, StoreClosedError } from "../base/errors.ts";
import type { StoreContext } from "../context/compose.ts";
import { MetricBuffer } from "../metrics/metric_buffer.ts";
import { AttachedRuns } from "../runs/attached_runs.ts";
import { onProcessEnd } from "./process_end.ts";

/** Lifecycle of an open store: rejects calls once it is closed, and waits for running ones. */
export class Lifecycle implements Access<StoreContext> {
  /** Buffered metric points. */
  readonly buffer: MetricBuffer;
  /** Runs of this process. */
  readonly attached: AttachedRuns;
  readonly #context: StoreContext;
  readonly #underWay = new Set<Promise<unknown>>();
  /** Aborts verifications on close: a caller may never finish iterating. */
  readonly #ending = new AbortController();
  readonly #handleSignals: boolean;
  #closing: Promise<void> | undefined;
  #ignoreEnd: (() => void) | undefined;

  /** Creates the lifecycle of an open context. */
  constructor(context: StoreContext, handleSignals: boolean) {
    this.#context = context;
    this.#handleSignals = handleSignals;
    this.buffer = new MetricBuffer((batch) => context.metadata.runs.logMetrics(batch));
    this.attached = new AttachedRuns(context.metadata);
  }

  /**
   * Watches for the end of the process, which would lose buffered points and leave runs running.
   */
  watchProcess(): void {
    this.#ignoreEnd ??= onProcessEnd({
      onInterrupt: (reason) => this.#interrupted(reason),
      onEnd: (reason) => this.#ended(reason),
    }, this.#handleSignals);
  }

  async #interrupted(reason: string): Promise<void> {
    // Includes points logged during the flush.
    do await this.buffer.flush(); while (this.buffer.unwritten.length > 0);
    for (const id of this.attached.ids) {
      this.attached.interrupt(id);
      await this.#context.metadata.runs.update(
        id,
        { status: "failed", endTime: new Date(), error: reason },
        [
          "running",
        ],
      );
    }
  }

  #ended(error: string): void {
    if (this.isClosed) return;
    this.#context.metadata.finishSync?.({
      batches: this.buffer.unwritten,
      runIds: this.attached.ids,
      error,
    });
    this.buffer.stop();
    this.attached.stop();
  }

  /** Signal that aborts when the store is closed. */
  get signal(): AbortSignal {
    return this.#ending.signal;
  }

  /** Whether the store is closed or closing. */
  get isClosed(): boolean {
    return this.#closing !== undefined;
  }

  /** Returns the context. Throws `StoreClosedError` once the store is closed. */
  require(): StoreContext {
    if (this.#closing) throw new StoreClosedError();
    return this.#context;
  }

  /** Returns the context for writing. Also throws `ReadOnlyError` if the store is read-only. */
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

  /** Runs maintenance that writes. A dry run only reads, so a read-only store allows it. */
  maintain<T>(
    { dryRun = false }: { readonly dryRun?: boolean },
    work: (context: StoreContext) => Promise<T>,
  ): Promise<T> {
    return dryRun ? this.use(work) : this.write(work);
  }

  /**
   * Waits for running calls, writes buffered points, and closes. Further calls wait for the first.
   */
  close(): Promise<void> {
    return this.#closing ??= (async () => {
      this.#ending.abort(new StoreClosedError());
      await Promise.allSettled(this.#underWay);
      try {
        await this.buffer.flush();
      } finally {
        this.buffer.stop();
        this.attached.stop();
        await this.#context.close().finally(() => this.#ignoreEnd?.());
      }
    })();
  }
}
