/** Direct entries of a directory of artifacts. */
import type { DirectoryEntry } from "../artifact_index.ts";
import { numberOrNull, text } from "../rows/value.ts";
import type { Sql } from "./client.ts";

/** Reads the entries of a directory: the names that begin so are a range of the index. */
export async function findChildren(
  sql: Sql,
  runId: string,
  directory: string,
): Promise<DirectoryEntry[]> {
  const under = directory === "" ? "" : `${directory}/`;
  const rows = await sql.all(
    `SELECT split_part(substr(a.name, ?::int), '/', 1) COLLATE "C" AS head,
        max(CASE WHEN strpos(substr(a.name, ?::int), '/') > 0 THEN 1 ELSE 0 END) AS is_directory, max(a.size) AS size
      FROM artifacts a
      WHERE a.run_id = ? AND (?::text = '' OR a.name COLLATE "C" >= ? AND a.name COLLATE "C" < ?)
      GROUP BY 1 ORDER BY 1`,
    [...under].length + 1,
    [...under].length + 1,
    runId,
    directory,
    under,
    `${directory}0`,
  );
  return rows.map(({ head, is_directory, size }) => ({
    name: text(head),
    size: Number(is_directory) === 1 ? undefined : numberOrNull(size) ?? 0,
  }));
}
