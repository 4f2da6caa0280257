/** Results of recent writes, so that a repeated write is not performed again. */

/** Maximum number of remembered writes. */
const MOST = 10_000;

/** Time for which a write is remembered, in milliseconds. */
const TIME = 10 * 60_000;

/** Results of writes, by write id. */
export class Memo {
  readonly #done = new Map<string, { readonly at: number; readonly result: Promise<string> }>();
  readonly #now: () => number;

  /** Creates an empty memo; `now` is the clock, in milliseconds. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** Performs a write, or returns the result of an earlier or pending one with this id. */
  async once(id: string, write: () => Promise<string>): Promise<string> {
    const known = this.#done.get(id);
    if (known) return await known.result;
    this.#drop();
    const result = write();
    this.#done.set(id, { at: this.#now(), result });
    // A failed write changed nothing and may be repeated.
    result.catch(() => this.#done.delete(id));
    return await result;
  }

  /** Drops the oldest results. */
  #drop(): void {
    const oldest = this.#now() - TIME;
    for (const [id, { at }] of this.#done) {
      if (at > oldest && this.#done.size < MOST) return;
      this.#done.delete(id);
    }
  }
}
