import type { Database } from "./database.ts";
import { insertMetrics } from "./metric_rows.ts";
import { dropProcess, noteProcess, recordHeartbeat, runningProcesses } from "./process_rows.ts";
import type { SqlConnection } from "./sql_driver.ts";
import type { FinalWrites, ProcessStore, RecordedProcess, RunProcess } from "../process_store.ts";

/** Processes of runs in SQLite. */
export class SqliteProcessStore implements ProcessStore {
  readonly #database: Database;
  readonly #now: () => number;

  /** Creates an accessor of `database`; `now` is the clock, in epoch milliseconds. */
  constructor(database: Database, now: () => number) {
    this.#database = database;
    this.#now = now;
  }

  attach(runId: string, process: RunProcess): Promise<void> {
    return this.#database.write({ apply: (sql) => noteProcess(sql, runId, process, this.#now()) });
  }

  heartbeat(runIds: readonly string[]): Promise<void> {
    return this.#database.write({ apply: (sql) => recordHeartbeat(sql, runIds, this.#now()) });
  }

  running(): Promise<RecordedProcess[]> {
    return this.#database.read(runningProcesses);
  }

  /** Synchronously writes queued jobs, then points and the end of runs. */
  finishSync({ batches, runIds, error }: FinalWrites): void {
    this.#database.finishSync([
      ...batches.map((batch) => ({
        apply: (sql: SqlConnection) => {
          // Points of a run removed meanwhile are dropped.
          if (!sql.prepare("SELECT 1 FROM runs WHERE id = ?").get(batch.runId)) return;
          insertMetrics(sql, batch);
        },
      })),
      ...runIds.map((runId) => ({
        apply: (sql: SqlConnection) => {
          const changed = sql.prepare(
            `UPDATE runs SET status = 'failed', end_time = ?, error = ?
              WHERE id = ? AND status = 'running'`,
          ).run(this.#now(), error, runId);
          if (changed > 0) dropProcess(sql, runId);
        },
      })),
    ]);
  }
}
