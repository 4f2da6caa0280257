/** Statements on connections of a pool. */
import type { SqlRow } from "../rows/value.ts";
import { Connection, type PgValue } from "./connection.ts";
import type { Server } from "./server.ts";

export type { PgValue } from "./connection.ts";

/** Runs statements. Placeholders are `?` in order, or numbered: `?1`. */
export interface Sql {
  /** Returns all rows. */
  all(text: string, ...values: PgValue[]): Promise<SqlRow[]>;
  /** Returns the first row, if any. */
  get(text: string, ...values: PgValue[]): Promise<SqlRow | undefined>;
  /** Runs a statement. Returns the number of changed rows. */
  run(text: string, ...values: PgValue[]): Promise<number>;
}

/** Runs statements in a transaction, one after another. */
export interface Transaction extends Sql {
  /**
   * Yields all rows in pages of `size`, so memory stays constant. Other statements wait until all rows
   * are read, so they must not be awaited in between.
   */
  pages(size: number, text: string, ...values: PgValue[]): AsyncIterable<SqlRow[]>;
}

/** Options of a transaction. */
export interface TransactionOptions {
  /** Mode, e.g. `"isolation level repeatable read read only"`. */
  readonly mode: string;
  /** A query sent together with BEGIN; its result is passed to the work. */
  readonly query?: string;
  /** Called before the commit. */
  readonly onCommit?: () => void;
}

/** Connection pool of a server. Each connection has one user at a time. */
export class Client implements Sql {
  readonly #server: Server;
  readonly #size: number;
  readonly #idle: Connection[] = [];
  readonly #waiting: (() => void)[] = [];
  #inUse = 0;

  /** Creates a pool that connects on first use, with up to `size` connections. */
  constructor(server: Server, size: number) {
    this.#server = server;
    this.#size = size;
  }

  all(text: string, ...values: PgValue[]): Promise<SqlRow[]> {
    return this.#use((connection) => connection.send(text, values));
  }

  async get(text: string, ...values: PgValue[]): Promise<SqlRow | undefined> {
    return (await this.all(text, ...values))[0];
  }

  run(text: string, ...values: PgValue[]): Promise<number> {
    return this.#use(async (connection) => (await connection.send(text, values)).count);
  }

  /** Calls `work` in a transaction; commits if it resolves. */
  begin<T>(
    { mode, query, onCommit }: TransactionOptions,
    work: (sql: Transaction, row: SqlRow | undefined) => Promise<T>,
  ): Promise<T> {
    return this.#use(async (connection) => {
      const begun = await connection.send(
        query === undefined ? `BEGIN ${mode}` : `BEGIN ${mode}; ${query}`,
      );
      // Several statements return the rows of each.
      const row = query === undefined ? undefined : (begun as unknown as SqlRow[][]).at(-1)?.[0];
      try {
        const result = await work(transactionOf(connection), row);
        onCommit?.();
        await connection.send("COMMIT");
        return result;
      } catch (error) {
        if (!connection.isLost) await connection.send("ROLLBACK").catch(() => {});
        throw error;
      }
    });
  }

  /** Closes the connections. There must be no pending calls. */
  async close(): Promise<void> {
    await Promise.all(this.#idle.splice(0).map((connection) => connection.close()));
  }

  async #use<T>(work: (connection: Connection) => Promise<T>): Promise<T> {
    if (this.#inUse >= this.#size) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    } else this.#inUse++;
    let connection: Connection | undefined;
    try {
      connection = await this.#take();
      return await work(connection);
    } finally {
      if (connection?.isLost) await connection.close();
      else if (connection) this.#idle.push(connection);
      // The next waiting call takes the place.
      const next = this.#waiting.shift();
      if (next) next();
      else this.#inUse--;
    }
  }

  async #take(): Promise<Connection> {
    for (let connection = this.#idle.pop(); connection; connection = this.#idle.pop()) {
      if (!connection.isLost) return connection;
      await connection.close();
    }
    return await Connection.open(this.#server);
  }
}

function transactionOf(connection: Connection): Transaction {
  const all = (text: string, ...values: PgValue[]) => connection.send(text, values);
  return {
    all,
    get: async (text, ...values) => (await all(text, ...values))[0],
    run: async (text, ...values) => (await all(text, ...values)).count,
    pages: (size, text, ...values) => connection.pages(size, text, values),
  };
}
