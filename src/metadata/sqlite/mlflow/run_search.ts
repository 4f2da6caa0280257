/** Searches of runs. */
import type { MlflowRun } from "../../mlflow_store.ts";
import type { Page, Search, SortKey } from "../../mlflow_query.ts";
import type { SqlConnection } from "../sql_driver.ts";
import { type Fragment, fragment, joined, where } from "./conditions.ts";
import { pageOf } from "./pages.ts";
import { RunReader } from "./run_reader.ts";
import { metricCondition, metricJoin, runCondition, runValue, STATUS } from "./run_values.ts";

/** Columns that {@linkcode RunReader} reads, over `runs r` and `mlflow_experiments e`. */
export const SELECT_RUN = `SELECT r.*, e.id AS experiment_id, ${STATUS} AS mlflow_status
  FROM runs r JOIN mlflow_experiments e ON e.name = r.experiment`;

/** One page of the runs of some experiments. */
export function searchRuns(
  sql: SqlConnection,
  experimentIds: readonly string[],
  search: Search,
): Page<MlflowRun> {
  const { clauses, order, view } = search;
  const bound = search.bound ??
    Number(sql.prepare("SELECT coalesce(max(rowid), 0) AS last FROM runs").get()!.last);
  const metrics = [...clauses, ...order].filter(({ entity }) => entity === "metric")
    .map(({ key }) => key);
  const aliases = new Map([...new Set(metrics)].map((key, at) => [key, `m${at}`]));
  const ids = experimentIds.filter((id) => /^\d{1,15}$/.test(id)).map(Number);
  const conditions: Fragment[] = [
    fragment(`e.id IN (${ids.map(() => "?").join(", ")})`, ...ids),
    fragment("r.rowid <= ?", bound),
    // The files of a model that no run has made belong to a run of the model's own.
    fragment("NOT EXISTS (SELECT 1 FROM mlflow_logged_models l WHERE l.id = r.id)"),
    ...view === "ALL"
      ? []
      : [fragment(`r.status ${view === "DELETED_ONLY" ? "=" : "<>"} 'archived'`)],
    ...clauses.map((clause) =>
      clause.entity === "metric"
        ? metricCondition(aliases.get(clause.key)!, clause)
        : runCondition(clause)
    ),
  ];
  const reader = new RunReader(sql);
  const statement = joined([
    fragment(SELECT_RUN),
    ...[...aliases].map(([key, alias]) => metricJoin(alias, key)),
    where(conditions),
    orderBy(order, aliases),
  ], " ");
  return { ...pageOf(sql, statement, search, (row) => reader.read(row)), bound };
}

/** The order: runs without a value come last either way, and behind a number what is not one. */
function orderBy(order: readonly SortKey[], aliases: ReadonlyMap<string, string>): Fragment {
  const keys = order.flatMap((key): Fragment[] => {
    const direction = key.descending ? "DESC" : "ASC";
    const alias = key.entity === "metric" ? aliases.get(key.key)! : undefined;
    if (alias !== undefined) {
      return [
        fragment(`CASE WHEN ${alias}.run_id IS NULL THEN 2 WHEN ${alias}.value IS NULL THEN 1
          ELSE 0 END`),
        fragment(`${alias}.value ${direction}`),
      ];
    }
    const { text, values } = runValue(key);
    return [fragment(`${text} IS NULL`, ...values), fragment(`${text} ${direction}`, ...values)];
  });
  const all = joined([...keys, fragment("r.start_time DESC"), fragment("r.id ASC")], ", ");
  return { ...all, text: `ORDER BY ${all.text}` };
}
