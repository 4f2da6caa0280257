/** Search for artifacts, in time proportional to the result. */
import type { ArtifactQuery, IndexEntry } from "../artifact_index.ts";
import { entryOf } from "../rows/artifact_row.ts";
import { SELECT_ENTRY } from "./artifact_rows.ts";
import type { PgValue, Sql } from "./client.ts";

/** Returns the artifacts that match a query, by creation time, then name. */
export async function findEntries(sql: Sql, query: ArtifactQuery): Promise<IndexEntry[]> {
  const { runId, name, contentType, hash, limit } = query;
  const where: string[] = [];
  const values: PgValue[] = [];
  const add = (condition: string, ...more: PgValue[]) => {
    where.push(condition);
    values.push(...more);
  };
  if (runId !== undefined) add("a.run_id = ?", runId);
  if (hash !== undefined) add("a.hash = ?", hash);
  if (contentType !== undefined) {
    // Also with parameters; "<" is the character after ";".
    add(
      `(a.content_type COLLATE "C" = ? OR
        a.content_type COLLATE "C" > ? AND a.content_type COLLATE "C" < ?)`,
      contentType,
      `${contentType};`,
      `${contentType}<`,
    );
  }
  if (name !== undefined) addName(name, add);
  const condition = where.length === 0 ? "" : `WHERE ${where.join(" AND ")}`;
  const rows = await sql.all(
    `${SELECT_ENTRY} ${condition} ORDER BY a.created_at, a.name COLLATE "C" LIMIT ?::bigint`,
    ...values,
    limit ?? null,
  );
  return rows.map(entryOf);
}

function addName(name: string, add: (condition: string, ...values: PgValue[]) => void): void {
  const wild = name.search(/[*?]/);
  if (wild < 0) return add(`a.name COLLATE "C" = ?`, name);
  // The prefix is a range of an index.
  const prefix = name.slice(0, wild);
  if (wild > 0) {
    add(`a.name COLLATE "C" >= ? AND a.name COLLATE "C" < ?`, prefix, `${prefix}\u{10FFFF}`);
  }
  const pattern = name.replace(/[\\%_]/g, "\\$&").replaceAll("*", "%").replaceAll("?", "_");
  add("a.name LIKE ?", pattern);
}
