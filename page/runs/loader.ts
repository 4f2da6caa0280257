/** Loads the rows of a table that is too long to be loaded whole. */
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { ApiError, connection, get, needsSignIn, type Query } from "../api.ts";
import type { Row, TablePage } from "../types.ts";

/** Rows of the first page: few, so that it is there at once. */
const FIRST = 100;

/** Rows of the others. */
const NEXT = 500;

/** Rows as they are loaded. */
export interface Rows {
  /** Rows so far; a place that is not loaded is empty. */
  readonly rows: readonly (Row | undefined)[];
  /** How many there are; `undefined` until the server has answered. */
  readonly total: number | undefined;
  /** Why the last try failed. */
  readonly error: ApiError | undefined;
  /** Whether the rows are those of an earlier query. */
  readonly stale: boolean;
  /** Has rows loaded up to a place. */
  readonly want: (from: number, to: number) => void;
  /** Loads what is shown once more. */
  readonly refresh: () => void;
}

interface State {
  readonly key: string;
  readonly rows: readonly (Row | undefined)[];
  readonly total: number | undefined;
  readonly error: ApiError | undefined;
}

/** Rows of a query, loaded where they are wanted. */
export function useRows(query: Query, ready = true): Rows {
  const key = JSON.stringify(query);
  const [state, setState] = useState<State>({
    key: "",
    rows: [],
    total: undefined,
    error: undefined,
  });
  const live = useRef({ key, busy: new Set<number>(), window: [0, FIRST] as [number, number] });
  if (live.current.key !== key) {
    live.current = { key, busy: new Set(), window: [0, FIRST] };
  }
  const load = useCallback(async (from: number, limit: number) => {
    const { busy } = live.current;
    if (busy.has(from)) return;
    busy.add(from);
    try {
      const page = await get<TablePage>("/api/table", { ...query, limit, offset: from });
      if (live.current.key !== key) return;
      setState((old) => {
        const base = old.key === key ? old.rows : [];
        const rows = base.slice(0, page.total);
        page.runs.forEach((row, at) => rows[from + at] = row);
        // What was shifted out of the end of a page that has become shorter.
        rows.length = page.total;
        return { key, rows, total: page.total, error: undefined };
      });
    } catch (error) {
      if (live.current.key !== key) return;
      const problem = error instanceof ApiError ? error : new ApiError(String(error), 0);
      setState((old) => ({ ...old, error: problem }));
    } finally {
      busy.delete(from);
    }
  }, [key]);
  const refresh = useCallback(() => {
    const [from, to] = live.current.window;
    const start = Math.floor(from / FIRST) * FIRST;
    void load(start, Math.min(1000, Math.ceil((to - start) / FIRST) * FIRST || FIRST));
  }, [load]);
  useEffect(() => {
    if (!ready) return;
    void load(0, FIRST);
    const retry = () => {
      if (connection.get() === "live" && !needsSignIn.get()) refresh();
    };
    const stops = [connection.watch(retry), needsSignIn.watch(retry)];
    return () => stops.forEach((stop) => stop());
  }, [key, ready]);
  const own = state.key === key;
  const rows = state.rows;
  const want = useCallback((from: number, to: number) => {
    live.current.window = [from, to];
    if (!own) return;
    let at = from;
    while (at < to && rows[at]) at++;
    if (at >= to) return;
    const start = Math.floor(at / NEXT) * NEXT;
    void load(start, NEXT);
    if (to > start + NEXT) void load(start + NEXT, NEXT);
  }, [rows, own, load]);
  return { rows, total: state.total, error: state.error, stale: !own, want, refresh };
}
