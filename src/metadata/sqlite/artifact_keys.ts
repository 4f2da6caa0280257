/** Which keys of bytes are named by records. */
import { pathOf } from "./artifact_rows.ts";
import type { SqlConnection } from "./sql_driver.ts";
import { text, whole } from "./whole_text.ts";

/** The path of a row as `pathOf()` gives it; the text of the index on it. */
export const KEY = "replace(path, '\\', '/')";

/** The index on {@linkcode KEY}. A database that is only read may lack it. */
export const KEY_INDEX = "chachaml_artifacts_key";

/** Range of all that lies below a directory: "0" is the character after "/". */
const NAMED = `SELECT 1 FROM artifacts WHERE ${KEY} = ? UNION ALL
  SELECT 1 FROM artifacts WHERE ${KEY} > ? AND ${KEY} < ? LIMIT 1`;

/** Which of some keys no record names, and no record names anything below. */
export function unnamedKeys(
  sql: SqlConnection,
  keys: Iterable<string>,
  hasIndex: boolean,
): Set<string> {
  const isNamed = hasIndex ? byIndex(sql) : namedPaths(sql);
  const unnamed = new Set<string>();
  for (const key of keys) {
    // A file that has a backslash in its very name may be the one that a row of Windows means.
    if (!isNamed(key) && !(key.includes("\\") && isNamed(key.replaceAll("\\", "/")))) {
      unnamed.add(key);
    }
  }
  return unnamed;
}

function byIndex(sql: SqlConnection): (key: string) => boolean {
  const statement = sql.prepare(NAMED);
  return (key) => statement.get(key, `${key}/`, `${key}0`) !== undefined;
}

/** Which of some keys a record names, by looking at every record and at no index. */
export function namedWithoutIndex(sql: SqlConnection, keys: Iterable<string>): Set<string> {
  const named = new Set<string>();
  const statement = sql.prepare(`SELECT 1 FROM artifacts NOT INDEXED WHERE ${KEY} = ? LIMIT 1`);
  for (const key of keys) if (statement.get(key)) named.add(key);
  return named;
}

/** Tells whether a row names a path, or one below it. */
function namedPaths(sql: SqlConnection): (path: string) => boolean {
  const named = new Set<string>();
  for (const row of sql.prepare(`SELECT ${whole("path")} FROM artifacts`).all()) {
    // A file that has a backslash in its very name is not ours to collect either.
    for (let part of new Set([pathOf(row), text(row.path)])) {
      // Up to the first directory that another row has named already.
      while (!named.has(part)) {
        named.add(part);
        const slash = part.lastIndexOf("/");
        if (slash < 0) break;
        part = part.slice(0, slash);
      }
    }
  }
  return (path) => named.has(path);
}
