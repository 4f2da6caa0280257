/**
 * Guarded access of a component to its store. Every call throws `StoreClosedError` once the store
 * is closed; closing waits for calls that are running.
 */
export interface Access<C> {
  /** Runs work that only reads. */
  use<T>(work: (context: C) => Promise<T>): Promise<T>;
  /** Runs work that reads metrics: buffered points are flushed first. */
  read<T>(work: (context: C) => Promise<T>): Promise<T>;
  /** Runs work that writes. Throws `ReadOnlyError` if the store is read-only. */
  write<T>(work: (context: C) => Promise<T>): Promise<T>;
}
