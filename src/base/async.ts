/** Waiting without holding up the event loop. */
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

/** The next pause, in milliseconds, between tries for a lock: random, and longer each time. */
export function backoffDelay(attempt: number): number {
  return (0.5 + Math.random()) * Math.min(25, 2 ** Math.min(attempt, 5));
}

/** Resolves after a turn of the event loop: work that never waits would hold up timers and I/O. */
export function yieldToEventLoop(): Promise<void> {
  return new Promise((resolve) => void builtin("node:timers").setImmediate(resolve));
}
