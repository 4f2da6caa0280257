/**
 * How a room reaches the store that it belongs to. Each call is refused once the store is closed, and
 * is finished before the store closes.
 */
export interface Access<C> {
  /** Does work that reads what is stored. */
  use<T>(work: (context: C) => Promise<T>): Promise<T>;
  /** Does work that also reads logged metrics: waiting points are stored first. */
  read<T>(work: (context: C) => Promise<T>): Promise<T>;
  /** Does work that writes; refused where the store is read-only. */
  write<T>(work: (context: C) => Promise<T>): Promise<T>;
}
