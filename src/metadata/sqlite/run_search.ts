/** Finds runs in SQLite. */
import { fromEdn, type ParamValue } from "../../edn/mod.ts";
import type { SqlConnection, SqlValue } from "./sql_driver.ts";
import { valuesByRun } from "./metric_rows.ts";
import type { Run } from "../run.ts";
import { type Condition, numberOf, type RunOrder, type RunQuery, testFor } from "../run_query.ts";
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
  const { archived = query.status || query.idPrefix ? "include" : "exclude" } = query;
  if (archived !== "include") {
    conditions.push([`status ${archived === "only" ? "=" : "<>"} ?`, "archived"]);
  }
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

/** What a run is sorted by: numbers before texts, then what is no number, then what is not there. */
function sortKeyOf(sql: SqlConnection, by: RunOrder): (run: Run) => unknown {
  if ("metric" in by) {
    const values = valuesByRun(sql, by.metric, by.of ?? "last");
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

function sort(sql: SqlConnection, runs: readonly Run[], by: RunOrder): Run[] {
  const keyOf = sortKeyOf(sql, by);
  const sign = by.order === "asc" ? 1 : -1;
  const keys = new Map(runs.map((run) => [run, keyOf(run)]));
  return runs.toSorted((a, b) => {
    const [x, y] = [keys.get(a), keys.get(b)];
    const [left, right] = [rankOf(x), rankOf(y)];
    if (left !== right || left > 1) return left - right;
    return x === y ? 0 : ((x as number) < (y as number) ? -1 : 1) * sign;
  });
}
