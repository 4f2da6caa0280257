/** Work that changes rows, and how it is applied. */
import { backoffDelay } from "../../base/async.ts";
import { type SqlConnection, SqlError } from "./sql_driver.ts";

/**
 * Work for a write transaction, in three steps. `check` and `apply` must not wait; `apply` and the
 * commit happen in one turn of the event loop, so that no reader ever sees a row uncommitted.
 */
export interface WriteJob<T> {
  /** Looks whether the job may go on; throws if not, or answers `"later"` for the next group. */
  readonly check?: (sql: SqlConnection) => "now" | "later";
  /** Work on files, done with the write lock held. */
  readonly publish?: () => Promise<void>;
  /** Changes rows. */
  readonly apply: (sql: SqlConnection) => T;
  /** Whether the job must not share its transaction. */
  readonly alone?: boolean;
  /** Whether `apply` changes rows by one statement at most, which needs no savepoint. */
  readonly single?: boolean;
  /** Withdraws the job while it waits; later on, `check` may look at it. */
  readonly signal?: AbortSignal;
}

/** Applies a job, all of it or nothing. */
export function applyJob(sql: SqlConnection, job: WriteJob<unknown>): unknown {
  if (job.single) return job.apply(sql);
  sql.prepare("SAVEPOINT job").run();
  try {
    return job.apply(sql);
  } catch (error) {
    sql.prepare("ROLLBACK TO job").run();
    throw error;
  } finally {
    sql.prepare("RELEASE job").run();
  }
}

/** Milliseconds that a process which is about to end waits for other writers. */
const PATIENCE = 5000;

/**
 * Applies jobs in one transaction without waiting for anything but other writers; one that fails is
 * left out. A transaction that was open is rolled back.
 *
 * @throws {SqlError} If other writers hold the database for too long, or it refuses the commit.
 */
export function applyNow(sql: SqlConnection, jobs: readonly WriteJob<unknown>[]): void {
  try {
    sql.prepare("ROLLBACK").run();
  } catch {
    // None was open.
  }
  if (jobs.length === 0) return;
  insist(() => void sql.prepare("BEGIN IMMEDIATE").run());
  for (const job of jobs) {
    try {
      if ((job.check?.(sql) ?? "now") === "now") applyJob(sql, job);
    } catch {
      // Whoever asked for it can no longer be answered.
    }
  }
  insist(() => void sql.prepare("COMMIT").run());
}

/** Calls until the database is not busy, holding up the event loop. */
function insist(call: () => void): void {
  const cell = new Int32Array(new SharedArrayBuffer(4));
  const start = performance.now();
  for (let attempt = 0;; attempt++) {
    try {
      return call();
    } catch (error) {
      const isBusy = error instanceof SqlError && error.kind === "busy";
      if (!isBusy || performance.now() - start > PATIENCE) throw error;
      Atomics.wait(cell, 0, 0, backoffDelay(attempt));
    }
  }
}
