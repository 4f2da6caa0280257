/** Processes of running runs, in a table of our own. */
import { RunNotFoundError } from "../../base/errors.ts";
import { processOf } from "../rows/process_row.ts";
import type { SqlConnection } from "./sql_driver.ts";
import type { RecordedProcess, RunProcess } from "../process_store.ts";

/** Name of the table. */
const PROCESS_TABLE = "chachaml_processes";

/** Records the process of a running run. */
export function noteProcess(
  sql: SqlConnection,
  runId: string,
  { host, space, pid, started }: RunProcess,
  now: number,
): void {
  const status = sql.prepare("SELECT status FROM runs WHERE id = ?").get(runId)?.status;
  if (status === undefined) throw new RunNotFoundError(runId);
  if (status !== "running") return;
  sql.prepare(
    `INSERT OR REPLACE INTO ${PROCESS_TABLE} (run_id, host, space, pid, started, heartbeat)
      VALUES (?, ?, ?, ?, ?, ?)`,
  ).run(runId, host, space, pid, started, now);
}

/** Removes the process of a run that has ended. */
export function dropProcess(sql: SqlConnection, runId: string): void {
  sql.prepare(`DELETE FROM ${PROCESS_TABLE} WHERE run_id = ?`).run(runId);
}

/** Records heartbeats. */
export function recordHeartbeat(sql: SqlConnection, runIds: readonly string[], now: number): void {
  const update = sql.prepare(`UPDATE ${PROCESS_TABLE} SET heartbeat = ? WHERE run_id = ?`);
  for (const runId of runIds) update.run(now, runId);
}

/** Reads the processes of running runs. */
export function runningProcesses(sql: SqlConnection): RecordedProcess[] {
  return sql.prepare(
    `SELECT p.run_id, p.host, p.space, p.pid, p.started, p.heartbeat FROM ${PROCESS_TABLE} AS p
      JOIN runs AS r ON r.id = p.run_id WHERE r.status = 'running' ORDER BY r.start_time, r.id`,
  ).all().map(processOf);
}
