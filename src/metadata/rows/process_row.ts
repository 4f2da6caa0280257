/** Conversion of process rows. */
import type { RecordedProcess } from "../process_store.ts";
import { type SqlRow, textOrNull } from "./value.ts";

/** Converts a row to a process. */
export function processOf(row: SqlRow): RecordedProcess {
  return {
    runId: String(row.run_id),
    host: textOrNull(row.host),
    space: textOrNull(row.space),
    pid: Number(row.pid),
    started: textOrNull(row.started),
    heartbeat: new Date(Number(row.heartbeat)),
  };
}
