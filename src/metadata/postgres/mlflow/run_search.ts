/** Searches of runs. */
import type { MlflowRun } from "../../mlflow_store.ts";
import type { Page, Search, SortKey } from "../../mlflow_query.ts";
import type { Sql } from "../client.ts";
import { type Fragment, fragment, joined, where } from "./conditions.ts";
import { pageOf } from "./pages.ts";
import { readRuns } from "./run_reader.ts";
import { metricCondition, metricJoin, runCondition, runValue, STATUS } from "./run_values.ts";

/** Columns expected by {@linkcode readRuns}, over `runs r` and `mlflow_experiments e`. */
export const SELECT_RUN = `SELECT r.*, e.id AS experiment_id, ${STATUS} AS mlflow_status
  FROM runs r JOIN mlflow_experiments e ON e.name = r.experiment
    LEFT JOIN chachaml_known_runs k ON k.id = r.id`;

/** Returns one page of the runs of some experiments. */
export async function searchRuns(
  sql: Sql,
  experimentIds: readonly string[],
  search: Search,
): Promise<Page<MlflowRun>> {
  const { clauses, order, view } = search;
  const bound = search.bound ??
    Number(
      (await sql.get("SELECT coalesce(max(place), 0) AS last FROM chachaml_known_runs"))!.last,
    );
  const aliases = new Map(
    order.filter(({ entity }) => entity === "metric").map(({ key }, at) => [key, `m${at}`]),
  );
  const ids = experimentIds.filter((id) => /^\d{1,15}$/.test(id)).map(Number);
  const conditions: Fragment[] = [
    fragment("e.id = ANY(?::bigint[])", ids),
    fragment("coalesce(k.place, 0) <= ?", bound),
    // Files of a model without source run belong to a hidden run with the model's id.
    fragment("NOT EXISTS (SELECT 1 FROM mlflow_logged_models l WHERE l.id = r.id)"),
    ...view === "ALL"
      ? []
      : [fragment(`r.status ${view === "DELETED_ONLY" ? "=" : "<>"} 'archived'`)],
    ...clauses.map((clause) =>
      clause.entity === "metric" ? metricCondition(clause) : runCondition(clause)
    ),
  ];
  const statement = joined([
    fragment(SELECT_RUN),
    ...Array.from(aliases, ([key, alias]) => metricJoin(alias, key)),
    where(conditions),
    orderBy(order, aliases),
  ], " ");
  const { items, more } = await pageOf(sql, statement, search, (row) => row);
  return { items: await readRuns(sql, items), more, bound };
}

/** Returns the order. Runs without a value come last in any direction, NaN after numbers. */
function orderBy(order: readonly SortKey[], aliases: ReadonlyMap<string, string>): Fragment {
  const keys = order.flatMap((key): Fragment[] => {
    const direction = key.descending ? "DESC" : "ASC";
    const alias = key.entity === "metric" ? aliases.get(key.key)! : undefined;
    if (alias !== undefined) {
      return [
        fragment(`CASE WHEN ${alias}.run_id IS NULL THEN 2 WHEN ${alias}.last = 'NaN' THEN 1
          ELSE 0 END`),
        fragment(`nullif(${alias}.last, 'NaN') ${direction}`),
      ];
    }
    const { text, values } = runValue(key);
    return [fragment(`${text} IS NULL`, ...values), fragment(`${text} ${direction}`, ...values)];
  });
  const all = joined(
    [...keys, fragment("r.start_time DESC"), fragment(`r.id COLLATE "C" ASC`)],
    ", ",
  );
  return { ...all, text: `ORDER BY ${all.text}` };
}
