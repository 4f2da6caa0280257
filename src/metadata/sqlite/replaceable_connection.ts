import { type SqlConnection, SqlError, type SqlStatement } from "./sql_driver.ts";

/** A connection that can be closed and opened in another way while others hold it. */
export class ReplaceableConnection implements SqlConnection {
  #sql: SqlConnection | undefined;
  readonly #open: () => SqlConnection;

  /** Wraps an open connection; `open` opens it again in the usual way. */
  constructor(sql: SqlConnection, open: () => SqlConnection) {
    this.#sql = sql;
    this.#open = open;
  }

  prepare(text: string): SqlStatement {
    return this.#current().prepare(text);
  }

  copyTo(path: string): Promise<void> {
    return this.#current().copyTo(path);
  }

  close(): void {
    this.#sql?.close();
    this.#sql = undefined;
  }

  /**
   * Closes the connection, then opens it by `open`, or in the usual way if that fails.
   *
   * @returns Whether `open` succeeded.
   */
  replace(open: () => SqlConnection = this.#open): boolean {
    this.close();
    try {
      this.#sql = open();
      return true;
    } catch (error) {
      if (!(error instanceof SqlError)) throw error;
      return false; // The next use opens it.
    }
  }

  #current(): SqlConnection {
    return this.#sql ??= this.#open();
  }
}
