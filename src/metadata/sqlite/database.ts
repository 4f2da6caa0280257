import { StoreClosedError } from "../../base/errors.ts";
import { backoffDelay, wait, yieldToEventLoop } from "../../base/async.ts";
import { applyJob, applyNow, type WriteJob } from "./write_job.ts";
import { publicError } from "./sql_error.ts";
import { isOutOfSpace, MAX_RETRIES, type Room } from "./room.ts";
import { writeOnce } from "../write_request.ts";
import { noteRequest } from "./note_request.ts";
import { type SqlConnection, SqlError } from "./sql_driver.ts";

export type { WriteJob } from "./write_job.ts";

/** Maximum number of jobs per transaction. */
const MAX_GROUP = 256;

interface Pending {
  readonly job: WriteJob<unknown>;
  /** Whether the job has begun, or was withdrawn before it could. */
  state: "waiting" | "begun" | "withdrawn";
  /** Number of times that it was tried again. */
  retries: number;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** Provides the connection for reading, reopened if the file has changed. */
export interface Reader {
  /** Calls `read` with a connection. */
  read<T>(read: (sql: SqlConnection) => T): T;
  /**
   * Whether it copies with the writing connection, which must not have an open transaction then.
   */
  readonly copiesWithWriter: boolean;
  /** Whether it now reads a file that nobody has open, without locks: then no journal mode is known. */
  readonly readsStill: boolean;
  /** Copies the current database to a new file. */
  copyTo(path: string): Promise<void>;
  /** Closes the connection. */
  close(): void;
}

/** A change made only for the sake of a commit. */
export const COUNT_COMMIT = `INSERT INTO chachaml_store (key, value) VALUES ('commits', '1')
  ON CONFLICT (key) DO UPDATE SET value = value + 1`;

/** Number of reads after which the event loop gets a turn. */
const READS_A_TURN = 64;

/**
 * A database shared by all parts of a store. Writers of this process queue here and commit in
 * groups. Waiting for other processes does not block the event loop.
 */
export class Database {
  readonly #reader: Reader;
  readonly #writer: SqlConnection | undefined;
  readonly #busyTimeout: number;
  readonly #room: Room | undefined;
  readonly #queue: Pending[] = [];
  readonly #pauses: (() => Promise<void>)[] = [];
  #pumping: Promise<void> | undefined;
  #committing: Promise<void> | undefined;
  /** Jobs whose transaction is open or about to be opened. */
  #group: readonly Pending[] = [];
  #closed = false;
  #reads = 0;
  /**
   * Whether the last commit failed: its rows may be in the log, and become visible after a crash.
   */
  #isUncertain = false;

  /** Wraps a reader and, unless read-only, the writing connection and its room on a full disk. */
  constructor(
    reader: Reader,
    writer: SqlConnection | undefined,
    busyTimeout: number,
    room?: Room,
  ) {
    this.#reader = reader;
    this.#writer = writer;
    this.#busyTimeout = busyTimeout;
    this.#room = room;
  }

  /** Whether writing is possible. */
  get isWritable(): boolean {
    return this.#writer !== undefined && !this.#closed;
  }

  /** Reads committed rows. */
  async read<T>(read: (sql: SqlConnection) => T): Promise<T> {
    // A caller that only reads must not starve timers and I/O.
    if (++this.#reads % READS_A_TURN === 0) await yieldToEventLoop();
    return await retryWhileBusy(
      () => {
        if (this.#closed) throw new StoreClosedError();
        return this.#reader.read(read);
      },
      this.#busyTimeout,
      () => this.#committing,
    );
  }

  /** Queues a job. Resolves with the result of `apply` once it is committed. */
  write<T>(job: WriteJob<T>): Promise<T> {
    return writeOnce((id) => this.#enqueue(id === undefined ? job : noteRequest(job, id)));
  }

  #enqueue<T>(job: WriteJob<T>): Promise<T> {
    if (this.#closed) return Promise.reject(new StoreClosedError());
    const { signal } = job;
    if (signal?.aborted) return Promise.reject(signal.reason);
    return new Promise<T>((resolve, reject) => {
      const withdraw = () => {
        if (pending.state !== "waiting") return;
        pending.state = "withdrawn";
        reject(signal!.reason);
      };
      const complete = <A>(how: (result: A) => void) => (result: A) => {
        signal?.removeEventListener("abort", withdraw);
        how(result);
      };
      const pending: Pending = {
        job,
        state: "waiting",
        retries: 0,
        resolve: complete(resolve as (value: unknown) => void),
        reject: complete(reject),
      };
      signal?.addEventListener("abort", withdraw, { once: true });
      this.#queue.push(pending);
      this.#pumping ??= this.#pump();
    });
  }

  /** Whether it now reads without locks, see {@linkcode Reader.readsStill}. */
  get readsStill(): boolean {
    return this.#reader.readsStill;
  }

  /** Copies the current database to a new file; writers can continue. */
  async copyTo(path: string): Promise<void> {
    if (this.#closed) throw new StoreClosedError();
    try {
      if (this.#reader.copiesWithWriter) await this.#pause(() => this.#reader.copyTo(path));
      else await this.#reader.copyTo(path);
    } catch (error) {
      throw publicError(error, `copy the database to ${JSON.stringify(path)}`);
    }
  }

  /**
   * Empties the log, so that nothing of a failed commit can become visible. Needs no space.
   *
   * @returns Whether it was emptied: a reader, or a database that has to grow, may prevent it.
   */
  async emptyLog(): Promise<boolean> {
    let isEmpty = false;
    await this.#pause(() => {
      const checkpoint = this.#writer!.prepare("PRAGMA wal_checkpoint(TRUNCATE)");
      try {
        isEmpty = Number(checkpoint.get()?.busy) === 0;
      } catch {
        // The log stays unchanged.
      }
      if (isEmpty) this.#isUncertain = false;
      return Promise.resolve();
    });
    return isEmpty;
  }

  /** Pauses writers while `work` uses their connection. */
  #pause(work: () => Promise<void>): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#pauses.push(() => work().then(resolve, reject));
      this.#pumping ??= this.#pump();
    });
  }

  /** Completes queued jobs and closes the connections. May be called several times. */
  async close(): Promise<void> {
    while (this.#pumping) await this.#pumping;
    if (this.#closed) return;
    this.#closed = true;
    this.#reader.close();
    this.#writer?.close();
  }

  /**
   * Synchronously runs the queued jobs and then `last`, for a process that is about to end. Jobs
   * that publish files are abandoned; a later recovery cleans up after them.
   */
  finishSync(last: readonly WriteJob<unknown>[]): void {
    if (this.#closed || !this.#writer) return;
    this.#closed = true;
    const jobs = new Set(
      [...this.#group, ...this.#queue].filter(({ job, state }) =>
        state !== "withdrawn" && !job.publish
      ),
    );
    applyNow(this.#writer, [...Array.from(jobs, ({ job }) => job), ...last]);
  }

  async #pump(): Promise<void> {
    try {
      while (this.#queue.length + this.#pauses.length > 0) {
        // Jobs queued in the same turn join one group, and timers and I/O get a turn.
        await yieldToEventLoop();
        await this.#pauses.shift()?.();
        if (this.#queue.length > 0) await this.#runNext();
      }
    } finally {
      // In the same turn in which the queue was empty: a later job starts a new pump.
      this.#pumping = undefined;
    }
  }

  async #runNext(): Promise<void> {
    const group = this.#nextGroup();
    const { retries } = group[0]!;
    if (retries === 0) return await this.#runGroup(group);
    this.#room!.make(retries);
    await this.#runGroup(group);
    this.#room!.leave();
  }

  #nextGroup(): Pending[] {
    const isAlone = ({ job, retries }: Pending) => job.alone || retries > 0;
    if (isAlone(this.#queue[0]!)) return this.#queue.splice(0, 1);
    const alone = this.#queue.findIndex(isAlone);
    return this.#queue.splice(0, Math.min(MAX_GROUP, alone < 0 ? Infinity : alone));
  }

  async #runGroup(group: Pending[]): Promise<void> {
    const sql = this.#writer!;
    const isWanted = () => group.some(({ state }) => state === "waiting");
    this.#group = group;
    try {
      const begin = sql.prepare("BEGIN IMMEDIATE");
      const begun = await retryWhileBusy(
        () => isWanted() && (begin.run(), true),
        this.#busyTimeout,
      );
      if (!begun) return;
      if (this.#isUncertain) await this.#overwriteFailed(sql);
    } catch (error) {
      return this.#fail(group, error);
    }
    try {
      const done = await this.#perform(sql, group);
      await this.#commit(sql);
      for (const { pending, value } of done) pending.resolve(value);
    } catch (error) {
      rollBack(sql);
      this.#fail(group, error);
    } finally {
      this.#group = [];
    }
  }

  /** Rejects the jobs of a failed group, but tries again those that free space on a full disk. */
  #fail(group: readonly Pending[], error: unknown): void {
    const again = this.#room && isOutOfSpace(error)
      ? group.filter(({ job, retries }) => job.frees && retries < MAX_RETRIES)
      : [];
    for (const pending of group) {
      if (!again.includes(pending)) pending.reject(publicError(error, "write to the database"));
    }
    for (const pending of again) {
      pending.retries++;
      pending.state = "waiting";
    }
    this.#queue.unshift(...again);
  }

  async #perform(
    sql: SqlConnection,
    group: Pending[],
  ): Promise<{ pending: Pending; value: unknown }[]> {
    const admitted: Pending[] = [];
    const later: Pending[] = [];
    for (const pending of group) {
      if (pending.state === "withdrawn") continue;
      try {
        pending.state = "begun";
        const verdict = pending.job.check?.(sql) ?? "now";
        if (verdict === "later") pending.state = "waiting";
        (verdict === "now" ? admitted : later).push(pending);
      } catch (error) {
        pending.reject(publicError(error, "read the database"));
      }
    }
    this.#queue.unshift(...later);
    const published = await Promise.allSettled(
      admitted.map((pending) => pending.job.publish?.()),
    );
    // Queued work has completed by then, and this transaction is closed.
    if (this.#closed) throw new StoreClosedError();
    const done: { pending: Pending; value: unknown }[] = [];
    for (const [index, pending] of admitted.entries()) {
      const outcome = published[index]!;
      if (outcome.status === "rejected") {
        pending.reject(outcome.reason);
        continue;
      }
      try {
        done.push({ pending, value: applyJob(sql, pending.job) });
      } catch (error) {
        // SQLite has rolled back the whole transaction.
        if (isOutOfSpace(error)) throw error;
        pending.reject(publicError(error, "write to the database"));
      }
    }
    return done;
  }

  /**
   * Commits a change that replaces a failed commit in the log. Only then its rows cannot become
   * visible, and bytes they name can be removed.
   */
  async #overwriteFailed(sql: SqlConnection): Promise<void> {
    const group = this.#group;
    try {
      sql.prepare(COUNT_COMMIT).run();
      await this.#commit(sql);
    } catch (error) {
      rollBack(sql);
      throw error;
    }
    this.#isUncertain = false;
    this.#group = group;
    await retryWhileBusy(() => sql.prepare("BEGIN IMMEDIATE").run(), this.#busyTimeout);
  }

  /** Commits. Outside WAL mode readers can delay a commit; our own then wait for its outcome. */
  async #commit(sql: SqlConnection): Promise<void> {
    const statement = sql.prepare("COMMIT");
    const commit = () => {
      if (this.#closed) throw new StoreClosedError();
      statement.run();
      this.#group = [];
    };
    try {
      commit();
    } catch (error) {
      if (!isBusy(error)) {
        this.#isUncertain = true;
        throw error;
      }
      const committing = retryWhileBusy(commit, this.#busyTimeout).catch((error) => {
        this.#isUncertain = true;
        throw error;
      });
      this.#committing = committing.catch(() => {});
      try {
        await committing;
      } finally {
        this.#committing = undefined;
      }
    }
  }
}

function rollBack(sql: SqlConnection): void {
  try {
    sql.prepare("ROLLBACK").run();
  } catch {
    // SQLite has already rolled back, e.g. because the disk is full.
  }
}

/**
 * Retries until the database is not busy, with delays in between.
 *
 * @throws {StoreBusyError} If it is busy for longer than `busyTimeout` milliseconds.
 */
export async function retryWhileBusy<T>(
  call: () => T,
  busyTimeout: number,
  before?: () => Promise<void> | undefined,
): Promise<T> {
  const start = performance.now();
  for (let attempt = 0;; attempt++) {
    const gate = before?.();
    if (gate) await gate;
    try {
      return call();
    } catch (error) {
      const waited = performance.now() - start;
      if (!isBusy(error) || waited > busyTimeout) {
        throw publicError(error, "use the database", waited);
      }
      await wait(backoffDelay(attempt));
    }
  }
}

function isBusy(error: unknown): boolean {
  return error instanceof SqlError && error.kind === "busy";
}
