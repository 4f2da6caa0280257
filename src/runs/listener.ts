/** Queue of changes for one watcher. */
import type { Change, ChangePosition } from "../metadata/change_log.ts";

/** Maximum number of queued changes for a slow reader. */
const MOST_WAITING = 10_000;

/** Changes found by one poll. */
export interface Batch {
  /** The changes. */
  readonly changes: readonly Change[];
  /** Position after them. */
  readonly position: ChangePosition;
}

/** A queue of changes. */
export class Listener {
  #waiting: Batch[] = [];
  #count = 0;
  #isOverrun = false;
  #failure: { readonly error: unknown } | undefined;
  #wake: (() => void) | undefined;

  /** Adds changes. If the reader is too slow, it must read them from the store again. */
  push(batch: Batch): void {
    this.#count += batch.changes.length;
    if (this.#count > MOST_WAITING) this.#isOverrun = true;
    if (this.#isOverrun) this.#waiting = [];
    else this.#waiting.push(batch);
    this.#wake?.();
  }

  /** Ends the iteration with an error. */
  fail(error: unknown): void {
    this.#failure = { error };
    this.#wake?.();
  }

  /** Yields changes until the signal aborts or the queue overflows. */
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
