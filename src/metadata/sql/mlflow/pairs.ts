/** Keys and values, stored in several tables. */
import type { Pairs } from "../../mlflow_store.ts";
import { type SqlRow, text } from "../../rows/value.ts";
import type { Owner, SqlDialect } from "../dialect.ts";
import { all, run, type Script } from "../script.ts";

/** Converts rows with the columns `key` and `value` to pairs. */
export function pairsOf(rows: readonly SqlRow[]): Pairs {
  return rows.map(({ key, value }) => ({ key: text(key), value: text(value) }));
}

/** Reads the pairs of an owner, by key. */
export function* readPairs(dialect: SqlDialect, table: string, owner: Owner): Script<Pairs> {
  return pairsOf(
    yield* all(
      `SELECT key, value FROM ${table} WHERE ${conditionOf(owner)} ORDER BY ${dialect.text("key")}`,
      ...Object.values(owner),
    ),
  );
}

/** Sets pairs, replacing values of the same keys. */
export function* writePairs(
  dialect: SqlDialect,
  table: string,
  owner: Owner,
  pairs: Pairs,
): Script<void> {
  const last = new Map(pairs.map(({ key, value }) => [key, value]));
  if (last.size > 0) yield* dialect.insertPairs(table, owner, [...last], "replace");
}

/** Removes a pair; `false` if there is none. */
export function* removePair(table: string, owner: Owner, key: string): Script<boolean> {
  return (yield* run(
    `DELETE FROM ${table} WHERE ${conditionOf(owner)} AND key = ?`,
    ...Object.values(owner),
    key,
  )) > 0;
}

/** Sets a pair, or removes it if `value` is `null`; `false` if there is none to remove. */
export function* setPair(
  dialect: SqlDialect,
  table: string,
  owner: Owner,
  key: string,
  value: string | null,
): Script<boolean> {
  if (value === null) return yield* removePair(table, owner, key);
  yield* writePairs(dialect, table, owner, [{ key, value }]);
  return true;
}

function conditionOf(owner: Owner): string {
  return Object.keys(owner).map((column) => `${column} = ?`).join(" AND ");
}
