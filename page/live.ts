/** Change events of the server. */
import { useEffect, useRef } from "preact/hooks";
import { connection, needsSignIn } from "./api.ts";
import type { LiveEvent } from "./types.ts";

const KINDS = ["run", "metrics", "artifact", "removed", "model"];

/** Milliseconds between two tries to reach a server that does not answer. */
const PATIENCE = 2000;

const listeners = new Set<(event: LiveEvent) => void>();
let source: EventSource | undefined;
let timer: ReturnType<typeof setTimeout> | undefined;

/** Listens to the server until the page closes; tries again after every loss. */
export function startLive(): void {
  connect();
  needsSignIn.watch(() => {
    if (!needsSignIn.get()) connect();
  });
}

function connect(): void {
  source?.close();
  clearTimeout(timer);
  source = new EventSource("/api/events");
  source.onopen = () => connection.set("live");
  source.onerror = () => {
    connection.set("lost");
    // Browsers do not reconnect after an error response, and wait long after other failures.
    source?.close();
    clearTimeout(timer);
    timer = setTimeout(() => void probe(), PATIENCE);
  };
  for (const kind of KINDS) {
    source.addEventListener(kind, (message) => tell(kind, (message as MessageEvent).data));
  }
}

/** Determines whether the server is unreachable or requires a sign-in. */
async function probe(): Promise<void> {
  if (needsSignIn.get()) return;
  const answer = await fetch("/api/store").catch(() => undefined);
  if (answer?.status === 401) needsSignIn.set(true);
  else connect();
}

function tell(kind: string, text: unknown): void {
  let data: Partial<LiveEvent> = {};
  try {
    data = JSON.parse(String(text)) as Partial<LiveEvent>;
  } catch {
    // The kind alone indicates a change.
  }
  for (const listener of listeners) listener({ ...data, kind });
}

/** Calls `work` after events that `concerns` it, at most once in `interval` milliseconds. */
export function useLive(
  concerns: (event: LiveEvent) => boolean,
  work: () => void,
  interval = 1000,
): void {
  const newest = useRef({ concerns, work });
  newest.current = { concerns, work };
  useEffect(() => {
    let [last, waiting] = [0, undefined as ReturnType<typeof setTimeout> | undefined];
    const run = () => {
      waiting = undefined;
      // A hidden page requests nothing and catches up once it is visible.
      if (document.hidden) return void (missed = true);
      last = Date.now();
      newest.current.work();
    };
    let missed = false;
    const listener = (event: LiveEvent) => {
      if (!newest.current.concerns(event)) return;
      waiting ??= setTimeout(run, Math.max(0, last + interval - Date.now()));
    };
    const seen = () => {
      if (!document.hidden && missed) {
        missed = false;
        run();
      }
    };
    listeners.add(listener);
    document.addEventListener("visibilitychange", seen);
    return () => {
      listeners.delete(listener);
      document.removeEventListener("visibilitychange", seen);
      clearTimeout(waiting);
    };
  }, [interval]);
}
