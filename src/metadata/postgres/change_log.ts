import { changeOf, valuesByRun } from "../rows/change_row.ts";
import { type SqlRow, text } from "../rows/value.ts";
import type { Change, ChangeLog, ChangePosition, Changes, NewValue } from "../change_log.ts";
import { CHANGES } from "./change_triggers.ts";
import type { Database, Sql, Transaction } from "./database.ts";

/** Number of changes after which no further transaction is read at once. */
const MOST_CHANGES = 1000;

/** Maximum number of transactions listed in a position, which is printed as the id of an event. */
const MOST_PENDING = 900;

/** Order of the changes of one transaction. */
const ORDER = ["run", "metrics", "artifact", "model", "removed"];

/**
 * Transactions that a reader has seen: those below `end` except `pending` ones, which had not ended
 * yet. As a position: `end`, then the pending ones in ascending order.
 */
interface Seen {
  readonly end: number;
  readonly pending: readonly number[];
}

/**
 * A standby lists no pending transactions, so all from the first one on count as not seen: their
 * changes may be reported twice.
 */
const SNAPSHOT = `SELECT CASE WHEN pg_is_in_recovery() THEN pg_snapshot_xmin(s)::text || '::'
    ELSE pg_snapshot_xmax(s)::text || '::' || coalesce(
      (SELECT string_agg(x::text, ',' ORDER BY x) FROM pg_snapshot_xip(s) AS x), '')
    END AS seen FROM pg_current_snapshot() AS s`;

/** Condition for a column that the transaction was not seen; it ended, as its row is visible. */
const isNew = (column: string) => `(${column} >= ? OR ${column} = ANY(?::bigint[]))`;

/** The first condition lets the index be read from there on. */
const SELECT = `SELECT subject, kind, xid FROM ${CHANGES}
  WHERE xid >= ? AND ${isNew("xid")} AND xid < ? ORDER BY xid FETCH FIRST ? ROWS WITH TIES`;

const SELECT_VALUES = `SELECT run_id, key, last AS value, step FROM chachaml_metric_summaries
  WHERE run_id = ANY(?::text[]) AND ${isNew("changed")} ORDER BY run_id, key COLLATE "C"`;

/** Change log of a PostgreSQL database. */
export class PostgresChangeLog implements ChangeLog {
  readonly #database: Database;

  /** Creates a change log of `database`. */
  constructor(database: Database) {
    this.#database = database;
  }

  async position(): Promise<ChangePosition> {
    return positionOf(await this.#database.read(seenNow));
  }

  since(position: ChangePosition): Promise<Changes> {
    return this.#database.readMoment((sql) => changesSince(sql, position));
  }
}

async function changesSince(sql: Transaction, position: ChangePosition): Promise<Changes> {
  const now = await seenNow(sql);
  const [end = 0, ...pending] = position;
  // The tables have been moved to a server that counts from the start: all is reported again.
  const seen = end > now.end ? { end: 0, pending: [] } : { end, pending };
  const first = Math.min(seen.end, ...seen.pending);
  const rows = await sql.all(SELECT, first, seen.end, seen.pending, now.end, MOST_CHANGES);
  const isCut = rows.length >= MOST_CHANGES;
  return {
    changes: await changesOf(sql, rows, seen),
    position: positionOf(isCut ? seenAfter(seen, now, Number(rows.at(-1)!.xid)) : now),
    more: isCut,
  };
}

/** What is seen by a reader that has read all of `now` up to a transaction. */
function seenAfter(seen: Seen, now: Seen, last: number): Seen {
  const end = Math.max(seen.end, last + 1);
  const pending = new Set([
    ...now.pending.filter((id) => id < end),
    ...seen.pending.filter((id) => id > last),
  ]);
  return { end, pending: [...pending].sort((a, b) => a - b) };
}

async function changesOf(sql: Sql, rows: readonly SqlRow[], seen: Seen): Promise<Change[]> {
  const found = new Map<string, { kind: string; subject: string; xid: number }>();
  for (const row of rows) {
    const [kind, subject, xid] = [text(row.kind), text(row.subject), Number(row.xid)];
    found.set(`${kind} ${subject}`, { kind, subject, xid });
  }
  const latest = [...found.values()].sort((a, b) =>
    a.xid - b.xid || ORDER.indexOf(a.kind) - ORDER.indexOf(b.kind)
  );
  const runIds = latest.filter(({ kind }) => kind === "metrics").map(({ subject }) => subject);
  const values = await valuesOf(sql, runIds, seen);
  return latest.map(({ kind, subject }): Change =>
    kind === "metrics"
      ? { kind, runId: subject, values: values.get(subject) ?? [] }
      : changeOf(kind, subject)
  );
}

async function valuesOf(
  sql: Sql,
  runIds: readonly string[],
  seen: Seen,
): Promise<Map<string, NewValue[]>> {
  if (runIds.length === 0) return new Map();
  return valuesByRun(await sql.all(SELECT_VALUES, runIds, seen.end, seen.pending));
}

async function seenNow(sql: Sql): Promise<Seen> {
  const row = await sql.get(SNAPSHOT);
  const [end = "", ids = ""] = text(row!.seen).split("::");
  const pending = ids === "" ? [] : ids.split(",").map(Number);
  if (pending.length <= MOST_PENDING) return { end: Number(end), pending };
  // Later transactions count as not seen, so their changes may be reported twice.
  return { end: pending[MOST_PENDING]!, pending: pending.slice(0, MOST_PENDING) };
}

function positionOf({ end, pending }: Seen): ChangePosition {
  return [end, ...pending];
}
