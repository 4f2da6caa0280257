/** Search for artifact records. */
import { yieldToEventLoop } from "../../base/async.ts";
import { entryOf, SELECT_ENTRY } from "./artifact_rows.ts";
import type { Database } from "./database.ts";
import type { SqlConnection, SqlRow, SqlValue } from "./sql_driver.ts";
import type { ArtifactPosition, ArtifactTotals, IndexEntry } from "../artifact_index.ts";
import { textOrNull } from "./whole_text.ts";

/** Number of records read at once; others can write in between. */
const PAGE = 1000;

/** Yields the artifacts of a run, or of all, by run and name, in pages. */
export async function* eachEntry(
  database: Database,
  runId: string | undefined,
  after?: ArtifactPosition,
): AsyncGenerator<IndexEntry> {
  for (let page = after ? pageBehind(rowOf(after), runId) : firstPage(runId);;) {
    const rows = await database.read((sql) => page(sql));
    for (const row of rows) yield entryOf(row);
    if (rows.length < PAGE) return;
    page = pageBehind(rows.at(-1), runId);
  }
}

/**
 * Yields all artifacts of a database that nobody else writes to; `read` provides a connection per
 * page.
 */
export async function* eachEntryOf(
  read: <T>(work: (sql: SqlConnection) => T) => T,
): AsyncGenerator<IndexEntry> {
  for (let page = firstPage(undefined);;) {
    await yieldToEventLoop();
    const rows = read((sql) => page(sql));
    for (const row of rows) yield entryOf(row);
    if (rows.length < PAGE) return;
    page = pageBehind(rows.at(-1), undefined);
  }
}

type Page = (sql: SqlConnection) => SqlRow[];

const ORDER = `ORDER BY a.run_id, a.name LIMIT ${PAGE}`;

function firstPage(runId: string | undefined): Page {
  const [where, values] = runId === undefined ? ["", []] : ["WHERE a.run_id = ?", [runId]];
  return (sql) => sql.prepare(`${SELECT_ENTRY} ${where} ${ORDER}`).all(...values);
}

function pageBehind(last: SqlRow | undefined, runId: string | undefined): Page {
  const where = runId === undefined ? "(a.run_id, a.name) > (?, ?)" : "a.run_id = ? AND a.name > ?";
  const [run_id, name] = [textOrNull(last?.run_id), textOrNull(last?.name)];
  return (sql) => sql.prepare(`${SELECT_ENTRY} WHERE ${where} ${ORDER}`).all(run_id, name);
}

function rowOf({ runId, name }: ArtifactPosition): SqlRow {
  return { run_id: runId, name };
}

/** Returns number and size of the artifacts of a run, or of all, after a position. */
export function totalsOf(
  sql: SqlConnection,
  runId?: string,
  after?: ArtifactPosition,
): ArtifactTotals {
  const conditions: string[] = [];
  const values: SqlValue[] = [];
  if (runId !== undefined) {
    conditions.push("run_id = ?");
    values.push(runId);
  }
  if (after) {
    conditions.push("(run_id, name) > (?, ?)");
    values.push(after.runId, after.name);
  }
  const where = conditions.length === 0 ? "" : `WHERE ${conditions.join(" AND ")}`;
  const row = sql.prepare(
    `SELECT count(*) AS artifacts,
      total(CASE WHEN typeof(size) = 'integer' AND size >= 0 THEN size END) AS bytes
      FROM artifacts ${where}`,
  ).get(...values)!;
  return { artifacts: Number(row.artifacts), bytes: Number(row.bytes) };
}
