/** Which keys of bytes are named by records. */
import type { Sql, Transaction } from "./client.ts";
import { KEY } from "./schema.ts";

/** "0" is the character after "/". */
const SELECT_NAMED = `SELECT given.key FROM unnest(?::text[]) AS given(key)
  WHERE EXISTS (SELECT 1 FROM artifacts WHERE ${KEY} = given.key)
    OR EXISTS (SELECT 1 FROM artifacts WHERE ${KEY} > given.key || '/' AND ${KEY} < given.key || '0')`;

/** Which of some keys no record names, and no record names anything below. */
export async function unnamedKeys(sql: Sql, keys: Iterable<string>): Promise<Set<string>> {
  const all = [...keys];
  // A file that has a backslash in its very name may be the one that a row of Windows means.
  const asked = new Map(all.map((key) => [key, [key, key.replaceAll("\\", "/")]]));
  const rows = await sql.all(SELECT_NAMED, [...new Set([...asked.values()].flat())]);
  const named = new Set(rows.map(({ key }) => String(key)));
  return new Set(all.filter((key) => !asked.get(key)!.some((form) => named.has(form))));
}

/** Which of some keys a record names, by looking at every record and at no index. */
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
