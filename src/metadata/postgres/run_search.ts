/** Search for runs in PostgreSQL. */
import { fromEdn, type ParamValue } from "../../edn/mod.ts";
import type { Run } from "../run.ts";
import { type Condition, numberOf, type ParamOrder, type RunQuery, testFor } from "../run_query.ts";
import { type SqlRow, text } from "../rows/value.ts";
import type { PgValue, Sql } from "./client.ts";
import { CHOICES } from "./metric_rows.ts";
import { RUN_COLUMNS, withTags } from "./run_rows.ts";

/** Number of runs checked at once if the server cannot evaluate a condition. */
const CHUNK = 500;

/** Runs with their position among those of equal start time. */
const RUNS = "runs AS r LEFT JOIN chachaml_known_runs AS k ON k.id = r.id";

const NEWEST_FIRST = "r.start_time DESC, k.place DESC NULLS LAST";

/** A part of a statement with its values. */
interface Part {
  readonly text: string;
  readonly values: readonly PgValue[];
}

/** Returns the runs that match a query, in its order. */
export async function searchRuns(sql: Sql, query: RunQuery): Promise<Run[]> {
  const { sortBy, limit = Infinity } = query;
  if (limit === 0) return [];
  const fits = fitsOf(query);
  if (!fits && !(sortBy && "param" in sortBy)) {
    return await withTags(sql, await leadingRows(sql, query) ?? await rowsOf(sql, query));
  }
  let ids = await idsOf(sql, query);
  if (sortBy && "param" in sortBy) ids = await sortByParam(sql, ids, sortBy);
  const runs: Run[] = [];
  for (let at = 0; at < ids.length && runs.length < limit; at += CHUNK) {
    const chunk = ids.slice(at, at + CHUNK);
    const left = fits ? await fits.ids(sql, chunk) : chunk;
    const found = await readRuns(
      sql,
      left.slice(0, fits?.isLate ? undefined : limit - runs.length),
    );
    runs.push(...fits ? found.filter(fits.run) : found);
  }
  return runs.slice(0, limit);
}

async function rowsOf(sql: Sql, query: RunQuery): Promise<SqlRow[]> {
  const { text: where, values } = conditionsOf(query);
  const { join, by, values: ordered } = orderOf(query);
  return await sql.all(
    `SELECT ${RUN_COLUMNS} FROM ${RUNS} ${join} ${where} ORDER BY ${by} LIMIT ?::bigint`,
    ...ordered,
    ...values,
    query.limit ?? null,
  );
}

async function idsOf(sql: Sql, query: RunQuery): Promise<string[]> {
  const { text: where, values } = conditionsOf(query);
  const { join, by, values: ordered } = orderOf(query);
  const rows = await sql.all(
    `SELECT r.id FROM ${RUNS} ${join} ${where} ORDER BY ${by}`,
    ...ordered,
    ...values,
  );
  return rows.map(({ id }) => text(id));
}

/**
 * Returns the first runs by the last value of a metric, using an index; `undefined` if there are
 * too few, or the query has another order.
 */
async function leadingRows(sql: Sql, query: RunQuery): Promise<SqlRow[] | undefined> {
  const { sortBy, limit } = query;
  if (!sortBy || !("metric" in sortBy) || limit === undefined) return undefined;
  const { metric, of = "last", order = "desc" } = sortBy;
  if (of !== "last") return undefined;
  const { text: where, values } = conditionsOf(query);
  const direction = order === "asc" ? "ASC" : "DESC";
  const rows = await sql.all(
    `SELECT ${RUN_COLUMNS} FROM chachaml_metric_summaries AS s JOIN runs AS r ON r.id = s.run_id
      LEFT JOIN chachaml_known_runs AS k ON k.id = r.id
      ${where === "" ? "WHERE" : `${where} AND`} s.key = ? AND s.last < 'NaN'
      ORDER BY s.last ${direction}, ${NEWEST_FIRST} LIMIT ?::bigint`,
    ...values,
    metric,
    limit,
  );
  return rows.length === limit ? rows : undefined;
}

/** Returns the joins and sort expression of a query's order. Numbers precede missing values. */
function orderOf({ sortBy }: RunQuery): { join: string; by: string; values: PgValue[] } {
  if (!sortBy || "param" in sortBy) return { join: "", by: NEWEST_FIRST, values: [] };
  const direction = sortBy.order === "asc" ? "ASC" : "DESC";
  if ("metric" in sortBy) {
    const value = `nullif(s.${CHOICES[sortBy.of ?? "last"]}, 'NaN')`;
    return {
      join: "LEFT JOIN chachaml_metric_summaries AS s ON s.run_id = r.id AND s.key = ?",
      by: `CASE WHEN s.run_id IS NULL THEN 2 WHEN ${value} IS NULL THEN 1 ELSE 0 END,
        ${value} ${direction}, ${NEWEST_FIRST}`,
      values: [sortBy.metric],
    };
  }
  const key = {
    // Each run has a start: the order is that of an index.
    start: `r.start_time ${direction}`,
    end: `r.end_time ${direction} NULLS LAST`,
    duration: `r.end_time - r.start_time ${direction} NULLS LAST`,
  }[sortBy.time];
  return { join: "", by: `${key}, ${NEWEST_FIRST}`, values: [] };
}

function conditionsOf(query: RunQuery): Part {
  const { idPrefix, since, before, tags = {}, metrics = {} } = query;
  const conditions: (readonly [condition: string, ...values: (PgValue | undefined)[]])[] = [
    // As a range, it uses the index of ids.
    [`r.id COLLATE "C" >= ?`, idPrefix],
    [`r.id COLLATE "C" < ?`, idPrefix === undefined ? undefined : `${idPrefix}\u{10FFFF}`],
    ["r.experiment = ?", query.experiment],
    ["r.status = ?", query.status],
    ["r.name = ?", query.name],
    ["r.parent_run_id = ?", query.parentId],
    ["r.created_by = ?", query.createdBy],
    ["r.start_time >= ?", since?.getTime()],
    ["r.start_time < ?", before?.getTime()],
    ...Object.entries(tags).map(([key, value]) => tagCondition(key, value)),
    ...Object.entries(metrics).flatMap(([key, condition]) => metricCondition(key, condition)),
  ];
  const { archived = query.status || idPrefix ? "include" : "exclude" } = query;
  if (archived !== "include") {
    conditions.push([`r.status ${archived === "only" ? "=" : "<>"} ?`, "archived"]);
  }
  const said = conditions.filter(([, ...values]) => !values.includes(undefined));
  return {
    text: said.length === 0 ? "" : `WHERE ${said.map(([condition]) => condition).join(" AND ")}`,
    values: said.flatMap(([, ...values]) => values as PgValue[]),
  };
}

/**
 * Returns a condition for runs that may have a tag: those of the start are EDN, which SQL cannot
 * read.
 */
function tagCondition(key: string, value: string): readonly [string, ...PgValue[]] {
  // A name with other characters may be written with escapes, as may any name if there is a
  // backslash.
  const plain = /^[\w.-]+$/.test(key);
  const started = plain
    ? String.raw`(strpos(r.tags, ?) > 0 OR strpos(r.tags, '\') > 0)`
    : "r.tags IS NOT NULL";
  return [
    `(EXISTS (SELECT 1 FROM tags AS t WHERE t.run_id = r.id AND t.key = ? AND t.value = ?)
      OR ${started})`,
    key,
    value,
    ...plain ? [key] : [],
  ];
}

/**
 * Returns a condition for runs that may match a condition on a metric; it is checked afterwards.
 */
function metricCondition(
  key: string,
  condition: Condition,
): (readonly [string, ...PgValue[]])[] {
  const bounds = typeof condition === "number" ? {} : condition;
  const operators = { gt: ">", gte: ">=", lt: "<", lte: "<=" } as const;
  const said = Object.entries(operators).flatMap(([name, operator]) => {
    const bound = (bounds as Record<string, unknown>)[name];
    return typeof bound === "number" ? [[`s.last ${operator} ?`, bound] as const] : [];
  });
  const all = ["s.key = ?", ...said.map(([text]) => text)].join(" AND ");
  return [[
    `r.id IN (SELECT s.run_id FROM chachaml_metric_summaries AS s WHERE ${all})`,
    key,
    ...said.map(([, bound]) => bound),
  ]];
}

/** Predicates for conditions that the server cannot evaluate. */
interface Fits {
  /** Returns those of the given runs whose params and metrics match, in the same order. */
  readonly ids: (sql: Sql, ids: readonly string[]) => Promise<string[]>;
  /** Returns whether the tags of a run match. */
  readonly run: (run: Run) => boolean;
  /** Whether `run` may reject runs. */
  readonly isLate: boolean;
}

/** Returns the predicates of a query; `undefined` if the server can evaluate all conditions. */
function fitsOf({ tags = {}, params = {}, metrics = {} }: RunQuery): Fits | undefined {
  const wanted = Object.entries(tags);
  const testsOf = (conditions: Readonly<Record<string, Condition<ParamValue>>>) =>
    Object.entries(conditions).map(([key, condition]) =>
      [key, testFor(JSON.stringify(key), condition)] as const
    );
  const [ofParams, ofMetrics] = [testsOf(params), testsOf(metrics)];
  if (wanted.length + ofParams.length + ofMetrics.length === 0) return undefined;
  return {
    isLate: wanted.length > 0,
    run: (run) => wanted.every(([key, value]) => run.tags[key] === value),
    ids: async (sql, ids) => {
      const [paramValues, metricValues] = await Promise.all([
        ofParams.length === 0 ? new Map() : paramsOf(sql, ids, Object.keys(params)),
        ofMetrics.length === 0 ? new Map() : lastValuesOf(sql, ids, Object.keys(metrics)),
      ]);
      return ids.filter((id) =>
        ofParams.every(([key, test]) => test(paramValues.get(placeOf(id, key)))) &&
        ofMetrics.every(([key, test]) => test(metricValues.get(placeOf(id, key))))
      );
    },
  };
}

function placeOf(runId: string, key: string): string {
  return `${runId}\0${key}`;
}

async function paramsOf(
  sql: Sql,
  ids: readonly string[],
  keys: readonly string[],
): Promise<Map<string, unknown>> {
  const rows = await sql.all(
    `SELECT run_id, key, value FROM params
      WHERE run_id = ANY(?::text[]) AND key = ANY(?::text[])`,
    ids,
    keys,
  );
  return new Map(rows.map((row) => {
    return [placeOf(text(row.run_id), text(row.key)), fromEdn(text(row.value))];
  }));
}

async function lastValuesOf(
  sql: Sql,
  ids: readonly string[],
  keys: readonly string[],
): Promise<Map<string, number>> {
  const rows = await sql.all(
    `SELECT run_id, key, last FROM chachaml_metric_summaries
      WHERE run_id = ANY(?::text[]) AND key = ANY(?::text[])`,
    ids,
    keys,
  );
  return new Map(rows.map((row) => [placeOf(text(row.run_id), text(row.key)), Number(row.last)]));
}

/** Reads runs in the order of the given ids. */
async function readRuns(sql: Sql, ids: readonly string[]): Promise<Run[]> {
  if (ids.length === 0) return [];
  const rows = await sql.all(
    `SELECT ${RUN_COLUMNS} FROM runs AS r WHERE r.id = ANY(?::text[])`,
    ids,
  );
  const byId = new Map(rows.map((row) => [text(row.id), row]));
  return await withTags(sql, ids.map((id) => byId.get(id)).filter((row) => row !== undefined));
}

/** Sorts by a param: numbers before text, then NaN, then missing values. */
async function sortByParam(
  sql: Sql,
  ids: readonly string[],
  { param, order = "desc" }: ParamOrder,
): Promise<string[]> {
  const rows = await sql.all("SELECT run_id, value FROM params WHERE key = ?", param);
  const keys = new Map(rows.map((row) => {
    const value = fromEdn(text(row.value));
    return [text(row.run_id), typeof value === "string" ? value : numberOf(value) ?? value];
  }));
  const sign = order === "asc" ? 1 : -1;
  return ids.toSorted((a, b) => {
    const [x, y] = [keys.get(a), keys.get(b)];
    const [left, right] = [rankOf(x), rankOf(y)];
    if (left !== right || left > 1) return left - right;
    return x === y ? 0 : ((x as number) < (y as number) ? -1 : 1) * sign;
  });
}

function rankOf(key: unknown): number {
  if (typeof key === "number") return Number.isNaN(key) ? 3 : 0;
  return typeof key === "string" ? 1 : key === undefined ? 4 : 2;
}
