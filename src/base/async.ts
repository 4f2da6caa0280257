/** Timers that keep the event loop free. */
import { builtin } from "./builtin.ts";

/** Resolves after `milliseconds`; rejects with the signal's reason if that comes first. */
export function wait(milliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const stop = () => {
      clearTimeout(timer);
      reject(signal!.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", stop);
      resolve();
    }, milliseconds);
    signal?.addEventListener("abort", stop, { once: true });
  });
}

/**
 * Returns the delay before the next attempt to get a lock, in milliseconds: random, and longer
 * after each attempt.
 */
export function backoffDelay(attempt: number): number {
  return (0.5 + Math.random()) * Math.min(25, 2 ** Math.min(attempt, 5));
}

/**
 * Resolves after one turn of the event loop. A long synchronous loop awaits it to let timers and
 * I/O run.
 */
export function yieldToEventLoop(): Promise<void> {
  return new Promise((resolve) => void builtin("node:timers").setImmediate(resolve));
}
