/** Semaphore: at most `limit` holders at a time; further callers wait in order. */
export class Gate {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  /** Creates a gate for `limit` holders. */
  constructor(limit: number) {
    this.#free = limit;
  }

  /**
   * Waits for a free slot.
   *
   * @param signal Cancels the wait.
   * @returns A function that frees the slot; calling it again does nothing.
   * @throws The signal's reason, if it aborts first.
   */
  async enter(signal?: AbortSignal): Promise<() => void> {
    signal?.throwIfAborted();
    if (this.#free > 0) this.#free--;
    else await this.#queue(signal);
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      const next = this.#waiting.shift();
      if (next) next();
      else this.#free++;
    };
  }

  #queue(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const enter = () => {
        signal?.removeEventListener("abort", stop);
        resolve();
      };
      const stop = () => {
        this.#waiting.splice(this.#waiting.indexOf(enter), 1);
        reject(signal!.reason);
      };
      this.#waiting.push(enter);
      signal?.addEventListener("abort", stop, { once: true });
    });
  }
}
