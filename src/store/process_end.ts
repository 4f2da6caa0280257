/** Notification of open stores before the process ends. */
import { builtin } from "../base/builtin.ts";

/** Callbacks of one store. */
export interface ProcessEndListener {
  /** Called when a signal asks the process to end; the process waits for the promise. */
  onInterrupt(reason: string): Promise<void>;
  /** Called synchronously at the end of the process. */
  onEnd(reason: string): void;
}

/** Signals that end a process without a listener. */
const SIGNALS: readonly Deno.Signal[] = ["SIGINT", "SIGTERM", "SIGHUP"];

/** Maximum delay of a signal, in milliseconds. */
const PATIENCE = 10_000;

const endings = new Set<ProcessEndListener>();
const withSignals = new Set<ProcessEndListener>();
const listeners = new Map<Deno.Signal, () => void>();
let listening = false;
/** Whether the event loop has run out of work, which is a regular end. */
let isIdle = false;

/**
 * Calls back before the process ends, unless it ends because it has no more work.
 *
 * @param ending Callbacks.
 * @param signals Whether to listen to signals.
 * @returns A function that unsubscribes.
 */
export function onProcessEnd(ending: ProcessEndListener, signals: boolean): () => void {
  endings.add(ending);
  if (signals) withSignals.add(ending);
  if (!listening) listen();
  if (signals && listeners.size === 0) listenToSignals();
  return () => {
    endings.delete(ending);
    withSignals.delete(ending);
    if (withSignals.size === 0) ignoreSignals();
    if (endings.size === 0) stopListening();
  };
}

function listen(): void {
  listening = true;
  addEventListener("beforeunload", noteIdle);
  addEventListener("unload", unload);
  addEventListener("unhandledrejection", reject);
  addEventListener("error", fail);
}

function stopListening(): void {
  listening = false;
  removeEventListener("beforeunload", noteIdle);
  removeEventListener("unload", unload);
  removeEventListener("unhandledrejection", reject);
  removeEventListener("error", fail);
}

function noteIdle(): void {
  isIdle = true;
  // New work may arrive after this event, so the flag is reset. The timer itself must not count as
  // work.
  Deno.unrefTimer(setTimeout(() => isIdle = false, 0));
}

function unload(): void {
  if (!isIdle) end("the process was ended by Deno.exit()");
}

function reject(event: PromiseRejectionEvent): void {
  // A handled rejection does not end the process.
  if (!event.defaultPrevented) end(describe(event.reason));
}

function fail(event: ErrorEvent): void {
  if (!event.defaultPrevented) end(describe(event.error ?? event.message));
}

function describe(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}

function end(reason: string): void {
  for (const ending of [...endings]) {
    try {
      ending.onEnd(reason);
    } catch {
      // The other stores must still be notified.
    }
  }
}

function listenToSignals(): void {
  for (const signal of Deno.build.os === "windows" ? ["SIGINT" as const] : SIGNALS) {
    const listener = () => void interrupt(signal);
    try {
      Deno.addSignalListener(signal, listener);
      listeners.set(signal, listener);
    } catch {
      // The signal cannot be listened to on this system.
    }
  }
}

function ignoreSignals(): void {
  for (const [signal, listener] of listeners) Deno.removeSignalListener(signal, listener);
  listeners.clear();
}

/** Notifies every store, then lets the signal take its default effect. */
async function interrupt(signal: Deno.Signal): Promise<void> {
  const asked = [...withSignals];
  // A second signal takes effect at once.
  ignoreSignals();
  const done = asked.map((ending) => ending.onInterrupt(`ended by ${signal}`).catch(() => {}));
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise((resolve) => timer = setTimeout(resolve, PATIENCE));
  await Promise.race([Promise.all(done), late]);
  clearTimeout(timer);
  if (Deno.permissions.querySync({ name: "run" }).state === "granted") {
    Deno.kill(Deno.pid, signal);
  } else if (builtin("node:process").listenerCount(signal) === 0) {
    // Without permission to send a signal, exit with the code that shells report for it.
    Deno.exit(128 + builtin("node:os").constants.signals[signal as "SIGINT"]);
  }
}
