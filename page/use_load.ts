/** Loading of a view's data. */
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { messageOf, onReturn } from "./api.ts";

/** Loaded data. */
export interface Loaded<T> {
  /** The newest answer; of an earlier key no more. */
  readonly data: T | undefined;
  /** Why the last try failed. */
  readonly error: string | undefined;
  /** Reloads. The current data stays until the response arrives. */
  readonly reload: () => void;
}

/** Cached responses by key, so that "back" shows them at once. */
const remembered = new Map<string, unknown>();
const MOST_REMEMBERED = 40;

function remember(key: string, data: unknown): void {
  remembered.delete(key);
  remembered.set(key, data);
  if (remembered.size > MOST_REMEMBERED) remembered.delete(remembered.keys().next().value!);
}

/**
 * Loads by `load` whenever `key` changes, and again when the server is back. `undefined` as key loads
 * nothing.
 */
export function useLoad<T>(
  key: string | undefined,
  load: (signal: AbortSignal) => Promise<T>,
): Loaded<T> {
  const [state, setState] = useState<{ key?: string; data?: T; error?: string }>({});
  const newest = useRef(load);
  newest.current = load;
  const running = useRef<AbortController>(undefined);
  const again = useRef(false);
  const start = useCallback(() => {
    if (key === undefined) return;
    // One at a time: a burst of events leads to one more call, not to one each.
    if (running.current) {
      again.current = true;
      return;
    }
    const controller = new AbortController();
    running.current = controller;
    const done = () => {
      if (running.current !== controller) return;
      running.current = undefined;
      if (again.current) {
        again.current = false;
        start();
      }
    };
    newest.current(controller.signal).then((data) => {
      if (controller.signal.aborted) return;
      remember(key, data);
      setState({ key, data });
      done();
    }, (error) => {
      if (controller.signal.aborted) return;
      setState((old) => ({ ...old.key === key && old, key, error: messageOf(error) }));
      done();
    });
  }, [key]);
  useEffect(() => {
    start();
    const stop = onReturn(start);
    return () => {
      stop();
      running.current?.abort();
      running.current = undefined;
      again.current = false;
    };
  }, [start]);
  const own = state.key === key;
  const data = own && state.data !== undefined
    ? state.data
    : key === undefined
    ? undefined
    : remembered.get(key) as T | undefined;
  return { data, error: own ? state.error : undefined, reload: start };
}
