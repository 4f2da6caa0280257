/** Paging of results. */
import type { Page, Search } from "../../mlflow_query.ts";
import type { SqlRow } from "../../rows/value.ts";
import type { Sql } from "../client.ts";
import type { Fragment } from "./conditions.ts";

/** Reads one page of a statement's rows; one extra row shows whether more follow. */
export async function pageOf<T>(
  sql: Sql,
  { text, values }: Fragment,
  { limit, offset }: Pick<Search, "limit" | "offset">,
  read: (row: SqlRow) => T | Promise<T>,
): Promise<Page<T>> {
  const rows = await sql.all(
    `${text} LIMIT ?::bigint OFFSET ?::bigint`,
    ...values,
    limit + 1,
    offset,
  );
  return { items: await Promise.all(rows.slice(0, limit).map(read)), more: rows.length > limit };
}
