/** Limits of the resources that a client may use. */

/** Limits of a server. */
export interface ConnectionLimits {
  /** Maximum number of connections; further ones are closed at once. */
  readonly connections: number;
  /** Maximum size of the request line and the headers together, in bytes. */
  readonly headerBytes: number;
  /** Time limit for the headers, in milliseconds. */
  readonly headerTime: number;
  /** Time limit of a connection without request, in milliseconds. */
  readonly idleTime: number;
  /** Time limit of a stalled body, in either direction, in milliseconds. */
  readonly stallTime: number;
  /** Minimum average rate of a request body after `stallTime`, in bytes per second. */
  readonly leastRate: number;
  /** Time that pending requests have when the server shuts down, in milliseconds. */
  readonly endTime: number;
}

/** Limits of `chachaml serve`. */
export const LIMITS: ConnectionLimits = {
  connections: 1000,
  headerBytes: 64 * 1024,
  headerTime: 20_000,
  idleTime: 120_000,
  stallTime: 60_000,
  leastRate: 1024,
  endTime: 25_000,
};

/** A request body that is too slow. */
export class SlowBodyError extends Error {
  override readonly name = "SlowBodyError";
}

/** Timer that calls `onStall` after some milliseconds without progress. */
export class Watch {
  readonly #time: number;
  readonly #onStall: () => void;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** Creates a stopped timer. */
  constructor(time: number, onStall: () => void) {
    this.#time = time;
    this.#onStall = onStall;
  }

  /** Starts or restarts the timer. */
  start(): void {
    this.stop();
    this.#timer = setTimeout(this.#onStall, this.#time);
  }

  /** Stops the timer. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
