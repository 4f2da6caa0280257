/**
 * Locks of names, held until the transaction ends. A put takes shared locks of its run and of the
 * parents of its name, and an exclusive lock of its name; changes of a whole run lock it
 * exclusively. Locks are taken from the run downwards, which prevents deadlocks.
 */
import { fold } from "../../names/names.ts";
import type { Sql } from "./client.ts";

const LOCK = `SELECT CASE WHEN alone THEN pg_advisory_xact_lock(id)::text
    ELSE pg_advisory_xact_lock_shared(id)::text END
  FROM (SELECT hashtextextended(current_schema() || '/' || key, 0) AS id, alone
    FROM unnest(?::text[], ?::boolean[]) WITH ORDINALITY AS t(key, alone, at) ORDER BY at) AS keys`;

/** With more names than this, the run is locked instead: each lock uses memory of the server. */
const MAX_NAMES = 20;

/** Locks names of a run that are about to be put, replaced or removed. */
export async function lockNames(sql: Sql, runId: string, names: readonly string[]): Promise<void> {
  if (names.length > MAX_NAMES) return await lockRuns(sql, [runId]);
  const run = keyOf(runId);
  const alone = new Map<string, boolean>();
  for (const name of names) {
    const folded = fold(name);
    for (let at = folded.indexOf("/"); at >= 0; at = folded.indexOf("/", at + 1)) {
      const directory = `${run}${folded.slice(0, at)}`;
      if (!alone.has(directory)) alone.set(directory, false);
    }
    alone.set(`${run}${folded}`, true);
  }
  const keys = [...alone.keys()].sort();
  await lock(sql, [[run, false], ...keys.map((key) => [key, alone.get(key)!] as const)]);
}

/** Locks whole runs. */
export async function lockRuns(sql: Sql, runIds: Iterable<string>): Promise<void> {
  const keys = [...new Set(Array.from(runIds, keyOf))].sort();
  await lock(sql, keys.map((key) => [key, true] as const));
}

/** Locks an object of a kind by its name, e.g. a model. */
export async function lockThing(sql: Sql, kind: string, name: string): Promise<void> {
  await lock(sql, [[`${kind} ${name}`, true]]);
}

function keyOf(runId: string): string {
  return `run ${fold(runId)}/`;
}

async function lock(
  sql: Sql,
  keys: readonly (readonly [key: string, alone: boolean])[],
): Promise<void> {
  if (keys.length === 0) return;
  await sql.all(LOCK, keys.map(([key]) => key), keys.map(([, alone]) => alone ? "t" : "f"));
}
