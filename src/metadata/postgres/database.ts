/** A database server's connections, with transactions that are tried again where that is safe. */
import { backoffDelay, wait } from "../../base/async.ts";
import { StorageError, StoreClosedError } from "../../base/errors.ts";
import { Client, type Sql, type Transaction } from "./client.ts";
import { failureOf, isStarting, publicError } from "./pg_error.ts";
import type { Server } from "./server.ts";

export type { PgValue, Sql, Transaction } from "./client.ts";

/** A write transaction. */
export interface WriteTransaction extends Transaction {
  /**
   * To be called before anything is done that cannot be done twice, such as publishing bytes: a
   * failure is not tried again from then on.
   */
  once(): void;
}

/** How a database is used. */
export interface DatabaseOptions {
  /** Whether it is only read. */
  readonly readOnly: boolean;
  /** Whether a commit waits for the disk of the server. */
  readonly durability: "full" | "relaxed";
  /** How long other writers, and a server that is away, are waited for, in milliseconds. */
  readonly busyTimeout: number;
  /** The largest number of connections, 2 or more. */
  readonly poolSize: number;
}

/** Tries of a transaction that others were in the way of. */
const MAX_CONFLICTS = 50;

/** Longest wait for a lost server before the error is reported, in milliseconds. */
const MAX_AWAY = 10_000;

/** Sets up a write transaction and gives its id. Sent along with its beginning, so without placeholders. */
function setUp(patience: number, durability: "full" | "relaxed"): string {
  return `SELECT set_config('lock_timeout', '${patience}', true),
    set_config('idle_in_transaction_session_timeout', '0', true),
    set_config('synchronous_commit', CASE WHEN ${durability === "relaxed"} THEN 'off'
      WHEN current_setting('synchronous_commit') = 'off' THEN 'on'
      ELSE current_setting('synchronous_commit') END, true),
    pg_current_xact_id()::text AS id`;
}

/** A database on a server. */
export class Database {
  /** The server. */
  readonly server: Server;
  readonly #options: DatabaseOptions;
  readonly #writers: Client;
  /** Reads have connections of their own: a writer that publishes bytes may have to read. */
  readonly #readers: Client;
  readonly #underWay = new Set<Promise<unknown>>();
  #isClosed = false;
  #wasThere = false;

  /** Connects on first use. */
  constructor(server: Server, options: DatabaseOptions) {
    this.server = server;
    this.#options = options;
    const writers = Math.ceil(options.poolSize / 2);
    this.#writers = new Client(server, writers);
    this.#readers = new Client(server, options.poolSize - writers);
  }

  /** Reads. Each statement sees what is committed when it begins. */
  read<T>(work: (sql: Sql) => Promise<T>): Promise<T> {
    return this.#use(() => this.#persist("read the database", () => work(this.#readers)));
  }

  /** Reads as one moment has it. */
  readMoment<T>(work: (sql: Transaction) => Promise<T>): Promise<T> {
    return this.#use(() =>
      this.#persist(
        "read the database",
        () => this.#readers.begin({ mode: "isolation level repeatable read read only" }, work),
      )
    );
  }

  /**
   * Writes in one transaction. It is tried again if others were in its way, or if the connection was
   * lost, as long as nothing can have been done twice.
   */
  write<T>(work: (sql: WriteTransaction) => Promise<T>): Promise<T> {
    return this.#use(() => this.#write(work));
  }

  /** Finishes what is under way, and closes the connections; may be called again. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.allSettled(this.#underWay);
    await Promise.all([this.#writers.close(), this.#readers.close()]);
  }

  async #use<T>(work: () => Promise<T>): Promise<T> {
    if (this.#isClosed) throw new StoreClosedError();
    const result = work();
    this.#underWay.add(result);
    try {
      return await result;
    } finally {
      this.#underWay.delete(result);
    }
  }

  async #write<T>(work: (sql: WriteTransaction) => Promise<T>): Promise<T> {
    const action = "write to the database";
    const { busyTimeout, durability } = this.#options;
    const start = performance.now();
    for (let conflicts = 0;;) {
      const state: { isOnce: boolean; id: string | undefined; isCommitting: boolean; result?: T } =
        {
          isOnce: false,
          id: undefined,
          isCommitting: false,
        };
      try {
        return await this.#persist(action, () => {
          const patience = Math.max(1, Math.ceil(busyTimeout - (performance.now() - start)));
          const beginning = {
            mode: "isolation level read committed read write",
            query: setUp(patience, durability),
            onCommit: () => void (state.isCommitting = true),
          };
          return this.#writers.begin(beginning, async (sql, row) => {
            state.id = String(row?.id);
            const once = () => void (state.isOnce = true);
            return state.result = await work({ ...sql, once });
          });
        }, () => !state.isOnce && !state.isCommitting);
      } catch (error) {
        const waited = performance.now() - start;
        if (state.isCommitting && failureOf(error) === "lost") {
          if (await this.#isCommitted(state.id!, error)) return state.result!;
        } else if (failureOf(error) !== "conflict" || ++conflicts > MAX_CONFLICTS) {
          throw publicError(error, action, this.server, waited);
        }
        if (state.isOnce || waited > busyTimeout) {
          throw publicError(error, action, this.server, waited);
        }
        await wait(backoffDelay(conflicts));
      }
    }
  }

  /** Whether a transaction was committed whose connection was lost meanwhile. The server knows. */
  async #isCommitted(id: string, cause: unknown): Promise<boolean> {
    for (let attempt = 0;; attempt++) {
      const row = await this.#persist(
        "ask for the end of a transaction",
        () => this.#readers.get("SELECT pg_xact_status(?::text::xid8) AS status", id),
      ).catch((error) => {
        throw new StorageError(
          "write to the database",
          "the connection was lost while the server committed, so it may or may not have been " +
            "done; look before you try again",
          { cause: error },
        );
      });
      if (row?.status === "committed") return true;
      if (row?.status === "aborted") return false;
      if (attempt > 1000) {
        throw new StorageError("write to the database", "the server does not end it", { cause });
      }
      await wait(backoffDelay(attempt));
    }
  }

  /** Calls until there is a connection: a server may be restarted, or fail over. */
  async #persist<T>(
    action: string,
    call: () => Promise<T>,
    isRepeatable: () => boolean = () => true,
  ): Promise<T> {
    const start = performance.now();
    const patience = Math.min(MAX_AWAY, this.#options.busyTimeout);
    for (let attempt = 0;; attempt++) {
      try {
        const result = await call();
        this.#wasThere = true;
        return result;
      } catch (error) {
        const failure = failureOf(error);
        if (failure === "conflict" || !isRepeatable()) throw error;
        const isAway = failure === "lost" && (this.#wasThere || isStarting(error));
        const waited = performance.now() - start;
        if (!isAway || waited > patience) throw publicError(error, action, this.server, waited);
        await wait(10 * backoffDelay(attempt));
      }
    }
  }
}
