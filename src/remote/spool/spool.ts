/** Spool of writes while the server is unreachable. They are sent later, once and in order. */
import {
  InvalidNameError,
  InvalidOptionError,
  RunNotFoundError,
  RunStateError,
} from "../../base/errors.ts";
import { ServerUnreachableError } from "../../base/server_errors.ts";
import type { Connection } from "../connection.ts";
import { repeat } from "./repeat.ts";
import { type SpoolEntry, SpoolFile } from "./spool_file.ts";

/** Permanent errors. After other errors the write stays in the spool. */
const REFUSALS = [InvalidNameError, InvalidOptionError, RunNotFoundError, RunStateError];

/** Delay between attempts to reach the server, in milliseconds. */
const INTERVAL = 2000;

/** Options of a spool. */
export interface SpoolOptions {
  /** Directory of the files; `undefined` if none is writable. */
  readonly directory: string | undefined;
  /** Whether spooled writes survive a power cut. */
  readonly isSynced: boolean;
}

/** Writes that wait for the server. Writes of a run are sent in order. */
export class Spool {
  readonly #connection: Connection;
  readonly #options: SpoolOptions;
  #file: SpoolFile | undefined;
  #sending: Promise<void> | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #refusal: Error | undefined;
  /** The last write of each run, which the next one awaits. */
  readonly #last = new Map<string, Promise<unknown>>();

  /** Creates a spool for the server of `connection`. */
  constructor(connection: Connection, options: SpoolOptions) {
    this.#connection = connection;
    this.#options = options;
  }

  /** Whether writes can be spooled. */
  get isAble(): boolean {
    return this.#options.directory !== undefined;
  }

  /** Whether writes are waiting, which later ones must not overtake. */
  get isWaiting(): boolean {
    return this.#file !== undefined;
  }

  /**
   * Sends a write to the server, or spools it while the server is unreachable.
   *
   * @returns The result; `undefined` if the write was spooled.
   */
  write(
    runId: string,
    operation: string,
    args: readonly unknown[],
  ): Promise<{ readonly result: unknown } | undefined> {
    const before = this.#last.get(runId) ?? Promise.resolve();
    const written = before.then(() => this.#write(operation, args));
    const settled = written.then(() => {}, () => {});
    this.#last.set(runId, settled);
    void settled.then(() => {
      if (this.#last.get(runId) === settled) this.#last.delete(runId);
    });
    return written;
  }

  async #write(
    operation: string,
    args: readonly unknown[],
  ): Promise<{ readonly result: unknown } | undefined> {
    const { directory } = this.#options;
    const id = crypto.randomUUID();
    if (directory === undefined) {
      return { result: await this.#connection.call("write", operation, args, { id }) };
    }
    if (this.#file) await this.#send();
    if (!this.#file) {
      try {
        const result = await this.#connection.call("write", operation, args, { id, once: true });
        return { result };
      } catch (error) {
        if (!(error instanceof ServerUnreachableError)) throw error;
      }
    }
    this.add({ id, operation, args });
    this.#schedule();
    return undefined;
  }

  /** Spools a write. */
  add(entry: SpoolEntry): void {
    const { directory, isSynced } = this.#options;
    if (directory !== undefined) this.#file ??= SpoolFile.create(directory, isSynced);
    this.#file?.add(entry);
  }

  /** Sends the writes of this process. Returns whether none is left. */
  async flush(): Promise<boolean> {
    await this.#send();
    return !this.#file;
  }

  /** Sends the writes left by processes that have ended. */
  async sendLeft(): Promise<void> {
    const { directory } = this.#options;
    if (directory === undefined) return;
    for (const path of SpoolFile.list(directory)) {
      const file = path === this.#file?.path ? undefined : SpoolFile.openAbandoned(path);
      if (!file) continue;
      try {
        await this.#sendAll(file);
      } catch (error) {
        if (!(error instanceof ServerUnreachableError)) throw error;
        return;
      } finally {
        file.close();
      }
    }
  }

  /**
   * Sends as many writes as possible, and leaves the others to the next process.
   *
   * @throws {ChachamlError} If the server rejected a spooled write.
   */
  async close(): Promise<void> {
    clearTimeout(this.#timer);
    await this.#send().catch((error) => this.#refusal ??= error);
    clearTimeout(this.#timer);
    this.#file?.close();
    this.#file = undefined;
    if (this.#refusal) throw this.#refusal;
  }

  #schedule(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#send().catch(() => {}), INTERVAL);
    // Spooled writes do not depend on this process.
    Deno.unrefTimer(this.#timer);
  }

  #send(): Promise<void> {
    return this.#sending ??= this.#sendOwn().finally(() => this.#sending = undefined);
  }

  async #sendOwn(): Promise<void> {
    const file = this.#file;
    if (!file) return;
    try {
      await this.#sendAll(file);
    } catch (error) {
      if (!(error instanceof ServerUnreachableError)) throw error;
      return this.#schedule();
    }
    clearTimeout(this.#timer);
    this.#file = undefined;
    file.close();
  }

  async #sendAll(file: SpoolFile): Promise<void> {
    for (let entry = file.next; entry; entry = file.next) {
      try {
        await repeat(this.#connection, entry);
        file.shift();
      } catch (error) {
        if (!REFUSALS.some((kind) => error instanceof kind)) throw error;
        this.#refusal ??= error as Error;
        file.shift(error as Error);
      }
    }
  }
}
