/** The runs that are selected. */
import { useCallback, useRef, useState } from "preact/hooks";
import { setTableQuery } from "../route.ts";
import type { Row } from "../types.ts";

/** Most that the address has room for. */
const MOST_IN_ADDRESS = 40;

/** The selected runs, and how to change them. */
export interface Selection {
  readonly ids: ReadonlySet<string>;
  /** Selects a run, or takes it out; with `range`, all since the last one. */
  readonly toggle: (row: Row, range: boolean) => void;
  /** Selects runs, besides those that are. */
  readonly add: (ids: readonly string[]) => void;
  /** The run that was selected last. */
  readonly last: () => string;
  readonly clear: () => void;
  /** Says in which order runs are shown, for ranges. */
  readonly setOrder: (order: readonly string[]) => void;
}

/** The selection; a small one is kept in the address. */
export function useSelection(query: URLSearchParams): Selection {
  const [ids, setIds] = useState<ReadonlySet<string>>(() =>
    new Set((query.get("selected") ?? "").split(",").filter((id) => id !== ""))
  );
  const newest = useRef({ ids, order: [] as readonly string[], last: "" });
  newest.current.ids = ids;
  const change = useCallback((next: ReadonlySet<string>) => {
    newest.current.ids = next;
    setIds(next);
    const short = next.size > 0 && next.size <= MOST_IN_ADDRESS;
    setTableQuery({ selected: short ? [...next].join() : undefined });
  }, []);
  const toggle = useCallback((row: Row, range: boolean) => {
    const { ids, order, last } = newest.current;
    const next = new Set(ids);
    const [from, to] = [order.indexOf(last), order.indexOf(row.id)];
    if (range && from >= 0 && to >= 0) {
      order.slice(Math.min(from, to), Math.max(from, to) + 1).forEach((id) => next.add(id));
    } else if (!next.delete(row.id)) next.add(row.id);
    newest.current.last = row.id;
    change(next);
  }, [change]);
  const add = useCallback((ids: readonly string[]) => {
    change(new Set([...newest.current.ids, ...ids]));
  }, [change]);
  const last = useCallback(() => newest.current.last, []);
  const clear = useCallback(() => {
    if (newest.current.ids.size > 0) change(new Set());
  }, [change]);
  const setOrder = useCallback((order: readonly string[]) => {
    newest.current.order = order;
  }, []);
  return { ids, toggle, add, last, clear, setOrder };
}
