/** Changes on their way to one who watches. */
import type { Change, ChangePosition } from "../metadata/change_log.ts";

/** Changes that wait for a slow reader at most. */
const MOST_WAITING = 10_000;

/** Changes that were found together. */
export interface Batch {
  /** The changes. */
  readonly changes: readonly Change[];
  /** The place behind them. */
  readonly position: ChangePosition;
}

/** A queue of changes. */
export class Listener {
  #waiting: Batch[] = [];
  #count = 0;
  #isOverrun = false;
  #failure: { readonly error: unknown } | undefined;
  #wake: (() => void) | undefined;

  /** Adds changes. A reader that is too slow has to read them from the store again. */
  take(batch: Batch): void {
    this.#count += batch.changes.length;
    if (this.#count > MOST_WAITING) this.#isOverrun = true;
    if (this.#isOverrun) this.#waiting = [];
    else this.#waiting.push(batch);
    this.#wake?.();
  }

  /** Ends the reading with an error. */
  fail(error: unknown): void {
    this.#failure = { error };
    this.#wake?.();
  }

  /** Gives changes as they come, until the signal ends it or too many have been waiting. */
  async *batches(signal: AbortSignal | undefined): AsyncGenerator<Batch> {
    const wake = () => this.#wake?.();
    signal?.addEventListener("abort", wake);
    try {
      while (!signal?.aborted && !this.#isOverrun) {
        const batch = this.#waiting.shift();
        if (batch) {
          this.#count -= batch.changes.length;
          yield batch;
        } else if (this.#failure) throw this.#failure.error;
        else await new Promise<void>((resolve) => this.#wake = resolve);
      }
    } finally {
      signal?.removeEventListener("abort", wake);
    }
  }
}
