/** Keys and values, stored in several tables. */
import type { Pairs } from "../../mlflow_store.ts";
import type { SqlConnection, SqlRow, SqlValue } from "../sql_driver.ts";

/** Converts rows with the columns `key` and `value` to pairs. */
export function pairsOf(rows: readonly SqlRow[]): Pairs {
  return rows.map(({ key, value }) => ({ key: String(key), value: String(value) }));
}

/** Columns that identify the owner of rows: `{ model_id: "m-1", kind: "tag" }`. */
export type Owner = Readonly<Record<string, SqlValue>>;

/** Reads the pairs of an owner, by key. */
export function readPairs(sql: SqlConnection, table: string, owner: Owner): Pairs {
  const { condition, values } = conditionOf(owner);
  return pairsOf(
    sql.prepare(`SELECT key, value FROM ${table} WHERE ${condition} ORDER BY key`).all(...values),
  );
}

/** Sets pairs, replacing values of the same keys. */
export function writePairs(sql: SqlConnection, table: string, owner: Owner, pairs: Pairs): void {
  const columns = [...Object.keys(owner), "key", "value"];
  const insert = sql.prepare(
    `INSERT OR REPLACE INTO ${table} (${columns.join(", ")})
      VALUES (${columns.map(() => "?").join(", ")})`,
  );
  for (const { key, value } of pairs) insert.run(...Object.values(owner), key, value);
}

/** Removes a pair; `false` if there is none. */
export function removePair(
  sql: SqlConnection,
  table: string,
  owner: Owner,
  key: string,
): boolean {
  const { condition, values } = conditionOf(owner);
  return sql.prepare(`DELETE FROM ${table} WHERE ${condition} AND key = ?`)
    .run(...values, key) > 0;
}

function conditionOf(owner: Owner): { condition: string; values: SqlValue[] } {
  return {
    condition: Object.keys(owner).map((column) => `${column} = ?`).join(" AND "),
    values: Object.values(owner),
  };
}

/** Returns a text column, or `null`. */
export function textOrNull(value: SqlValue | undefined): string | null {
  return value === null || value === undefined ? null : String(value);
}
