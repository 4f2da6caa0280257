/** Searches of runs. */
import type { MlflowRun } from "../../mlflow_store.ts";
import type { Page, Search, SortKey } from "../../mlflow_query.ts";
import { MetricSummaries } from "../metric_summaries.ts";
import type { SqlConnection } from "../sql_driver.ts";
import { type Fragment, fragment, joined, where } from "./conditions.ts";
import { pageOf } from "./pages.ts";
import { readRuns } from "./run_reader.ts";
import { metricCondition, metricJoin, runCondition, runValue, STATUS } from "./run_values.ts";

/** Columns expected by {@linkcode readRuns}, over `runs r` and `mlflow_experiments e`. */
export const SELECT_RUN = `SELECT r.*, e.id AS experiment_id, ${STATUS} AS mlflow_status
  FROM runs r JOIN mlflow_experiments e ON e.name = r.experiment`;

/** Returns one page of the runs of some experiments. */
export function searchRuns(
  sql: SqlConnection,
  experimentIds: readonly string[],
  search: Search,
): Page<MlflowRun> {
  const { clauses, order, view } = search;
  const bound = search.bound ??
    Number(sql.prepare("SELECT coalesce(max(rowid), 0) AS last FROM runs").get()!.last);
  const { table: summaries, prefix } = new MetricSummaries(sql).source();
  const aliases = new Map(
    order.filter(({ entity }) => entity === "metric").map(({ key }, at) => [key, `m${at}`]),
  );
  const ids = experimentIds.filter((id) => /^\d{1,15}$/.test(id)).map(Number);
  const conditions: Fragment[] = [
    fragment("e.id IN (SELECT value FROM json_each(?))", JSON.stringify(ids)),
    fragment("r.rowid <= ?", bound),
    // Files of a model without source run belong to a hidden run with the model's id.
    fragment("NOT EXISTS (SELECT 1 FROM mlflow_logged_models l WHERE l.id = r.id)"),
    ...view === "ALL"
      ? []
      : [fragment(`r.status ${view === "DELETED_ONLY" ? "=" : "<>"} 'archived'`)],
    ...clauses.map((clause) =>
      clause.entity === "metric" ? metricCondition(clause, summaries) : runCondition(clause)
    ),
  ];
  const statement = joined([
    fragment(prefix),
    fragment(SELECT_RUN),
    ...Array.from(aliases, ([key, alias]) => metricJoin(alias, key, summaries)),
    where(conditions),
    orderBy(order, aliases),
  ], " ");
  const { items, more } = pageOf(sql, statement, search, (row) => row);
  return { items: readRuns(sql, items), more, bound };
}

/** Returns the order. Runs without a value come last in any direction, NaN after numbers. */
function orderBy(order: readonly SortKey[], aliases: ReadonlyMap<string, string>): Fragment {
  const keys = order.flatMap((key): Fragment[] => {
    const direction = key.descending ? "DESC" : "ASC";
    const alias = key.entity === "metric" ? aliases.get(key.key)! : undefined;
    if (alias !== undefined) {
      return [
        fragment(`CASE WHEN ${alias}.run_id IS NULL THEN 2 WHEN ${alias}.last IS NULL THEN 1
          ELSE 0 END`),
        fragment(`${alias}.last ${direction}`),
      ];
    }
    const { text, values } = runValue(key);
    return [fragment(`${text} IS NULL`, ...values), fragment(`${text} ${direction}`, ...values)];
  });
  const all = joined([...keys, fragment("r.start_time DESC"), fragment("r.id ASC")], ", ");
  return { ...all, text: `ORDER BY ${all.text}` };
}
