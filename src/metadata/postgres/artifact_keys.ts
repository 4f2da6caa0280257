/** Lookup of byte keys in records. */
import type { Sql, Transaction } from "./client.ts";
import { KEY } from "./schema.ts";

/** "0" is the character after "/". */
const SELECT_NAMED = `SELECT given.key FROM unnest(?::text[]) AS given(key)
  WHERE EXISTS (SELECT 1 FROM artifacts WHERE ${KEY} = given.key)
    OR EXISTS (SELECT 1 FROM artifacts WHERE ${KEY} > given.key || '/' AND ${KEY} < given.key || '0')`;

/** Returns the keys that no record names, neither themselves nor anything below them. */
export async function unnamedKeys(sql: Sql, keys: Iterable<string>): Promise<Set<string>> {
  const all = [...keys];
  // A file name with a backslash may be named by a row written on Windows.
  const asked = new Map(all.map((key) => [key, [key, key.replaceAll("\\", "/")]]));
  const rows = await sql.all(SELECT_NAMED, [...new Set([...asked.values()].flat())]);
  const named = new Set(rows.map(({ key }) => String(key)));
  return new Set(all.filter((key) => !asked.get(key)!.some((form) => named.has(form))));
}

/** Returns the keys that records name, by scanning all records without an index. */
export async function namedWithoutIndex(
  sql: Transaction,
  keys: Iterable<string>,
): Promise<Set<string>> {
  await sql.all(`SELECT set_config(name, 'off', true) FROM unnest(?::text[]) AS t(name)`, [
    "enable_indexscan",
    "enable_indexonlyscan",
    "enable_bitmapscan",
  ]);
  const rows = await sql.all(
    `SELECT DISTINCT ${KEY} AS key FROM artifacts WHERE ${KEY} = ANY(?::text[])`,
    [...keys],
  );
  return new Set(rows.map(({ key }) => String(key)));
}
