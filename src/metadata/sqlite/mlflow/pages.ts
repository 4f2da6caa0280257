/** Paging of results. */
import type { Page, Search } from "../../mlflow_query.ts";
import type { SqlConnection, SqlRow } from "../sql_driver.ts";
import type { Fragment } from "./conditions.ts";

/** Reads one page of a statement's rows; one extra row shows whether more follow. */
export function pageOf<T>(
  sql: SqlConnection,
  { text, values }: Fragment,
  { limit, offset }: Pick<Search, "limit" | "offset">,
  read: (row: SqlRow) => T,
): Page<T> {
  const rows = sql.prepare(`${text} LIMIT ? OFFSET ?`).all(...values, limit + 1, offset);
  return { items: rows.slice(0, limit).map(read), more: rows.length > limit };
}
