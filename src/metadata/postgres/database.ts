/** Connections to a database server, with transactions that are retried where that is safe. */
import { writeOnce } from "../write_request.ts";
import { noteRequest } from "./note_request.ts";
import { backoffDelay, wait } from "../../base/async.ts";
import { StorageError, StoreClosedError } from "../../base/errors.ts";
import { Client, type Sql, type Transaction } from "./client.ts";
import { failureOf, isStarting, publicError } from "./pg_error.ts";
import type { Server } from "./server.ts";

export type { PgValue, Sql, Transaction } from "./client.ts";

/** A write transaction. */
export interface WriteTransaction extends Transaction {
  /** Its id. */
  readonly id: string;
  /**
   * Must be called before anything that must not be done twice, e.g. publishing bytes. Failures are
   * not retried afterwards.
   */
  once(): void;
}

/** Options of a database. */
export interface DatabaseOptions {
  /** Whether it is opened for reading only. */
  readonly readOnly: boolean;
  /** Whether a commit waits for the server's disk. */
  readonly durability: "full" | "relaxed";
  /** How long to wait for other writers, and for an unreachable server, in milliseconds. */
  readonly busyTimeout: number;
  /** Maximum number of connections, at least 2. */
  readonly poolSize: number;
}

/** Maximum number of attempts of a transaction that conflicts with others. */
const MAX_CONFLICTS = 50;

/** Longest wait for an unreachable server before an error is reported, in milliseconds. */
const MAX_AWAY = 10_000;

/**
 * Time since which the server has not crashed: a crash resets its statistics, a clean restart keeps
 * them. Somebody who resets them by hand makes an outcome unknown that is known, which does no harm.
 */
export const LIFE = "(SELECT stats_reset::text FROM pg_stat_bgwriter)";

/**
 * Sets up a write transaction and returns its id, and the life of the server that the id belongs to.
 * Sent with BEGIN, so it has no placeholders.
 */
function setUp(patience: number, durability: "full" | "relaxed"): string {
  return `SELECT set_config('lock_timeout', '${patience}', true),
    set_config('idle_in_transaction_session_timeout', '0', true),
    set_config('synchronous_commit', CASE WHEN ${durability === "relaxed"} THEN 'off'
      WHEN current_setting('synchronous_commit') = 'off' THEN 'on'
      ELSE current_setting('synchronous_commit') END, true),
    pg_current_xact_id()::text AS id, pg_backend_pid() AS backend, ${LIFE} AS life`;
}

/** State of one attempt to write. */
interface Attempt<T> {
  isOnce: boolean;
  isCommitting: boolean;
  /** Id of the transaction, and the life of the server in which it began. */
  id: string;
  life: string | undefined;
  /** Process of the server that runs it. */
  backend: number | undefined;
  result?: T;
}

/** A database on a server. */
export class Database {
  /** The server. */
  readonly server: Server;
  /** Its options. */
  readonly options: DatabaseOptions;
  readonly #writers: Client;
  /**
   * Reads have connections of their own, since a writer may need to read while it publishes bytes.
   */
  readonly #readers: Client;
  readonly #underWay = new Set<Promise<unknown>>();
  readonly #attempts = new Set<Attempt<unknown>>();
  #isClosed = false;
  #wasThere = false;

  /** Creates a database that connects on first use. */
  constructor(
    server: Server,
    { readOnly, durability, busyTimeout, poolSize }: DatabaseOptions,
  ) {
    this.server = server;
    // These alone: they are passed on to a worker.
    this.options = { readOnly, durability, busyTimeout, poolSize };
    const writers = Math.ceil(poolSize / 2);
    this.#writers = new Client(server, writers);
    this.#readers = new Client(server, poolSize - writers);
  }

  /** Reads. Each statement sees what was committed when it started. */
  read<T>(work: (sql: Sql) => Promise<T>): Promise<T> {
    return this.#use(() => this.#persist("read the database", () => work(this.#readers)));
  }

  /** Reads a consistent state in one transaction. */
  readMoment<T>(work: (sql: Transaction) => Promise<T>): Promise<T> {
    return this.#use(() =>
      this.#persist(
        "read the database",
        () => this.#readers.begin({ mode: "isolation level repeatable read read only" }, work),
      )
    );
  }

  /**
   * Writes in one transaction. Retried after conflicts or a lost connection, as long as nothing can
   * be done twice.
   */
  write<T>(work: (sql: WriteTransaction) => Promise<T>): Promise<T> {
    return this.#use(() =>
      writeOnce((id) =>
        this.#write(
          id === undefined ? work : async (sql) => {
            await noteRequest(sql, id);
            return await work(sql);
          },
        )
      )
    );
  }

  /** Processes of the server that run write transactions of this database, with their locks. */
  get backends(): number[] {
    return [...this.#attempts].flatMap(({ backend }) => backend === undefined ? [] : [backend]);
  }

  /** Waits for pending calls and closes the connections. May be called several times. */
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
    const { busyTimeout, durability } = this.options;
    const start = performance.now();
    for (let conflicts = 0;;) {
      const state: Attempt<T> = {
        isOnce: false,
        isCommitting: false,
        id: "",
        life: undefined,
        backend: undefined,
      };
      this.#attempts.add(state);
      try {
        return await this.#persist(action, () => {
          const patience = Math.max(1, Math.ceil(busyTimeout - (performance.now() - start)));
          const beginning = {
            mode: "isolation level read committed read write",
            query: setUp(patience, durability),
            onCommit: () => void (state.isCommitting = true),
          };
          return this.#writers.begin(beginning, async (sql, row) => {
            [state.id, state.life] = [String(row?.id), String(row?.life)];
            state.backend = Number(row?.backend);
            const once = () => void (state.isOnce = true);
            return state.result = await work({ ...sql, once, id: state.id });
          });
        }, () => !state.isOnce && !state.isCommitting);
      } catch (error) {
        const waited = performance.now() - start;
        if (state.isCommitting && failureOf(error) === "lost") {
          if (await this.#isCommitted(state, error)) return state.result!;
        } else if (failureOf(error) !== "conflict" || ++conflicts > MAX_CONFLICTS) {
          throw publicError(error, action, this.server, waited);
        }
        if (state.isOnce || waited > busyTimeout) {
          throw publicError(error, action, this.server, waited);
        }
        await wait(backoffDelay(conflicts));
      } finally {
        this.#attempts.delete(state);
      }
    }
  }

  /** Asks the server whether a transaction was committed before its connection was lost. */
  async #isCommitted({ id, life }: Attempt<unknown>, cause: unknown): Promise<boolean> {
    for (let attempt = 0;; attempt++) {
      const row = await this.#persist(
        "ask for the end of a transaction",
        () =>
          this.#readers.get(
            `SELECT pg_xact_status(?::text::xid8) AS status, ${LIFE} AS life`,
            id,
          ),
      ).catch((error) => {
        throw unknownOutcome(error);
      });
      const hasCrashed = String(row?.life) !== life;
      // After a crash the server gives the id of a transaction that was lost to another one.
      if (row?.status === "committed" && hasCrashed) throw unknownOutcome(cause);
      if (row?.status === "committed") return true;
      if (row?.status === "aborted" || hasCrashed) return false;
      if (attempt > 1000) {
        throw new StorageError("write to the database", "the server does not end it", { cause });
      }
      await wait(backoffDelay(attempt));
    }
  }

  /** Retries until the server is reachable: it may restart or fail over. */
  async #persist<T>(
    action: string,
    call: () => Promise<T>,
    isRepeatable: () => boolean = () => true,
  ): Promise<T> {
    const start = performance.now();
    const patience = Math.min(MAX_AWAY, this.options.busyTimeout);
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

function unknownOutcome(cause: unknown): StorageError {
  return new StorageError(
    "write to the database",
    "the connection was lost while the server committed, so it may or may not have been done; " +
      "look before you try again",
    { cause },
  );
}
