/** How a job that frees space is committed on a full disk. */
import { Reserve } from "./reserve.ts";
import type { ReplaceableConnection } from "./replaceable_connection.ts";
import { type SqlConnection, SqlError } from "./sql_driver.ts";

/** Number of times that a job which frees space is tried again. */
export const MAX_RETRIES = 3;

/** Makes room for the log of a database on a full disk. */
export interface Room {
  /** Prepares the given retry, from 1 to {@linkcode MAX_RETRIES}. */
  make(retry: number): void;
  /** Goes back to the usual way of writing. */
  leave(): void;
  /** Keeps space for the next time, if there is any. */
  restore(): void;
}

/** Room in the log of a database file, then in its reserve. */
export class ReservedRoom implements Room {
  readonly #reserve: Reserve;
  readonly #sql: ReplaceableConnection;
  readonly #connectAlone: () => SqlConnection;
  #isLent = false;

  /**
   * Makes room for `sql`, a connection to the database at `path`. `connectAlone` connects with
   * exclusive access, which needs no index of the log (`-shm`).
   */
  constructor(path: string, sql: ReplaceableConnection, connectAlone: () => SqlConnection) {
    this.#reserve = new Reserve(path);
    this.#sql = sql;
    this.#connectAlone = connectAlone;
  }

  make(retry: number): void {
    if (retry === 1) return this.#restartLog();
    // While another process uses the log, it cannot be replaced.
    if (retry === 2 && this.#lend()) return;
    this.leave();
    this.#reserve.release();
    this.#restartLog();
  }

  leave(): void {
    if (!this.#isLent) return;
    this.#isLent = false;
    this.#sql.replace();
  }

  restore(): void {
    this.#reserve.fill();
  }

  /** Copies the log to the database, so that its space is written to again. */
  #restartLog(): void {
    try {
      this.#sql.prepare("PRAGMA wal_checkpoint(RESTART)").get();
    } catch {
      // The database has to grow, or is in use.
    }
  }

  #lend(): boolean {
    // The last connection removes the log as it closes.
    this.#isLent = this.#sql.replace(() => {
      if (!this.#reserve.lend()) throw new SqlError("full", "no reserve");
      return this.#connectAlone();
    });
    return this.#isLent;
  }
}

/** Whether SQLite may have failed for lack of space, which it also reports as an I/O error. */
export function isOutOfSpace(error: unknown): boolean {
  return error instanceof SqlError && ["full", "io", "cannot-open"].includes(error.kind);
}
