/** Reading and writing of rows of runs. */
import { assertString } from "../../base/assert.ts";
import { RunNotFoundError } from "../../base/errors.ts";
import type { Run } from "../run.ts";
import type { RunChange, RunCounts } from "../run_store.ts";
import { runOf, withoutStartTag } from "../rows/run_row.ts";
import { type SqlRow, text, textOrNull } from "../rows/value.ts";
import type { PgValue, Sql } from "./client.ts";

/** Columns of a run. */
export const RUN_COLUMNS = `r.id, r.experiment, r.name, r.status, r.error, r.tags, r.env,
  r.parent_run_id, r.created_by, r.start_time, r.end_time`;

const SELECT_RUN = `SELECT ${RUN_COLUMNS} FROM runs AS r WHERE r.id = ?`;

/** Returns the row of a run. */
export async function requireRow(sql: Sql, id: string): Promise<SqlRow> {
  assertString("a run id", id);
  const row = await sql.get(SELECT_RUN, id);
  if (!row) throw new RunNotFoundError(id);
  return row;
}

/** Returns the row of a run, and locks it until the transaction ends. */
export async function lockRow(sql: Sql, id: string): Promise<SqlRow> {
  assertString("a run id", id);
  const row = await sql.get(`${SELECT_RUN} FOR NO KEY UPDATE`, id);
  if (!row) throw new RunNotFoundError(id);
  return row;
}

/** Returns a run by id, with its tags. */
export async function requireRun(sql: Sql, id: string): Promise<Run> {
  const [row, tags] = await Promise.all([
    requireRow(sql, id),
    sql.all("SELECT key, value FROM tags WHERE run_id = ?", id),
  ]);
  return runOf(row, tags);
}

/** Converts rows to runs with their tags. */
export async function withTags(sql: Sql, rows: readonly SqlRow[]): Promise<Run[]> {
  if (rows.length === 0) return [];
  const byRun = new Map<string, SqlRow[]>(rows.map(({ id }) => [text(id), []]));
  const tags = await sql.all(
    "SELECT run_id, key, value FROM tags WHERE run_id = ANY(?::text[])",
    [...byRun.keys()],
  );
  for (const tag of tags) byRun.get(text(tag.run_id))!.push(tag);
  return rows.map((row) => runOf(row, byRun.get(text(row.id))!));
}

/** Updates the given columns of a run. */
export async function changeRun(sql: Sql, id: string, change: RunChange): Promise<void> {
  const { status, endTime, error, experiment, name } = change;
  const end = endTime === undefined ? undefined : endTime?.getTime() ?? null;
  const columns = Object.entries({ status, end_time: end, error, experiment, name })
    .filter((entry): entry is [string, string | number | null] => entry[1] !== undefined);
  if (columns.length === 0) return;
  const values: PgValue[] = columns.map(([, value]) => value);
  await sql.run(
    `UPDATE runs SET ${columns.map(([column]) => `${column} = ?`).join(", ")} WHERE id = ?`,
    ...values,
    id,
  );
}

/** Sets tags of a run, and removes those that are `null`. */
export async function changeTags(
  sql: Sql,
  id: string,
  entries: readonly (readonly [key: string, value: string | null])[],
): Promise<void> {
  const row = await lockRow(sql, id);
  let started = textOrNull(row.tags);
  for (const [key, value] of entries) {
    if (value !== null) {
      await sql.run(
        `INSERT INTO tags (run_id, key, value) VALUES (?, ?, ?)
          ON CONFLICT (run_id, key) DO UPDATE SET value = EXCLUDED.value`,
        id,
        key,
        value,
      );
      continue;
    }
    await sql.run("DELETE FROM tags WHERE run_id = ? AND key = ?", id, key);
    const rest = withoutStartTag(started, key);
    if (rest === undefined) continue;
    started = rest;
    await sql.run("UPDATE runs SET tags = ? WHERE id = ?", rest, id);
  }
}

/** Counts runs by status, and their experiments. */
export async function countRuns(sql: Sql): Promise<RunCounts> {
  const [rows, counted] = await Promise.all([
    sql.all("SELECT status, count(*) AS runs FROM runs GROUP BY status"),
    sql.get("SELECT count(DISTINCT experiment) AS experiments FROM runs"),
  ]);
  return {
    byStatus: Object.fromEntries(rows.map(({ status, runs }) => [text(status), Number(runs)])),
    experiments: Number(counted?.experiments),
  };
}

/** Returns the ids of existing or removed runs. */
export async function knownOrRemoved(sql: Sql, ids: Iterable<string>): Promise<Set<string>> {
  const rows = await sql.all("SELECT id FROM chachaml_known_runs WHERE id = ANY(?::text[])", [
    ...ids,
  ]);
  return new Set(rows.map(({ id }) => text(id)));
}

/**
 * Records ids of runs whose bytes are about to be published, in case their rows are never inserted.
 */
export async function noteRuns(sql: Sql, ids: readonly string[]): Promise<void> {
  await sql.run(
    `INSERT INTO chachaml_known_runs (id) SELECT id FROM unnest(?::text[]) AS t(id)
      ON CONFLICT (id) DO NOTHING`,
    ids,
  );
}
