import type { Access } from "../base/access.ts";
import { ReadOnlyError, StoreClosedError } from "../base/errors.ts";
import type { StoreContext } from "../context/compose.ts";
import { MetricBuffer } from "../metrics/metric_buffer.ts";
import { AttachedRuns } from "../runs/attached_runs.ts";
import { onProcessEnd } from "./process_end.ts";

/** An open store's life: refuses calls once it is closed, and finishes those that are under way. */
export class Lifecycle implements Access<StoreContext> {
  /** Points that wait to be written. */
  readonly buffer: MetricBuffer;
  /** Runs that live in this process. */
  readonly attached: AttachedRuns;
  readonly #context: StoreContext;
  readonly #underWay = new Set<Promise<unknown>>();
  /** Ends verifications: whoever iterates over one may never come back to it. */
  readonly #ending = new AbortController();
  readonly #handleSignals: boolean;
  #closing: Promise<void> | undefined;
  #ignoreEnd: (() => void) | undefined;

  /** Takes over what was opened. */
  constructor(context: StoreContext, handleSignals: boolean) {
    this.#context = context;
    this.#handleSignals = handleSignals;
    this.buffer = new MetricBuffer((batch) => context.metadata.runs.logMetrics(batch));
    this.attached = new AttachedRuns(context.metadata);
  }

  /** Has the end of the process, which would lose points and leave runs running, reported. */
  watchProcess(): void {
    this.#ignoreEnd ??= onProcessEnd({
      interrupted: (reason) => this.#interrupted(reason),
      ended: (reason) => this.#ended(reason),
    }, this.#handleSignals);
  }

  async #interrupted(reason: string): Promise<void> {
    // Also what is logged meanwhile.
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
    this.#context.metadata.finishNow?.({
      batches: this.buffer.unwritten,
      runIds: this.attached.ids,
      error,
    });
    this.buffer.stop();
    this.attached.stop();
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

  /** Work that writes unless it is a dry run, which a read-only store allows too. */
  maintain<T>(
    { dryRun = false }: { readonly dryRun?: boolean },
    work: (context: StoreContext) => Promise<T>,
  ): Promise<T> {
    return dryRun ? this.use(work) : this.write(work);
  }

  /** Finishes the calls under way, writes waiting points, and closes. Calls after the first wait. */
  close(): Promise<void> {
    return this.#closing ??= (async () => {
      this.#ending.abort(new StoreClosedError());
      await Promise.allSettled(this.#underWay);
      try {
        await this.buffer.flush();
      } finally {
        this.buffer.stop();
        this.attached.stop();
        await this.#context.close();
        this.#ignoreEnd?.();
      }
    })();
  }
}
