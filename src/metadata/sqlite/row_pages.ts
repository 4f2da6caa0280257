import type { SqlConnection, SqlRow, SqlValue } from "./sql_driver.ts";
import { whole } from "./whole_text.ts";

/** Yields the rows of a table in the order they were inserted, in pages of `size`. */
export function* rowPages(
  sql: SqlConnection,
  table: string,
  columns: readonly string[],
  size: number,
): Generator<SqlRow[]> {
  const select = sql.prepare(
    `SELECT rowid AS place, ${whole(...columns)} FROM ${table} WHERE rowid > ?
      ORDER BY rowid LIMIT ?`,
  );
  let place: SqlValue = Number.MIN_SAFE_INTEGER;
  for (let rows = select.all(place, size); rows.length > 0; rows = select.all(place, size)) {
    yield rows;
    place = rows.at(-1)!.place!;
  }
}
