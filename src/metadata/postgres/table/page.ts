/** One page of a table of runs. */
import type { MetricSummary } from "../../metric.ts";
import { type SqlRow, text } from "../../rows/value.ts";
import type { TablePage, TablePosition, TableQuery } from "../../run_table.ts";
import { tableTextOf } from "../../rows/table_text.ts";
import type { PgValue, Sql } from "../client.ts";
import { selectSummaries } from "../metric_rows.ts";
import { type Fragment, fragment, joined, where } from "../../sql/fragment.ts";
import { RUN_COLUMNS, withTags } from "../run_rows.ts";
import { type Part, partsOf } from "./parts.ts";
import { condition } from "./values.ts";

type Filter = Pick<TableQuery, "experiment" | "archived" | "clauses">;

/** Conditions that all rows meet, whatever the order. */
function conditionsOf({ experiment, archived, clauses }: Filter): Fragment[] {
  return [
    ...experiment === undefined ? [] : [fragment("r.experiment = ?", experiment)],
    ...archived === "include"
      ? []
      : [fragment(`r.status ${archived === "only" ? "=" : "<>"} 'archived'`)],
    ...clauses.map(condition),
  ];
}

/** Counts the runs that fit. */
export async function countRows(sql: Sql, query: Filter): Promise<number> {
  const all = where(conditionsOf(query));
  const row = await sql.get(`SELECT count(*) AS runs FROM runs r ${all.text}`, ...all.values);
  return Number(row?.runs ?? 0);
}

/** Reads a page. */
export async function readPage(sql: Sql, query: TableQuery): Promise<TablePage> {
  const { order, limit, after, skip = 0 } = query;
  const parts = partsOf(order);
  const conditions = conditionsOf(query);
  const [first, ...place] = after ?? [0];
  const found: { part: number; row: SqlRow }[] = [];
  let left = skip;
  for (let at = Number(first); at < parts.length && found.length <= limit; at++) {
    const behind = at === first && place.length > 0 ? place : undefined;
    const statement = statementOf(parts[at]!, query, conditions, behind);
    const rows = await sql.all(
      `${statement.text} LIMIT ?::bigint OFFSET ?::bigint`,
      ...statement.values,
      limit + 1 - found.length,
      left,
    );
    if (rows.length > 0) left = 0;
    else if (left > 0) {
      // All rows of this part are skipped: the next part skips the rest.
      const all = await sql.get(
        `SELECT count(*) AS runs FROM (${statement.text}) AS part`,
        ...statement.values,
      );
      left = Math.max(0, left - Number(all?.runs ?? 0));
    }
    found.push(...rows.map((row) => ({ part: at, row })));
  }
  const shown = found.slice(0, limit);
  const last = shown.at(-1);
  return {
    rows: await rowsOf(sql, shown.map(({ row }) => text(row.id))),
    next: last && found.length > limit ? placeOf(last.part, last.row) : undefined,
  };
}

function placeOf(part: number, { value, tie, place }: SqlRow): TablePosition {
  return [
    part,
    ...[value, tie, place].map((item) =>
      (typeof item === "bigint" ? Number(item) : item) as string | number | null
    ),
  ];
}

const RUNS = "runs r LEFT JOIN chachaml_known_runs k ON k.id = r.id";
const PLACE = "coalesce(k.place, 0)";

/** Ids of the runs of a part, with their place in its order. */
function statementOf(
  { join, where: belongs, value }: Part,
  { order, descending }: TableQuery,
  conditions: readonly Fragment[],
  behind: readonly PgValue[] | undefined,
): Fragment {
  const key = value ?? fragment("r.start_time");
  // Runs without a value have the newest first, whatever the order.
  const falls = value || order.by === "start" ? descending : true;
  const [direction, than] = falls ? ["DESC", "<"] : ["ASC", ">"];
  const ties = value ? "DESC" : direction;
  const tieThan = value ? "<" : than;
  const place = behind && value
    ? fragment(
      `${key.text} ${than} ? OR (${key.text} = ? AND (r.start_time, ${PLACE}) ${tieThan}
        (?::bigint, ?::bigint))`,
      ...key.values,
      behind[0] ?? null,
      ...key.values,
      behind[0] ?? null,
      behind[1] ?? null,
      behind[2] ?? null,
    )
    : behind &&
      fragment(
        `(r.start_time, ${PLACE}) ${tieThan} (?::bigint, ?::bigint)`,
        behind[1] ?? null,
        behind[2] ?? null,
      );
  return joined([
    {
      ...key,
      text:
        `SELECT ${key.text} AS value, r.start_time AS tie, ${PLACE} AS place, r.id FROM ${RUNS}`,
    },
    join,
    where([
      ...conditions,
      ...belongs.text === "" ? [] : [belongs],
      ...place ? [place] : [],
    ]),
    fragment(`ORDER BY 1 ${direction}, 2 ${ties}, 3 ${ties}`),
  ], " ");
}

async function rowsOf(sql: Sql, ids: readonly string[]): Promise<TablePage["rows"]> {
  if (ids.length === 0) return [];
  const [rows, params, summaries] = await Promise.all([
    sql.all(`SELECT ${RUN_COLUMNS} FROM runs AS r WHERE r.id = ANY(?::text[])`, ids),
    sql.all(
      `SELECT run_id, key, value FROM params WHERE run_id = ANY(?::text[]) ORDER BY key COLLATE "C"`,
      ids,
    ),
    Promise.all(ids.map(async (id): Promise<[string, MetricSummary[]]> => [
      id,
      await selectSummaries(sql, id),
    ])),
  ]);
  const runs = new Map((await withTags(sql, rows)).map((run) => [run.id, run]));
  const metrics = new Map(summaries);
  const paramsOf = new Map(ids.map((id) => [id, new Map<string, string>()]));
  for (const { run_id, key, value } of params) {
    paramsOf.get(text(run_id))!.set(text(key), tableTextOf(text(value)));
  }
  return ids.flatMap((id) => {
    const run = runs.get(id);
    return run ? [{ run, params: paramsOf.get(id)!, metrics: metrics.get(id)! }] : [];
  });
}
