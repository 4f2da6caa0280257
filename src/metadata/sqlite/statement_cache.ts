/** Prepared statements by their text. */

/** Statements that are kept. A search of a client makes a statement of a shape that may be new. */
const MOST = 500;

/** Keeps the statements that were used last; others are left to the garbage collector. */
export class StatementCache<T> {
  readonly #statements = new Map<string, T>();

  /** The statement of a text, prepared if it is not kept. */
  get(sql: string, prepare: (sql: string) => T): T {
    const kept = this.#statements.get(sql);
    const statement = kept ?? prepare(sql);
    if (kept !== undefined && this.#statements.size < MOST) return kept;
    // The last of a map is the one that was set last.
    this.#statements.delete(sql);
    this.#statements.set(sql, statement);
    if (this.#statements.size > MOST) {
      this.#statements.delete(this.#statements.keys().next().value!);
    }
    return statement;
  }

  /** Number of statements that are kept. */
  get size(): number {
    return this.#statements.size;
  }

  /** Forgets all statements. */
  clear(): void {
    this.#statements.clear();
  }
}
