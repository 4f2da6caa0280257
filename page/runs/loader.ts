/** Loads the rows of a table that is too long to be loaded whole. */
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { ApiError, get, onReturn, type Query } from "../api.ts";
import type { Row, TablePage } from "../types.ts";

/** Rows of the first page: few, so that it is there at once. */
const FIRST = 100;

/** Rows of the others. */
const NEXT = 1000;

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

/** What is loaded of one query. */
interface Pages {
  readonly key: string;
  rows: Row[];
  total: number | undefined;
  /** Where the next page begins; `undefined` at the end, and before the first page. */
  next: string | undefined;
  /** Where pages began, by the place of their first row. */
  readonly starts: Map<number, string>;
  /** The page that is on its way. */
  busy: Promise<void> | undefined;
  /** Rows that were in sight last. */
  window: readonly [from: number, to: number];
}

interface State {
  readonly key: string;
  readonly rows: readonly (Row | undefined)[];
  readonly total: number | undefined;
  readonly error: ApiError | undefined;
}

function emptyPages(key: string): Pages {
  return {
    key,
    rows: [],
    total: undefined,
    next: undefined,
    starts: new Map(),
    busy: undefined,
    window: [0, FIRST],
  };
}

/** Rows of a query, loaded page by page as far as they are wanted. */
export function useRows(query: Query, ready = true): Rows {
  const key = JSON.stringify(query);
  const [state, setState] = useState<State>({
    key: "",
    rows: [],
    total: undefined,
    error: undefined,
  });
  const live = useRef(emptyPages(key));
  if (live.current.key !== key) live.current = emptyPages(key);
  const { load, want, refresh } = useMemo(() => {
    const pages = live.current;
    const isCurrent = () => live.current === pages;
    const show = (error?: ApiError) => {
      if (!isCurrent()) return;
      const { rows, total } = pages;
      setState((old) =>
        error ? { ...old, error } : { key, rows: [...rows], total, error: undefined }
      );
    };
    /** Runs one load at a time. */
    const alone = (work: () => Promise<void>): Promise<void> => {
      pages.busy ??= work().then(() => show(), (error) => {
        show(error instanceof ApiError ? error : new ApiError(String(error), 0));
      }).finally(() => pages.busy = undefined);
      return pages.busy;
    };
    const first = async (limit: number) => {
      const page = await get<TablePage>("/api/table", { ...query, limit });
      // What follows may have moved on: it is loaded again when it is wanted.
      pages.rows = [...page.runs];
      pages.total = page.total;
      pages.next = page.next ?? undefined;
      pages.starts.clear();
      if (page.next) pages.starts.set(pages.rows.length, page.next);
    };
    const more = async () => {
      const cursor = pages.next;
      if (cursor === undefined) return;
      const page = await get<TablePage>("/api/table", { ...query, limit: NEXT, cursor });
      pages.rows.push(...page.runs);
      pages.next = page.next ?? undefined;
      if (page.next) pages.starts.set(pages.rows.length, page.next);
    };
    /** Loads the page in sight again, far from the beginning. */
    const again = async (from: number) => {
      const start = [...pages.starts.keys()].filter((at) => at <= from).at(-1);
      const cursor = start === undefined ? undefined : pages.starts.get(start);
      if (start === undefined || cursor === undefined) return await first(FIRST);
      const page = await get<TablePage>("/api/table", { ...query, limit: NEXT, cursor });
      page.runs.forEach((row, at) => {
        if (start + at < pages.rows.length) pages.rows[start + at] = row;
      });
      const { total } = await get<TablePage>("/api/table", { ...query, limit: 1 });
      pages.total = total;
    };
    const want = (from: number, to: number): void => {
      pages.window = [from, to];
      if (pages.busy || pages.next === undefined || to <= pages.rows.length) return;
      void alone(more).then(() => isCurrent() && want(...pages.window));
    };
    const refresh = () => {
      const [from, to] = pages.window;
      void alone(() =>
        to <= NEXT ? first(Math.max(FIRST, pages.rows.length > FIRST ? to : 0)) : again(from)
      );
    };
    return { load: () => alone(() => first(FIRST)), want, refresh };
  }, [key]);
  useEffect(() => {
    if (!ready) return;
    void load();
    return onReturn(refresh);
  }, [key, ready]);
  const { rows, total, error } = state;
  return { rows, total, error, stale: state.key !== key, want, refresh };
}
