import { RunNotFoundError } from "../../base/errors.ts";
import type { ProcessStore, RecordedProcess, RunProcess } from "../process_store.ts";
import { processOf } from "../rows/process_row.ts";
import type { Database, Sql } from "./database.ts";

/** Records the process of a running run. */
export async function noteProcess(
  sql: Sql,
  runId: string,
  { host, space, pid, started }: RunProcess,
  now: number,
): Promise<void> {
  const run = await sql.get("SELECT status FROM runs WHERE id = ? FOR KEY SHARE", runId);
  if (!run) throw new RunNotFoundError(runId);
  if (run.status !== "running") return;
  await sql.run(
    `INSERT INTO chachaml_processes (run_id, host, space, pid, started, heartbeat)
      VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (run_id) DO UPDATE SET host = EXCLUDED.host,
        space = EXCLUDED.space, pid = EXCLUDED.pid, started = EXCLUDED.started,
        heartbeat = EXCLUDED.heartbeat`,
    runId,
    host,
    space,
    pid,
    started,
    now,
  );
}

/** Removes the process of a run that has ended. */
export async function dropProcess(sql: Sql, runId: string): Promise<void> {
  await sql.run("DELETE FROM chachaml_processes WHERE run_id = ?", runId);
}

/** Processes of runs in PostgreSQL. */
export class PostgresProcessStore implements ProcessStore {
  readonly #database: Database;
  readonly #now: () => number;

  /** Creates an accessor of `database`; `now` is the clock, in epoch milliseconds. */
  constructor(database: Database, now: () => number) {
    this.#database = database;
    this.#now = now;
  }

  attach(runId: string, process: RunProcess): Promise<void> {
    return this.#database.write((sql) => noteProcess(sql, runId, process, this.#now()));
  }

  async heartbeat(runIds: readonly string[]): Promise<void> {
    await this.#database.write((sql) =>
      sql.run(
        "UPDATE chachaml_processes SET heartbeat = ? WHERE run_id = ANY(?::text[])",
        this.#now(),
        runIds,
      )
    );
  }

  async running(): Promise<RecordedProcess[]> {
    const rows = await this.#database.read((sql) =>
      sql.all(
        `SELECT p.run_id, p.host, p.space, p.pid, p.started, p.heartbeat
          FROM chachaml_processes AS p JOIN runs AS r ON r.id = p.run_id
          WHERE r.status = 'running' ORDER BY r.start_time, r.id COLLATE "C"`,
      )
    );
    return rows.map(processOf);
  }
}
