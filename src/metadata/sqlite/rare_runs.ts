/**
 * Runs with a value that few runs have, found by the indexes of values: reading runs newest first until
 * enough of them match would read almost all.
 */
import { fromEdn } from "../../edn/mod.ts";
import type { Bounds, Condition, RunQuery } from "../run_query.ts";
import { testFor } from "../run_query.ts";
import { startTagsOf } from "../rows/run_row.ts";
import { hasIndex } from "./create_schema.ts";
import { MetricSummaries } from "./metric_summaries.ts";
import { PARAM_INDEX, shortText, START_TAGS_INDEX, TAG_INDEX } from "./short_text.ts";
import type { SqlConnection, SqlRow, SqlValue } from "./sql_driver.ts";
import { text, whole } from "./whole_text.ts";

/** Maximum number of different values that are checked. */
const MOST_VALUES = 1000;

/** Runs found by one condition, and maybe others; `undefined` if there are too many. */
type Found = Set<string> | undefined;

/**
 * Returns ids that include those of all runs that match the tags, params and metrics of a query;
 * `undefined` if more than `most` runs may match.
 */
export function rareRuns(sql: SqlConnection, query: RunQuery, most: number): Found {
  let fewest: Found;
  const consider = (find: () => Found) => {
    if (fewest?.size === 0) return;
    const found = find();
    if (found && !(fewest && fewest.size <= found.size)) fewest = found;
  };
  const { tags = {}, params = {}, metrics = {} } = query;
  for (const [key, value] of Object.entries(tags)) consider(() => withTag(sql, key, value, most));
  for (const [key, condition] of Object.entries(params)) {
    const test = testFor(JSON.stringify(key), condition);
    consider(() => withValue(sql, PARAMS, key, (value) => test(fromEdn(value)), most));
  }
  for (const [key, condition] of Object.entries(metrics)) {
    consider(() => withMetric(sql, key, condition, most));
  }
  return fewest;
}

/** A column with an index on its short text. */
interface Column {
  readonly index: string;
  readonly table: string;
  readonly column: string;
  /** Column with the id of the run. */
  readonly run: string;
  /** Condition of the rows that the index has, besides the value. */
  readonly where: string;
}

const PARAMS: Column = {
  index: PARAM_INDEX,
  table: "params",
  column: "value",
  run: "run_id",
  where: "key = ?1",
};

const TAGS: Column = { ...PARAMS, index: TAG_INDEX, table: "tags" };

const START_TAGS: Column = {
  index: START_TAGS_INDEX,
  table: "runs",
  column: "tags",
  run: "id",
  where: "tags IS NOT NULL AND ?1 IS NULL",
};

function withTag(sql: SqlConnection, key: string, value: string, most: number): Found {
  const named = withValue(sql, TAGS, key, (other) => other === value, most);
  const started = named && withValue(
    sql,
    START_TAGS,
    null,
    (tags) => Object.hasOwn(startTagsOf(tags), key) && startTagsOf(tags)[key] === value,
    most,
  );
  return started && named.union(started);
}

/** Returns the runs with a matching value in a column, or with a value that the index lacks. */
function withValue(
  sql: SqlConnection,
  column: Column,
  key: string | null,
  fits: (value: string) => boolean,
  most: number,
): Found {
  if (!hasIndex(sql, column.index)) return undefined;
  const values = valuesOf(sql, column, key);
  if (!values) return undefined;
  const short = shortText(column.column);
  const select = `SELECT ${
    whole(column.run)
  } FROM ${column.table} WHERE ${column.where} AND ${short}`;
  const found = new Set<string>();
  const add = (rows: readonly SqlRow[]) => {
    for (const row of rows) found.add(text(row[column.run]));
    return found.size <= most;
  };
  const limit = `LIMIT ${most + 1}`;
  if (!add(sql.prepare(`${select} IS NULL ${limit}`).all(key))) return undefined;
  for (const value of values) {
    if (!fits(value)) continue;
    if (!add(sql.prepare(`${select} = ?2 ${limit}`).all(key, value))) return undefined;
  }
  return found;
}

/** Returns the different short values of a column, each by one lookup. */
function valuesOf(
  sql: SqlConnection,
  { table, column, where }: Column,
  key: string | null,
): string[] | undefined {
  const short = shortText(column);
  const rows = sql.prepare(
    `WITH RECURSIVE each_value(value) AS (
      SELECT min(${short}) FROM ${table} WHERE ${where}
      UNION ALL
      SELECT (SELECT min(${short}) FROM ${table} WHERE ${where} AND ${short} > each_value.value)
        FROM each_value WHERE each_value.value IS NOT NULL LIMIT ${MOST_VALUES + 2}
    ) SELECT each_value.value FROM each_value WHERE each_value.value IS NOT NULL`,
  ).all(key);
  return rows.length > MOST_VALUES ? undefined : rows.map(({ value }) => text(value));
}

const COMPARISONS = { eq: "=", gt: ">", gte: ">=", lt: "<", lte: "<=" } as const;

function withMetric(
  sql: SqlConnection,
  key: string,
  condition: Condition,
  most: number,
): Found {
  if (!new MetricSummaries(sql).isCurrent) return undefined;
  const bounds: Bounds = typeof condition === "object" ? condition : { eq: condition };
  const conditions = ["key = ?"];
  const values: SqlValue[] = [key];
  for (const [name, comparison] of Object.entries(COMPARISONS)) {
    const bound = bounds[name as keyof typeof COMPARISONS];
    if (typeof bound !== "number" || Number.isNaN(bound)) continue;
    conditions.push(`last ${comparison} ?`);
    values.push(bound);
  }
  if (values.length === 1) return undefined;
  const rows = sql.prepare(
    `SELECT ${whole("run_id")} FROM chachaml_metric_summaries WHERE ${conditions.join(" AND ")}
      LIMIT ${most + 1}`,
  ).all(...values);
  return rows.length > most ? undefined : new Set(rows.map(({ run_id }) => text(run_id)));
}
