/** Search for artifacts, in time proportional to the result. */
import { entryOf, SELECT_ENTRY } from "./artifact_rows.ts";
import type { SqlConnection, SqlRow, SqlValue } from "./sql_driver.ts";
import type { ArtifactQuery, IndexEntry } from "../artifact_index.ts";
import { text } from "./whole_text.ts";

/** Number of oldest artifacts checked first: common names are found among them. */
const PROBED = 1000;

const ORDER = "ORDER BY a.created_at, a.name LIMIT ?";

/** A part of WHERE with its values. */
interface Part {
  readonly where: readonly string[];
  readonly values: readonly SqlValue[];
}

/** Returns the artifacts that match a query, by creation time, then name. */
export function findEntries(sql: SqlConnection, query: ArtifactQuery): IndexEntry[] {
  const { contentType } = query;
  const common = [exactly("a.run_id", query.runId), exactly("a.hash", query.hash)];
  if (contentType === undefined) return find(sql, common, query).map(entryOf);
  // Artifacts of one type are in the order of an index; those of several types are not.
  return typesLike(sql, contentType)
    .flatMap((type) => find(sql, [...common, exactly("a.content_type", type)], query))
    .sort(byCreation).slice(0, query.limit).map(entryOf);
}

/** Returns a MIME type and its stored variants with parameters, each found by one index lookup. */
function typesLike(sql: SqlConnection, contentType: string): SqlValue[] {
  const types: SqlValue[] = [contentType];
  // "<" is the character after ";".
  const next = sql.prepare(
    "SELECT min(content_type) AS type FROM artifacts WHERE content_type > ? AND content_type < ?",
  );
  for (let last: SqlValue = `${contentType};`;;) {
    const type: SqlValue = next.get(last, `${contentType}<`)?.type ?? null;
    if (type === null) return types;
    types.push(type);
    last = type;
  }
}

function exactly(column: string, value: SqlValue | undefined): Part {
  return value === undefined ? NONE : { where: [`${column} = ?`], values: [value] };
}

const NONE: Part = { where: [], values: [] };

function find(
  sql: SqlConnection,
  parts: readonly Part[],
  { name, runId, hash, limit = -1 }: ArtifactQuery,
): SqlRow[] {
  const select = (extra: Part = NONE, order: string = ORDER): SqlRow[] => {
    const { text, values } = whereOf([...parts, extra]);
    return sql.prepare(`${SELECT_ENTRY} ${text} ${order}`).all(...values, limit);
  };
  if (name === undefined) return select();
  const wild = name.search(/[*?]/);
  if (wild < 0) return select(exactly("a.name", name));
  // GLOB treats [ as the start of a class; in a name it is literal.
  const glob: Part = { where: ["a.name GLOB ?"], values: [name.replaceAll("[", "[[]")] };
  if (wild === 0 || runId !== undefined || hash !== undefined) return select(glob);
  if (limit >= 0) {
    const found = findOldest(sql, parts, glob, limit);
    if (found.length === limit) return found;
  }
  const prefix = name.slice(0, wild);
  const range: Part = {
    where: ["a.name >= ? AND a.name < ?", ...glob.where],
    values: [prefix, `${prefix}\u{10FFFF}`, ...glob.values],
  };
  // The range uses the index of names; "+" excludes the index of creation times.
  return select(range, ORDER.replace("a.created_at", "+a.created_at"));
}

/** Searches only the oldest artifacts that match `parts`. */
function findOldest(
  sql: SqlConnection,
  parts: readonly Part[],
  extra: Part,
  limit: number,
): SqlRow[] {
  const [first, then] = [whereOf(parts), whereOf([extra])];
  const oldest = `(SELECT a.* FROM artifacts AS a ${first.text}
    ORDER BY a.created_at, a.name LIMIT ${PROBED}) AS a`;
  const select = SELECT_ENTRY.replace("artifacts AS a", oldest);
  return sql.prepare(`${select} ${then.text} ${ORDER}`)
    .all(...first.values, ...then.values, limit);
}

function whereOf(parts: readonly Part[]): { text: string; values: SqlValue[] } {
  const where = parts.flatMap((part) => part.where);
  return {
    text: where.length === 0 ? "" : `WHERE ${where.join(" AND ")}`,
    values: parts.flatMap((part) => part.values),
  };
}

function byCreation(a: SqlRow, b: SqlRow): number {
  const [x, y] = [Number(a.created_at), Number(b.created_at)];
  if (x !== y) return x - y;
  return text(a.name) < text(b.name) ? -1 : 1;
}
