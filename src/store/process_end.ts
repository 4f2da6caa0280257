/** What ends this process, reported to the stores that it has open. */
import { builtin } from "../base/builtin.ts";

/** What is to be done before the process ends. */
export interface Ending {
  /** A signal asks the process to end: it lives until the promise has settled. */
  interrupted(reason: string): Promise<void>;
  /** The process ends when this returns. */
  ended(reason: string): void;
}

/** Signals that end a process which does not listen. */
const SIGNALS: readonly Deno.Signal[] = ["SIGINT", "SIGTERM", "SIGHUP"];

/** Milliseconds that a signal is held up at most. */
const PATIENCE = 10_000;

const endings = new Set<Ending>();
const withSignals = new Set<Ending>();
const listeners = new Map<Deno.Signal, () => void>();
let listening = false;
/** Whether the process has nothing left to do, which is no early end. */
let isIdle = false;

/**
 * Has the end of the process reported, except one for want of work.
 *
 * @param ending Who is to know.
 * @param signals Whether signals are among it.
 * @returns A function that takes it back.
 */
export function onProcessEnd(ending: Ending, signals: boolean): () => void {
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
  // Work that has come up since makes it no end yet; the timer itself is none.
  Deno.unrefTimer(setTimeout(() => isIdle = false, 0));
}

function unload(): void {
  if (!isIdle) end("the process was ended by Deno.exit()");
}

function reject(event: PromiseRejectionEvent): void {
  // Somebody has dealt with it, and the process goes on.
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
      ending.ended(reason);
    } catch {
      // The others are to be asked, too.
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
      // It may not be listened to here.
    }
  }
}

function ignoreSignals(): void {
  for (const [signal, listener] of listeners) Deno.removeSignalListener(signal, listener);
  listeners.clear();
}

/** Has every store finish, then lets the signal do what it would have done without a listener. */
async function interrupt(signal: Deno.Signal): Promise<void> {
  const asked = [...withSignals];
  // A second signal does not wait.
  ignoreSignals();
  const done = asked.map((ending) => ending.interrupted(`ended by ${signal}`).catch(() => {}));
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise((resolve) => timer = setTimeout(resolve, PATIENCE));
  await Promise.race([Promise.all(done), late]);
  clearTimeout(timer);
  if (Deno.permissions.querySync({ name: "run" }).state === "granted") {
    Deno.kill(Deno.pid, signal);
  } else if (builtin("node:process").listenerCount(signal) === 0) {
    // Without the permission to send a signal: what a shell reports of a process that one has ended.
    Deno.exit(128 + builtin("node:os").constants.signals[signal as "SIGINT"]);
  }
}
