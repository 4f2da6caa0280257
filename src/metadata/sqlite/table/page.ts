/** One page of a table of runs. */
import type { TablePage, TablePosition, TableQuery } from "../../run_table.ts";
import { tableTextOf } from "../../rows/table_text.ts";
import { type Fragment, fragment, joined, where } from "../../sql/fragment.ts";
import { MetricSummaries } from "../metric_summaries.ts";
import { SELECT_RUN } from "../run_rows.ts";
import { withTags } from "../run_search.ts";
import { boundValues } from "../script.ts";
import type { SqlConnection, SqlRow, SqlValue } from "../sql_driver.ts";
import { text, whole } from "../whole_text.ts";
import { type Part, partsOf } from "./parts.ts";
import { condition } from "./values.ts";

/** Returns the conditions that are independent of the order. */
function conditionsOf(
  { experiment, archived, clauses }: Pick<TableQuery, "experiment" | "archived" | "clauses">,
  summaries: string,
): Fragment[] {
  return [
    ...experiment === undefined ? [] : [fragment("r.experiment = ?", experiment)],
    ...archived === "include"
      ? []
      : [fragment(`r.status ${archived === "only" ? "=" : "<>"} 'archived'`)],
    ...clauses.map((clause) => condition(clause, summaries)),
  ];
}

/** Counts the runs that match. */
export function countRows(
  sql: SqlConnection,
  query: Pick<TableQuery, "experiment" | "archived" | "clauses">,
): number {
  const { table, prefix } = new MetricSummaries(sql).source();
  const { text, values } = where(conditionsOf(query, table));
  const row = sql.prepare(`${prefix} SELECT count(*) AS runs FROM runs r ${text}`).get(
    ...boundValues(values),
  )!;
  return Number(row.runs);
}

/** Reads a page. */
export function readPage(sql: SqlConnection, query: TableQuery): TablePage {
  const { order, limit, after, skip = 0 } = query;
  const { table, prefix } = new MetricSummaries(sql).source();
  const parts = partsOf(order, table);
  const conditions = conditionsOf(query, table);
  const [first, ...place] = after ?? [0];
  const found: { part: number; row: SqlRow }[] = [];
  let left = skip;
  for (let at = Number(first); at < parts.length && found.length <= limit; at++) {
    const behind = at === first && place.length > 0 ? place : undefined;
    const statement = statementOf(parts[at]!, query, conditions, behind);
    const rows = sql.prepare(`${prefix} ${statement.text} LIMIT ? OFFSET ?`)
      .all(...boundValues(statement.values), limit + 1 - found.length, left);
    if (rows.length > 0) left = 0;
    else if (left > 0) {
      // All rows of this part are skipped: the next part skips the rest.
      const all = sql.prepare(`${prefix} SELECT count(*) AS runs FROM (${statement.text})`)
        .get(...boundValues(statement.values))!;
      left = Math.max(0, left - Number(all.runs));
    }
    found.push(...rows.map((row) => ({ part: at, row })));
  }
  const shown = found.slice(0, limit);
  const last = shown.at(-1);
  return {
    rows: rowsOf(sql, shown.map(({ row }) => row.row ?? null)),
    next: last && found.length > limit ? placeOf(last.part, last.row) : undefined,
  };
}

function placeOf(part: number, { value, tie, row }: SqlRow): TablePosition {
  return [
    part,
    ...[value, tie, row].map((item) => typeof item === "bigint" ? Number(item) : item)
      .map((item) => item as string | number | null),
  ];
}

/** Returns a statement for the row numbers of the runs of a part, with their position. */
function statementOf(
  { join, where: belongs, value, tie }: Part,
  { order, descending }: TableQuery,
  conditions: readonly Fragment[],
  behind: readonly SqlValue[] | undefined,
): Fragment {
  const key = value ?? fragment("r.start_time");
  // Runs without a value are always newest first.
  const falls = value || order.by === "start" ? descending : true;
  const [direction, than] = falls ? ["DESC", "<"] : ["ASC", ">"];
  const tied = tie === "id" ? "m.run_id" : "r.start_time";
  const ties = !value || tie === "id" ? direction : "DESC";
  return joined([
    { ...key, text: `SELECT ${key.text} AS value, ${tied} AS tie, r.rowid AS row FROM runs r` },
    join,
    where([
      ...conditions,
      ...belongs.text === "" ? [] : [belongs],
      ...behind ? [placeBehind(key, tied, { than, isPlain: ties === direction }, behind)] : [],
    ]),
    fragment(`ORDER BY 1 ${direction}, ${tied} ${ties}, r.rowid ${ties}`),
  ], " ");
}

/**
 * Returns the condition for rows after a position. If all columns have one direction, it can use an
 * index.
 */
function placeBehind(
  key: Fragment,
  tied: string,
  { than, isPlain }: { than: string; isPlain: boolean },
  [value = null, tie = null, row = null]: readonly SqlValue[],
): Fragment {
  if (isPlain) {
    return fragment(
      `(${key.text}, ${tied}, r.rowid) ${than} (?, ?, ?)`,
      ...key.values,
      value,
      tie,
      row,
    );
  }
  return fragment(
    `${key.text} ${than} ? OR ${key.text} = ? AND (${tied}, r.rowid) < (?, ?)`,
    ...key.values,
    value,
    ...key.values,
    value,
    tie,
    row,
  );
}

function rowsOf(sql: SqlConnection, places: readonly SqlValue[]): TablePage["rows"] {
  const get = sql.prepare(`${SELECT_RUN} WHERE rowid = ?`);
  const runs = withTags(sql, places.map((row) => get.get(row)).filter((row) => row !== undefined));
  const params = sql.prepare(
    `SELECT ${whole("key", "value")} FROM params WHERE run_id = ? ORDER BY params.key`,
  );
  const summaries = new MetricSummaries(sql);
  return runs.map((run) => ({
    run,
    params: new Map(
      params.all(run.id).map(({ key, value }) => [text(key), tableTextOf(text(value))]),
    ),
    metrics: summaries.ofRun(run.id),
  }));
}
