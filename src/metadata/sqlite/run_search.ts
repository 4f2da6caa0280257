/** Finds runs in SQLite. */
import { fromEdn, type ParamValue } from "../../edn/mod.ts";
import type { SqlConnection, SqlValue } from "./sql_driver.ts";
import { valuesByRun } from "./metric_rows.ts";
import type { Run } from "../run.ts";
import { type Condition, type MetricOrder, type RunQuery, testFor } from "../run_query.ts";
import { runOf, SELECT_RUN } from "./run_rows.ts";
import { text, whole } from "./whole_text.ts";

/** The runs that fit a query, in its order. */
export function searchRuns(sql: SqlConnection, query: RunQuery): Run[] {
  const { tags, params = {}, metrics = {}, sortBy, limit } = query;
  const fits = [
    ...Object.entries(params).map(([key, condition]) => fit(paramsByRun(sql, key), key, condition)),
    ...Object.entries(metrics).map(([key, condition]) =>
      fit(valuesByRun(sql, key, "last"), key, condition)
    ),
  ];
  // Only a query that SQL answers alone can be cut short by it.
  const all = tags !== undefined || fits.length > 0 || sortBy !== undefined;
  const { where, values } = conditionsOf(query);
  const rows = sql.prepare(
    `${SELECT_RUN} ${where} ORDER BY start_time DESC, rowid DESC LIMIT ?`,
  ).all(...values, all ? -1 : limit ?? -1).filter(({ id }) => fits.every((fit) => fit(text(id))));
  let runs = withTags(sql, rows);
  if (tags) {
    const wanted = Object.entries(tags);
    runs = runs.filter((run) => wanted.every(([key, value]) => run.tags[key] === value));
  }
  if (sortBy) runs = sort(sql, runs, sortBy);
  return limit === undefined ? runs : runs.slice(0, limit);
}

function conditionsOf(query: RunQuery): { where: string; values: SqlValue[] } {
  const conditions: [condition: string, value: SqlValue | undefined][] = [
    // As a range, it is found in the index of ids.
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
  const said = conditions.filter(([, value]) => value !== undefined);
  return {
    where: said.length === 0 ? "" : `WHERE ${said.map(([condition]) => condition).join(" AND ")}`,
    values: said.map(([, value]) => value!),
  };
}

function fit(
  values: ReadonlyMap<string, unknown>,
  key: string,
  condition: Condition<ParamValue>,
): (runId: string) => boolean {
  const test = testFor(JSON.stringify(key), condition);
  return (runId) => test(values.get(runId));
}

function paramsByRun(sql: SqlConnection, key: string): Map<string, unknown> {
  const rows = sql.prepare(`SELECT ${whole("run_id", "value")} FROM params WHERE key = ?`).all(key);
  return new Map(rows.map((row) => [text(row.run_id), fromEdn(text(row.value))]));
}

/** Runs of rows, with their tags: by one statement where that is less than one each. */
export function withTags(sql: SqlConnection, rows: readonly Record<string, SqlValue>[]): Run[] {
  if (rows.length < 20) {
    const tags = sql.prepare(`SELECT ${whole("key", "value")} FROM tags WHERE run_id = ?`);
    return rows.map((row) => runOf(row, tags.all(text(row.id))));
  }
  const byRun = Map.groupBy(
    sql.prepare(`SELECT ${whole("run_id", "key", "value")} FROM tags`).all(),
    ({ run_id }) => text(run_id),
  );
  return rows.map((row) => runOf(row, byRun.get(text(row.id)) ?? []));
}

function sort(
  sql: SqlConnection,
  runs: readonly Run[],
  { metric, order = "desc", of = "last" }: MetricOrder,
): Run[] {
  const values = valuesByRun(sql, metric, of);
  const sign = order === "desc" ? -1 : 1;
  const rank = ({ id }: Run) => {
    const value = values.get(id);
    // Behind all others: first what is no number, then what is not there.
    return value === undefined ? 2 : Number.isNaN(value) ? 1 : 0;
  };
  return runs.toSorted((a, b) => {
    const [left, right] = [rank(a), rank(b)];
    if (left !== right || left > 0) return left - right;
    const [x, y] = [values.get(a.id)!, values.get(b.id)!];
    return x === y ? 0 : (x < y ? -1 : 1) * sign;
  });
}
