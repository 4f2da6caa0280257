/** Lookup of byte keys in records. */
import { pathOf } from "./artifact_rows.ts";
import type { SqlConnection } from "./sql_driver.ts";
import { text, whole } from "./whole_text.ts";

/** Path of a row as returned by `pathOf()`; expression of the index. */
export const KEY = "replace(path, '\\', '/')";

/** Index on {@linkcode KEY}. May be missing in a read-only database. */
export const KEY_INDEX = "chachaml_artifacts_key";

/** Range of everything below a directory: "0" is the character after "/". */
const NAMED = `SELECT 1 FROM artifacts WHERE ${KEY} = ? UNION ALL
  SELECT 1 FROM artifacts WHERE ${KEY} > ? AND ${KEY} < ? LIMIT 1`;

/** Returns the keys that no record names, neither themselves nor anything below them. */
export function unnamedKeys(
  sql: SqlConnection,
  keys: Iterable<string>,
  hasIndex: boolean,
): Set<string> {
  const isNamed = hasIndex ? byIndex(sql) : namedPaths(sql);
  const unnamed = new Set<string>();
  for (const key of keys) {
    // A file name with a backslash may be named by a row written on Windows.
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

/** Returns the keys that records name, by scanning all records without an index. */
export function namedWithoutIndex(sql: SqlConnection, keys: Iterable<string>): Set<string> {
  const named = new Set<string>();
  const statement = sql.prepare(`SELECT 1 FROM artifacts NOT INDEXED WHERE ${KEY} = ? LIMIT 1`);
  for (const key of keys) if (statement.get(key)) named.add(key);
  return named;
}

/** Returns a predicate for paths that a row names, or that are above one. */
function namedPaths(sql: SqlConnection): (path: string) => boolean {
  const named = new Set<string>();
  for (const row of sql.prepare(`SELECT ${whole("path")} FROM artifacts`).all()) {
    // A file name with a backslash may also be named literally.
    for (let part of new Set([pathOf(row), text(row.path)])) {
      // Adds parents up to the first one that is already known.
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
