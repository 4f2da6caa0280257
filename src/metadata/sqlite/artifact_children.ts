/** Direct entries of a directory of artifacts. */
import type { DirectoryEntry } from "../artifact_index.ts";
import type { SqlConnection } from "./sql_driver.ts";
import { text, whole } from "./whole_text.ts";

/** Rows that are read at once among files; behind a directory, one by one. */
const PAGE = 500;

/** Reads the entries of a directory. A directory in it costs one look at the index, whatever it holds. */
export function findChildren(
  sql: SqlConnection,
  runId: string,
  directory: string,
): DirectoryEntry[] {
  const under = directory === "" ? "" : `${directory}/`;
  // "0" is the character after "/".
  const end = directory === "" ? undefined : `${directory}0`;
  const select = sql.prepare(
    `SELECT ${whole("name")}, size FROM artifacts
      WHERE run_id = ?1 AND artifacts.name >= ?2 ${
      end === undefined ? "" : "AND artifacts.name < ?4"
    }
      ORDER BY artifacts.name LIMIT ?3`,
  );
  const entries: DirectoryEntry[] = [];
  let [from, limit] = [under, PAGE];
  for (;;) {
    const rows = select.all(runId, from, limit, ...end === undefined ? [] : [end]);
    for (const row of rows) {
      const name = text(row.name);
      const slash = name.indexOf("/", under.length);
      if (slash >= 0) {
        entries.push({ name: name.slice(under.length, slash), size: undefined });
        [from, limit] = [`${name.slice(0, slash)}0`, 1];
        break;
      }
      entries.push({ name: name.slice(under.length), size: Number(row.size ?? 0) });
      // The smallest text that is larger.
      [from, limit] = [`${name}\u0001`, PAGE];
    }
    if (rows.length === 0) return entries;
  }
}
