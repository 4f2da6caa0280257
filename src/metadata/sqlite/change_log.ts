import type { Change, ChangeLog, ChangePosition, Changes, NewValue } from "../change_log.ts";
import { changeOf, valuesByRun } from "../rows/change_row.ts";
import { CHANGES } from "./change_triggers.ts";
import type { Database } from "./database.ts";
import type { SqlConnection } from "./sql_driver.ts";
import { text, whole } from "./whole_text.ts";

/** Maximum number of changes, and of point rows, read at once. */
const [MOST_CHANGES, MOST_ROWS] = [1000, 50_000];

const POSITION = `SELECT (SELECT coalesce(max(seq), 0) FROM ${CHANGES}) AS changes,
  (SELECT coalesce(max(rowid), 0) FROM metrics) AS points,
  (SELECT coalesce(max(rowid), 0) FROM metric_nans) AS nans`;

/** SQLite takes the other columns from the row with the largest step. */
const POINTS = `SELECT ${whole("run_id", "key")}, value, max(step) AS step FROM (
    SELECT run_id, key, value, step FROM metrics WHERE rowid > ?1 AND rowid <= ?2
    UNION ALL
    SELECT run_id, key, NULL, step FROM metric_nans WHERE rowid > ?3 AND rowid <= ?4
  ) GROUP BY run_id, key ORDER BY run_id, key`;

/** Change log of a SQLite database. */
export class SqliteChangeLog implements ChangeLog {
  readonly #database: Database;

  /** Creates a change log of `database`. */
  constructor(database: Database) {
    this.#database = database;
  }

  position(): Promise<ChangePosition> {
    return this.#database.read(positionOf);
  }

  since(position: ChangePosition): Promise<Changes> {
    return this.#database.read((sql) => changesSince(sql, position));
  }
}

function positionOf(sql: SqlConnection): [changes: number, points: number, nans: number] {
  const { changes, points, nans } = sql.prepare(POSITION).get()!;
  return [Number(changes), Number(points), Number(nans)];
}

function changesSince(sql: SqlConnection, position: ChangePosition): Changes {
  const [from = 0, pointsFrom = 0, nansFrom = 0] = position;
  const [last, lastPoint, lastNan] = positionOf(sql);
  const rows = sql.prepare(
    `SELECT ${whole("subject", "kind")}, seq FROM ${CHANGES} WHERE seq > ? ORDER BY seq LIMIT ?`,
  ).all(from, MOST_CHANGES);
  const noted = rows.map((row) => changeOf(text(row.kind), text(row.subject)));
  const seq = rows.length < MOST_CHANGES ? last : Number(rows.at(-1)!.seq);
  // Row numbers are reused after the last rows were removed. New points are then indistinguishable
  // from old ones, so all candidates count as changed.
  const isRenumbered = pointsFrom > lastPoint || nansFrom > lastNan ||
    noted.some(({ kind }) => kind === "removed");
  const starts = [Math.min(pointsFrom, lastPoint), Math.min(nansFrom, lastNan)] as const;
  const ends = [
    Math.min(starts[0] + MOST_ROWS, lastPoint),
    Math.min(starts[1] + MOST_ROWS, lastNan),
  ] as const;
  const byRun = valuesByRun(
    sql.prepare(POINTS).all(starts[0], ends[0], starts[1], ends[1]),
  );
  if (isRenumbered) addRunning(sql, byRun);
  return {
    changes: [
      ...noted,
      ...[...byRun].map(([runId, values]): Change => ({ kind: "metrics", runId, values })),
    ],
    position: [seq, ...ends],
    more: seq < last || ends[0] < lastPoint || ends[1] < lastNan,
  };
}

function addRunning(sql: SqlConnection, byRun: Map<string, NewValue[]>): void {
  const running = sql.prepare(`SELECT ${whole("id")} FROM runs WHERE status = 'running'`).all();
  for (const { id } of running) if (!byRun.has(text(id))) byRun.set(text(id), []);
}
