/** Search for runs in SQLite. */
import { fromEdn, type ParamValue } from "../../edn/mod.ts";
import type { SqlConnection, SqlRow, SqlValue } from "./sql_driver.ts";
import { MetricSummaries } from "./metric_summaries.ts";
import type { Run } from "../run.ts";
import { type Condition, numberOf, type RunOrder, type RunQuery, testFor } from "../run_query.ts";
import { rareRuns } from "./rare_runs.ts";
import { runOf, SELECT_RUN } from "./run_rows.ts";
import { text, whole } from "./whole_text.ts";

/** Number of runs read at once; each page is twice as large as the previous one. */
const [FIRST_PAGE, LARGEST_PAGE] = [50, 1600];

/** Returns the runs that match a query, in its order. */
export function searchRuns(sql: SqlConnection, query: RunQuery): Run[] {
  const { sortBy, limit = Infinity } = query;
  if (limit === 0) return [];
  const fits = fitOf(sql, query);
  if (sortBy && !query.tags) {
    // Only runs in the result are read completely.
    const fitsRow = fits?.row ?? (() => true);
    const rows = (fits ? undefined : leadingTimes(sql, query)) ??
      leadingRows(sql, query, fitsRow) ??
      (rareRows(sql, query, SELECT_ORDERED, MANY) ??
        [...pagesOf(sql, query, SELECT_ORDERED)].flat())
        .filter(fitsRow).map(orderedOf);
    const read = sql.prepare(`${SELECT_RUN} WHERE rowid = ?`);
    return withTags(
      sql,
      sort(sql, rows, sortBy).slice(0, limit).map(({ row }) => read.get(row)).filter((row) =>
        row !== undefined
      ),
    );
  }
  const matching = (rows: readonly SqlRow[]) =>
    fits ? withTags(sql, rows.filter(fits.row)).filter(fits.run) : withTags(sql, rows);
  const runs: Run[] = [];
  let looks = 0;
  // SQL tests tags while it reads a page, so the first page may be the last.
  let rare = query.tags && rareRows(sql, query, SELECT_PAGED, sortBy ? MANY : FEW);
  for (const rows of rare ? [] : pagesOf(sql, query, SELECT_PAGED, fits ? undefined : limit)) {
    runs.push(...matching(rows));
    if (!sortBy && runs.length >= limit) break;
    // Values that many runs have are found among the newest.
    const isTime = !sortBy && fits && looks < FEW_LOOKS && (looks += rows.length) >= FEW_LOOKS;
    rare = isTime ? rareRows(sql, query, SELECT_PAGED, MANY) : undefined;
    if (rare) break;
  }
  if (rare) runs.splice(0, Infinity, ...matching(rare));
  return (sortBy ? sort(sql, runs, sortBy) : runs).slice(0, limit);
}

const SELECT_PAGED = SELECT_RUN.replace(" FROM ", ", rowid AS row FROM ");

/** Number of newest runs checked before those with a rare value are looked up. */
const FEW_LOOKS = 150;

/** Number of runs with a rare value: reading them costs less than reading pages of all. */
const [FEW, MANY] = [200, 5000];

/** Returns the runs that may match, newest first, if a condition lets at most `most` match. */
function rareRows(
  sql: SqlConnection,
  query: RunQuery,
  select: string,
  most: number,
): SqlRow[] | undefined {
  const ids = rareRuns(sql, query, most);
  if (!ids) return undefined;
  const { conditions, values } = conditionsOf(query);
  const get = sql.prepare(`${select} ${whereAll([...conditions, "id = ?"])}`);
  return [...ids].map((id) => get.get(...values, id)).filter((row) => row !== undefined)
    .sort((a, b) => Number(b.start_time) - Number(a.start_time) || Number(b.row) - Number(a.row));
}

/** Columns of a run that its order may depend on. */
const SELECT_ORDERED = `SELECT ${whole("id")}, start_time, end_time, rowid AS row FROM runs`;

type Ordered = Pick<Run, "id" | "startTime" | "endTime">;

type OrderedRow = Ordered & { readonly row: SqlValue };

function orderedOf({ id, start_time, end_time, row }: SqlRow): OrderedRow {
  return {
    id: text(id),
    startTime: new Date(Number(start_time)),
    endTime: end_time === null ? null : new Date(Number(end_time)),
    row: row ?? null,
  };
}

const TIMES = { start: "start_time", end: "end_time", duration: "end_time - start_time" } as const;

/** Returns the first runs by a time, in this order; `undefined` if too few runs have the time. */
function leadingTimes(sql: SqlConnection, query: RunQuery): OrderedRow[] | undefined {
  const { sortBy, limit } = query;
  if (!sortBy || !("time" in sortBy) || limit === undefined) return undefined;
  const { conditions, values } = conditionsOf(query);
  const time = TIMES[sortBy.time];
  const rows = sql.prepare(
    `${SELECT_ORDERED} ${whereAll([...conditions, `${time} IS NOT NULL`])}
      ORDER BY ${time} ${sortBy.order === "asc" ? "ASC" : "DESC"}, start_time DESC, rowid DESC
      LIMIT ?`,
  ).all(...values, limit);
  return rows.length < limit ? undefined : rows.map(orderedOf);
}

/** Number of runs checked in the order of a metric, before all matching runs are read. */
const MAX_LOOKS = 1000;

/**
 * Returns the first runs by a value of a metric, including ties of the last one; `undefined`
 * if checking a few runs is not enough.
 */
function leadingRows(
  sql: SqlConnection,
  query: RunQuery,
  fitsRow: (row: SqlRow) => boolean,
): OrderedRow[] | undefined {
  const { sortBy, limit } = query;
  if (!sortBy || !("metric" in sortBy) || limit === undefined) return undefined;
  const { metric, of = "last", order = "desc" } = sortBy;
  const pages = new MetricSummaries(sql).inOrder(metric, of, order);
  const { conditions, values } = conditionsOf(query);
  const get = sql.prepare(`${SELECT_ORDERED} ${whereAll([...conditions, "id = ?"])}`);
  const found: OrderedRow[] = [];
  let value: SqlValue | undefined;
  let looks = 0;
  for (const page of pages ?? []) {
    for (const { run_id, ranked } of page) {
      if (found.length >= limit && ranked !== value) return found.sort(newestFirst);
      if (++looks > MAX_LOOKS) return undefined;
      const row = get.get(...values, text(run_id));
      if (!row || !fitsRow(row)) continue;
      found.push(orderedOf(row));
      if (found.length <= limit) value = ranked;
    }
  }
  return undefined;
}

/** Order of runs with equal values. */
function newestFirst(a: OrderedRow, b: OrderedRow): number {
  return b.startTime.getTime() - a.startTime.getTime() || Number(b.row) - Number(a.row);
}

/** Yields rows of runs that match the conditions known to SQL, newest first, in pages. */
function* pagesOf(
  sql: SqlConnection,
  query: RunQuery,
  select: string,
  limit: number = Infinity,
): Generator<SqlRow[]> {
  const { conditions, values } = conditionsOf(query);
  const tagged = tagConditions(query.tags ?? {});
  conditions.push(...tagged.conditions);
  values.push(...tagged.values);
  const order = "ORDER BY start_time DESC, rowid DESC LIMIT ?";
  const isSorted = query.sortBy !== undefined;
  let behind: string[] = [];
  let position: SqlValue[] = [];
  for (let size = isSorted ? LARGEST_PAGE : Math.min(FIRST_PAGE, limit);;) {
    const rows = sql.prepare(`${select} ${whereAll([...conditions, ...behind])} ${order}`)
      .all(...values, ...position, size);
    if (rows.length > 0) yield rows;
    if (rows.length < size) return;
    const { start_time = null, row = null } = rows.at(-1)!;
    behind = ["(start_time, rowid) < (?, ?)"];
    position = [start_time, row];
    size = Math.min(size * 2, LARGEST_PAGE);
  }
}

/**
 * Returns conditions for runs that may have tags: those of the start are EDN, which SQL cannot
 * read.
 */
function tagConditions(
  tags: Readonly<Record<string, string>>,
): { conditions: string[]; values: SqlValue[] } {
  const conditions: string[] = [];
  const values: SqlValue[] = [];
  for (const [key, value] of Object.entries(tags)) {
    // A name with other characters may be written with escapes, as may any name if there is a
    // backslash.
    const plain = /^[\w.-]+$/.test(key);
    conditions.push(
      "(EXISTS (SELECT 1 FROM tags WHERE run_id = runs.id AND key = ? AND value = ?) OR " +
        (plain ? "instr(runs.tags, ?) OR instr(runs.tags, '\\'))" : "runs.tags IS NOT NULL)"),
    );
    values.push(key, value, ...plain ? [key] : []);
  }
  return { conditions, values };
}

/** Returns predicates for conditions that SQL cannot test; `undefined` if there are none. */
function fitOf(
  sql: SqlConnection,
  { tags, params = {}, metrics = {} }: RunQuery,
): { row: (row: SqlRow) => boolean; run: (run: Run) => boolean } | undefined {
  const wanted = Object.entries(tags ?? {});
  const summaries = Object.keys(metrics).length > 0 ? new MetricSummaries(sql) : undefined;
  const fits = [
    ...Object.entries(params).map(([key, condition]) =>
      fit((id) => paramOf(sql, id, key), key, condition)
    ),
    ...Object.entries(metrics).map(([key, condition]) =>
      fit((id) => summaries!.value(id, key, "last"), key, condition)
    ),
  ];
  if (wanted.length + fits.length === 0) return undefined;
  return {
    row: ({ id }) => fits.every((fit) => fit(text(id))),
    run: (run) => wanted.every(([key, value]) => run.tags[key] === value),
  };
}

/** Returns the conditions that columns of runs can test. */
function conditionsOf(query: RunQuery): { conditions: string[]; values: SqlValue[] } {
  const all: [condition: string, value: SqlValue | undefined][] = [
    // As a range, it uses the index of ids.
    ["id >= ?", query.idPrefix],
    ["id < ?", query.idPrefix === undefined ? undefined : `${query.idPrefix}\u{10FFFF}`],
    ["experiment = ?", query.experiment],
    ["status = ?", query.status],
    ["name = ?", query.name],
    ["parent_run_id = ?", query.parentId],
    ["created_by = ?", query.createdBy],
    ["start_time >= ?", query.since?.getTime()],
    ["start_time < ?", query.before?.getTime()],
  ];
  const { archived = query.status || query.idPrefix ? "include" : "exclude" } = query;
  if (archived !== "include") {
    all.push([`status ${archived === "only" ? "=" : "<>"} ?`, "archived"]);
  }
  const said = all.filter(([, value]) => value !== undefined);
  return {
    conditions: said.map(([condition]) => condition),
    values: said.map(([, value]) => value!),
  };
}

/** Returns a `WHERE` clause for all conditions; empty without conditions. */
function whereAll(all: readonly string[]): string {
  return all.length === 0 ? "" : `WHERE ${all.join(" AND ")}`;
}

function fit(
  valueOf: (runId: string) => unknown,
  key: string,
  condition: Condition<ParamValue>,
): (runId: string) => boolean {
  const test = testFor(JSON.stringify(key), condition);
  return (runId) => test(valueOf(runId));
}

function paramOf(sql: SqlConnection, runId: string, key: string): unknown {
  const row = sql.prepare(`SELECT ${whole("value")} FROM params WHERE run_id = ? AND key = ?`)
    .get(runId, key);
  return row && fromEdn(text(row.value));
}

/** Returns the values of a param, by run. */
export function paramsByRun(sql: SqlConnection, key: string): Map<string, unknown> {
  const rows = sql.prepare(`SELECT ${whole("run_id", "value")} FROM params WHERE key = ?`).all(key);
  return new Map(rows.map((row) => [text(row.run_id), fromEdn(text(row.value))]));
}

/** Converts rows to runs with their tags. */
export function withTags(sql: SqlConnection, rows: readonly SqlRow[]): Run[] {
  const tags = sql.prepare(`SELECT ${whole("key", "value")} FROM tags WHERE run_id = ?`);
  return rows.map((row) => runOf(row, tags.all(text(row.id))));
}

/** Returns the sort key of a run: numbers before text, then NaN, then missing values. */
function sortKeyOf(
  sql: SqlConnection,
  by: RunOrder,
  runs: number,
): (run: Ordered) => unknown {
  if ("metric" in by) {
    const summaries = new MetricSummaries(sql);
    const { metric, of = "last" } = by;
    // Individually, if that is less work than reading all.
    if (runs <= MAX_LOOKS) return ({ id }) => summaries.value(id, metric, of);
    const values = summaries.byRun(metric, of);
    return ({ id }) => values.get(id);
  }
  if ("param" in by) {
    const values = paramsByRun(sql, by.param);
    return ({ id }) => {
      const value = values.get(id);
      return typeof value === "string" ? value : numberOf(value) ?? value;
    };
  }
  const { time } = by;
  return ({ startTime, endTime }) =>
    time === "start"
      ? startTime.getTime()
      : endTime === null
      ? undefined
      : endTime.getTime() - (time === "end" ? 0 : startTime.getTime());
}

function rankOf(key: unknown): number {
  if (typeof key === "number") return Number.isNaN(key) ? 3 : 0;
  return typeof key === "string" ? 1 : key === undefined ? 4 : 2;
}

function sort<T extends Ordered>(sql: SqlConnection, runs: readonly T[], by: RunOrder): T[] {
  const keyOf = sortKeyOf(sql, by, runs.length);
  const sign = by.order === "asc" ? 1 : -1;
  const keys = new Map(runs.map((run) => [run, keyOf(run)]));
  return runs.toSorted((a, b) => {
    const [x, y] = [keys.get(a), keys.get(b)];
    const [left, right] = [rankOf(x), rankOf(y)];
    if (left !== right || left > 1) return left - right;
    return x === y ? 0 : ((x as number) < (y as number) ? -1 : 1) * sign;
  });
}
