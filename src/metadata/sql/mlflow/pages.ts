/** Paging of results. */
import type { Page, Search } from "../../mlflow_query.ts";
import type { SqlRow } from "../../rows/value.ts";
import type { Fragment } from "../fragment.ts";
import { all, type Script } from "../script.ts";

/** Reads one page of a statement's rows; one extra row shows whether more follow. */
export function* rowPage(
  { text, values }: Fragment,
  { limit, offset }: Pick<Search, "limit" | "offset">,
): Script<Page<SqlRow>> {
  const rows = yield* all(
    `${text} LIMIT CAST(? AS BIGINT) OFFSET CAST(? AS BIGINT)`,
    ...values,
    limit + 1,
    offset,
  );
  return { items: rows.slice(0, limit), more: rows.length > limit };
}

/** Reads one page, with statements of their own for each row. */
export function* pageOf<T>(
  statement: Fragment,
  page: Pick<Search, "limit" | "offset">,
  read: (row: SqlRow) => Script<T>,
): Script<Page<T>> {
  const { items: rows, more } = yield* rowPage(statement, page);
  const items: T[] = [];
  for (const row of rows) items.push(yield* read(row));
  return { items, more };
}
