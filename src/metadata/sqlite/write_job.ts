/** Jobs that change rows, and how they are applied. */
import { backoffDelay } from "../../base/async.ts";
import { type SqlConnection, SqlError } from "./sql_driver.ts";

/**
 * A job for a write transaction, in three steps. `check` and `apply` are synchronous; `apply` and
 * the commit run in one turn of the event loop, so that readers never see uncommitted rows.
 */
export interface WriteJob<T> {
  /** Checks whether the job may proceed; throws if not, or returns `"later"` for the next group. */
  readonly check?: (sql: SqlConnection) => "now" | "later";
  /** Publishes files, under the write lock. */
  readonly publish?: () => Promise<void>;
  /** Changes rows. */
  readonly apply: (sql: SqlConnection) => T;
  /** Whether the job needs a transaction of its own. */
  readonly alone?: boolean;
  /** Whether `apply` changes rows by at most one statement, which needs no savepoint. */
  readonly single?: boolean;
  /**
   * Whether the job frees space, or has to work on a full disk for another reason. It may use space
   * that is kept for that. It publishes nothing, so that it can be tried again.
   */
  readonly frees?: boolean;
  /** Withdraws the job while it waits; afterwards `check` may inspect it. */
  readonly signal?: AbortSignal;
}

/** Applies a job, all or none. */
export function applyJob(sql: SqlConnection, job: WriteJob<unknown>): unknown {
  if (job.single) return job.apply(sql);
  sql.prepare("SAVEPOINT job").run();
  try {
    return job.apply(sql);
  } catch (error) {
    endSavepoint(sql, "ROLLBACK TO job");
    throw error;
  } finally {
    endSavepoint(sql, "RELEASE job");
  }
}

/** Ends the savepoint, unless SQLite has rolled back all of the transaction: the disk is full. */
function endSavepoint(sql: SqlConnection, statement: string): void {
  try {
    sql.prepare(statement).run();
  } catch (error) {
    if (!(error instanceof SqlError && error.kind === "other")) throw error;
  }
}

/** How long a process that is about to end waits for other writers, in milliseconds. */
const PATIENCE = 5000;

/**
 * Applies jobs in one transaction, waiting only for other writers. Failing jobs are skipped. An
 * open transaction is rolled back.
 *
 * @throws {SqlError} If other writers hold the database for too long, or the commit fails.
 */
export function applyNow(sql: SqlConnection, jobs: readonly WriteJob<unknown>[]): void {
  try {
    sql.prepare("ROLLBACK").run();
  } catch {
    // None was open.
  }
  if (jobs.length === 0) return;
  retryWhileBusySync(() => void sql.prepare("BEGIN IMMEDIATE").run());
  for (const job of jobs) {
    try {
      if ((job.check?.(sql) ?? "now") === "now") applyJob(sql, job);
    } catch {
      // Nobody can receive the error any more.
    }
  }
  retryWhileBusySync(() => void sql.prepare("COMMIT").run());
}

/** Retries until the database is not busy, blocking the event loop. */
function retryWhileBusySync(call: () => void): void {
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
