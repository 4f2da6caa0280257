/** Searches of runs. */
import type { Page, Search, SortKey } from "../../mlflow_query.ts";
import type { MlflowRun } from "../../mlflow_store.ts";
import type { SqlDialect } from "../dialect.ts";
import { type Fragment, fragment, joined, orderBy, sortKey, where } from "../fragment.ts";
import { get, type Script } from "../script.ts";
import { idsOf } from "./ids.ts";
import type { MlflowDatabase } from "./mlflow_database.ts";
import { rowPage } from "./pages.ts";
import { readRuns } from "./run_reader.ts";
import { metricCondition, metricJoin, runCondition, runValue, STATUS } from "./run_values.ts";

/** Selects the columns expected by {@linkcode readRuns}, over `runs r`. */
export const SELECT_RUN = `SELECT r.*, e.id AS experiment_id, ${STATUS} AS mlflow_status
  FROM runs r JOIN mlflow_experiments e ON e.name = r.experiment`;

/** Returns one page of the runs of some experiments. */
export function* searchRuns(
  database: MlflowDatabase,
  experimentIds: readonly string[],
  search: Search,
): Script<Page<MlflowRun>> {
  const { dialect, runPlace } = database;
  const { clauses, order, view } = search;
  const bound = search.bound ?? Number((yield* get(runPlace.last))!.last);
  const { table: summaries, prefix } = yield* database.summaries();
  const aliases = new Map(
    order.filter(({ entity }) => entity === "metric").map(({ key }, at) => [key, `m${at}`]),
  );
  const conditions: Fragment[] = [
    fragment(dialect.oneOf("e.id", "bigint"), dialect.list(idsOf(experimentIds))),
    fragment(`${runPlace.column} <= ?`, bound),
    // Files of a model without source run belong to a hidden run with the model's id.
    fragment("NOT EXISTS (SELECT 1 FROM mlflow_logged_models l WHERE l.id = r.id)"),
    ...view === "ALL"
      ? []
      : [fragment(`r.status ${view === "DELETED_ONLY" ? "=" : "<>"} 'archived'`)],
    ...clauses.map((clause) =>
      clause.entity === "metric"
        ? metricCondition(dialect, clause, summaries)
        : runCondition(dialect, clause)
    ),
  ];
  const statement = joined([
    fragment(`${prefix} ${SELECT_RUN} ${runPlace.join}`),
    ...Array.from(aliases, ([key, alias]) => metricJoin(alias, key, summaries)),
    where(conditions),
    orderOf(dialect, order, aliases),
  ], " ");
  const { items, more } = yield* rowPage(statement, search);
  return { items: yield* readRuns(database, items), more, bound };
}

/** Returns the order. Runs without a value come last in any direction, NaN after numbers. */
function orderOf(
  dialect: SqlDialect,
  order: readonly SortKey[],
  aliases: ReadonlyMap<string, string>,
): Fragment {
  const keys = order.flatMap((key): Fragment[] => {
    const alias = key.entity === "metric" ? aliases.get(key.key)! : undefined;
    if (alias !== undefined) {
      const last = `${alias}.last`;
      return [
        fragment(`CASE WHEN ${alias}.run_id IS NULL THEN 2 WHEN ${dialect.isNan(last)} THEN 1
          ELSE 0 END`),
        sortKey(fragment(dialect.nanAsNull(last)), key.descending),
      ];
    }
    const value = runValue(dialect, key);
    return [
      fragment(`${value.text} IS NULL`, ...value.values),
      sortKey(value, key.descending),
    ];
  });
  const rest = [fragment("r.start_time DESC"), fragment(`${dialect.text("r.id")} ASC`)];
  return orderBy([...keys, ...rest]);
}
