/** Cache of prepared statements by text. */

/** Maximum number of statements. Searches of clients create statements of ever new shapes. */
const MOST = 500;

/** Least-recently-used cache; evicted statements are left to the garbage collector. */
export class StatementCache<T> {
  readonly #statements = new Map<string, T>();

  /** Returns the statement of a text, preparing it if necessary. */
  get(sql: string, prepare: (sql: string) => T): T {
    const kept = this.#statements.get(sql);
    const statement = kept ?? prepare(sql);
    if (kept !== undefined && this.#statements.size < MOST) return kept;
    // A map keeps insertion order, so the most recent one is last.
    this.#statements.delete(sql);
    this.#statements.set(sql, statement);
    if (this.#statements.size > MOST) {
      this.#statements.delete(this.#statements.keys().next().value!);
    }
    return statement;
  }

  /** Number of cached statements. */
  get size(): number {
    return this.#statements.size;
  }

  /** Removes all statements. */
  clear(): void {
    this.#statements.clear();
  }
}
