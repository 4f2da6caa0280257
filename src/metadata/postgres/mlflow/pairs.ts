/** Keys and values, stored in several tables. */
import type { Pairs } from "../../mlflow_store.ts";
import type { SqlRow, SqlValue } from "../../rows/value.ts";
import type { Sql } from "../client.ts";

export { textOrNull } from "../../rows/value.ts";

/** Converts rows with the columns `key` and `value` to pairs. */
export function pairsOf(rows: readonly SqlRow[]): Pairs {
  return rows.map(({ key, value }) => ({ key: String(key), value: String(value) }));
}

/** Columns that identify the owner of rows: `{ model_id: "m-1", kind: "tag" }`. */
export type Owner = Readonly<Record<string, SqlValue>>;

/** Reads the pairs of an owner, by key. */
export async function readPairs(sql: Sql, table: string, owner: Owner): Promise<Pairs> {
  const { condition, values } = conditionOf(owner);
  return pairsOf(
    await sql.all(
      `SELECT key, value FROM ${table} WHERE ${condition} ORDER BY key COLLATE "C"`,
      ...values,
    ),
  );
}

/** Sets pairs, replacing values of the same keys. */
export async function writePairs(
  sql: Sql,
  table: string,
  owner: Owner,
  pairs: Pairs,
): Promise<void> {
  // One statement cannot set a key twice.
  const last = new Map(pairs.map(({ key, value }) => [key, value]));
  if (last.size === 0) return;
  const columns = Object.keys(owner);
  await sql.run(
    `INSERT INTO ${table} (${[...columns, "key", "value"].join(", ")})
      SELECT ${columns.map((column) => `o.${column}`).join(", ")}, p.key, p.value
      FROM (VALUES (${columns.map((column) => `?${typeOf(owner[column]!)}`).join(", ")}))
        AS o(${columns.join(", ")}), unnest(?::text[], ?::text[]) AS p(key, value)
      ON CONFLICT (${[...columns, "key"].join(", ")}) DO UPDATE SET value = EXCLUDED.value`,
    ...Object.values(owner),
    [...last.keys()],
    [...last.values()],
  );
}

function typeOf(value: SqlValue): string {
  return typeof value === "string" ? "::text" : "::bigint";
}

/** Removes a pair; `false` if there is none. */
export async function removePair(
  sql: Sql,
  table: string,
  owner: Owner,
  key: string,
): Promise<boolean> {
  const { condition, values } = conditionOf(owner);
  return await sql.run(
    `DELETE FROM ${table} WHERE ${condition} AND key = ?`,
    ...values,
    key,
  ) > 0;
}

function conditionOf(owner: Owner): { condition: string; values: SqlValue[] } {
  return {
    condition: Object.keys(owner).map((column) => `${column} = ?`).join(" AND "),
    values: Object.values(owner),
  };
}
