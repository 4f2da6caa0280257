/** Values that views watch. */
import { useEffect, useState } from "preact/hooks";

/** A value that can change, and those who watch it. */
export interface Cell<T> {
  /** The value. */
  get(): T;
  /** Changes the value; watchers learn of it unless it is the same. */
  set(value: T): void;
  /** Calls `watcher` after each change, until the returned function is called. */
  watch(watcher: () => void): () => void;
}

/** Makes a cell. */
export function cell<T>(value: T): Cell<T> {
  const watchers = new Set<() => void>();
  return {
    get: () => value,
    set: (next) => {
      if (Object.is(next, value)) return;
      value = next;
      for (const watcher of [...watchers]) watcher();
    },
    watch: (watcher) => {
      watchers.add(watcher);
      return () => void watchers.delete(watcher);
    },
  };
}

/** The value of a cell; the component renders again when it changes. */
export function useCell<T>(source: Cell<T>): T {
  const [, render] = useState({});
  useEffect(() => {
    const before = source.get();
    const stop = source.watch(() => render({}));
    if (!Object.is(before, source.get())) render({});
    return stop;
  }, [source]);
  return source.get();
}
