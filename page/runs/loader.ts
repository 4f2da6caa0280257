/** Loads the rows of a table that is too long to be loaded whole. */
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { ApiError, get, onReturn, type Query } from "../api.ts";
import type { Row, TablePage } from "../types.ts";

/** Rows of a page: few, so that the first is there at once. */
const PAGE = 100;

/** Pages that one call loads at most. */
const MOST_PAGES = 10;

/** Pages that are loaded around those in sight. */
const AROUND = 2;

/** Maximum number of cached pages; pages far from the visible rows are dropped. */
const MOST_KEPT = 300;

/** A column that no run has: only what every row has is answered. */
const NO_COLUMNS = "tags. ";

/** Loaded rows. */
export interface Rows {
  /** Rows so far; a place that is not loaded is empty. */
  readonly rows: readonly (Row | undefined)[];
  /** How many there are; `undefined` until the server has answered. */
  readonly total: number | undefined;
  /** Why the last try failed. */
  readonly error: ApiError | undefined;
  /** Whether the rows are those of an earlier query. */
  readonly stale: boolean;
  /** Has the rows of some places loaded. */
  readonly want: (from: number, to: number) => void;
  /** Reloads the visible rows. */
  readonly refresh: () => void;
  /** The ids of the runs at some places, loaded or not. */
  readonly idsBetween: (from: number, to: number) => Promise<string[]>;
}

/** Loaded pages of one query. */
interface Pages {
  readonly key: string;
  readonly rows: (Row | undefined)[];
  total: number | undefined;
  /** Numbers of the pages that are loaded. */
  readonly loaded: Set<number>;
  /** Those of them that are current. */
  readonly fresh: Set<number>;
  /** The call that is under way. */
  busy: Promise<void> | undefined;
  /** Whether everything changed while it was under way. */
  again: boolean;
  /** Places that were in sight last. */
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
    loaded: new Set(),
    fresh: new Set(),
    busy: undefined,
    again: false,
    window: [0, PAGE],
  };
}

/** The pages to load next: those in sight that are not current, then those around that are not there. */
function missingPages(
  { loaded, fresh, window: [from, to], total }: Pages,
): [first: number, count: number] {
  const last = total === undefined ? 0 : Math.max(0, Math.ceil(total / PAGE) - 1);
  const [low, high] = [Math.floor(from / PAGE), Math.floor(Math.max(from, to - 1) / PAGE)];
  for (const [known, around] of [[fresh, 0], [loaded, AROUND]] as const) {
    const isMissing = (page: number) => !known.has(page);
    const [begin, end] = [Math.max(0, low - around), Math.min(high + around, last)];
    let first = begin;
    while (first <= end && !isMissing(first)) first++;
    let count = 0;
    while (count < MOST_PAGES && first + count <= end && isMissing(first + count)) count++;
    if (count > 0) return [first, count];
  }
  return [0, 0];
}

/** Drops pages far from the visible rows. */
function dropFar({ rows, loaded, fresh, window: [from, to] }: Pages): void {
  if (loaded.size <= MOST_KEPT) return;
  const [low, high] = [from / PAGE - MOST_KEPT / 4, to / PAGE + MOST_KEPT / 4];
  for (const page of [...loaded]) {
    if (page === 0 || page > low && page < high) continue;
    loaded.delete(page);
    fresh.delete(page);
    for (let at = page * PAGE; at < (page + 1) * PAGE; at++) delete rows[at];
  }
}

/** Rows of a query, loaded page by page where they are wanted. */
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
  const { want, refresh, idsBetween } = useMemo(() => {
    const pages = live.current;
    const isCurrent = () => live.current === pages;
    const show = (error?: ApiError) => {
      if (!isCurrent()) return;
      const { rows, total } = pages;
      setState((old) =>
        error ? { ...old, error } : { key, rows: [...rows], total, error: undefined }
      );
    };
    const load = async (first: number, count: number) => {
      const [offset, limit] = [first * PAGE, count * PAGE];
      const page = await get<TablePage>("/api/table", {
        ...query,
        limit,
        offset: offset === 0 ? undefined : offset,
      });
      pages.total = page.total;
      pages.rows.length = page.total;
      for (let at = 0; at < limit && offset + at < page.total; at++) {
        pages.rows[offset + at] = page.runs[at];
      }
      for (let page = first; page < first + count; page++) {
        pages.fresh.add(page);
        pages.loaded.add(page);
      }
      dropFar(pages);
    };
    /** Loads missing pages, one request at a time. */
    const goOn = (): void => {
      const [first, count] = missingPages(pages);
      if (pages.busy || !isCurrent() || count === 0) return;
      pages.busy = load(first, count).then(() => {
        pages.busy = undefined;
        if (pages.again) pages.fresh.clear();
        pages.again = false;
        show();
        goOn();
      }, (error) => {
        pages.busy = undefined;
        show(error instanceof ApiError ? error : new ApiError(String(error), 0));
      });
    };
    return {
      want: (from: number, to: number) => {
        pages.window = [from, to];
        // The number of rows is unknown until the first page is loaded.
        if (pages.total !== undefined) goOn();
      },
      refresh: () => {
        // Other pages are reloaded when they become visible.
        if (pages.busy) pages.again = true;
        else pages.fresh.clear();
        goOn();
      },
      idsBetween: async (from: number, to: number) => {
        const ids: string[] = [];
        for (let at = from; at < to;) {
          const row = pages.rows[at];
          if (row) {
            ids.push(row.id);
            at++;
            continue;
          }
          const { runs } = await get<TablePage>("/api/table", {
            ...query,
            limit: Math.min(to - at, MOST_PAGES * PAGE),
            offset: at === 0 ? undefined : at,
            select: NO_COLUMNS,
          });
          if (runs.length === 0) break;
          ids.push(...runs.map(({ id }) => id));
          at += runs.length;
        }
        return [...new Set(ids)];
      },
    };
  }, [key]);
  useEffect(() => {
    if (!ready) return;
    refresh();
    return onReturn(refresh);
  }, [key, ready]);
  const { rows, total, error } = state;
  return { rows, total, error, stale: state.key !== key, want, refresh, idsBetween };
}
