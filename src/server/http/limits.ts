/** What a client may take up before it is cut off. */

/** Limits of a server. */
export interface ConnectionLimits {
  /** Connections at a time; more are closed at once. */
  readonly connections: number;
  /** Bytes of the request line and the headers together. */
  readonly headerBytes: number;
  /** Milliseconds within which the headers have to arrive. */
  readonly headerTime: number;
  /** Milliseconds that a connection may stay open without a request. */
  readonly idleTime: number;
  /** Milliseconds that a body, in either direction, may stand still. */
  readonly stallTime: number;
  /** Bytes a second that a body must bring on average, once it has had the time to stand still. */
  readonly leastRate: number;
  /** Milliseconds that requests under way have once the server is to end. */
  readonly endTime: number;
}

/** The limits of `chachaml serve`. */
export const LIMITS: ConnectionLimits = {
  connections: 1000,
  headerBytes: 64 * 1024,
  headerTime: 20_000,
  idleTime: 120_000,
  stallTime: 60_000,
  leastRate: 1024,
  endTime: 25_000,
};

/** A body that comes too slowly. */
export class SlowBodyError extends Error {
  override readonly name = "SlowBodyError";
}

/** Watches that something goes on: calls `onStall` where nothing does for some milliseconds. */
export class Watch {
  readonly #time: number;
  readonly #onStall: () => void;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** Watches from `start` on. */
  constructor(time: number, onStall: () => void) {
    this.#time = time;
    this.#onStall = onStall;
  }

  /** Waits from now on. */
  start(): void {
    this.stop();
    this.#timer = setTimeout(this.#onStall, this.#time);
  }

  /** Ends waiting. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
