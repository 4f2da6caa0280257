/** Writes that were done, so that one whose answer was lost is not done again. */

/** Writes that are remembered at most. */
const MOST = 10_000;

/** Milliseconds for which a write is remembered. */
const TIME = 10 * 60_000;

/** Results of writes, by the ids that their callers gave. */
export class Memo {
  readonly #done = new Map<string, { readonly at: number; readonly result: Promise<string> }>();
  readonly #now: () => number;

  /** Remembers nothing yet; `now` is the clock, in milliseconds. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** Does a write, unless one of this id is done or under way: its result is given then. */
  async once(id: string, write: () => Promise<string>): Promise<string> {
    const known = this.#done.get(id);
    if (known) return await known.result;
    this.#drop();
    const result = write();
    this.#done.set(id, { at: this.#now(), result });
    // What has failed changed nothing, and may be tried again.
    result.catch(() => this.#done.delete(id));
    return await result;
  }

  /** Forgets the oldest. */
  #drop(): void {
    const oldest = this.#now() - TIME;
    for (const [id, { at }] of this.#done) {
      if (at > oldest && this.#done.size < MOST) return;
      this.#done.delete(id);
    }
  }
}
