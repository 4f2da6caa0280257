/** Keeps what is logged while the server is away, and sends it later: once, and in order. */
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

/** Errors that no later try changes. Others keep the write. */
const REFUSALS = [InvalidNameError, InvalidOptionError, RunNotFoundError, RunStateError];

/** Milliseconds between two tries to reach the server. */
const INTERVAL = 2000;

/** How to keep writes. */
export interface SpoolOptions {
  /** Directory of the files; `undefined` if there is none that may be written to. */
  readonly directory: string | undefined;
  /** Whether what is kept survives a power cut. */
  readonly isSynced: boolean;
}

/** Writes that wait for the server. */
export class Spool {
  readonly #connection: Connection;
  readonly #options: SpoolOptions;
  #file: SpoolFile | undefined;
  #sending: Promise<void> | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #refusal: Error | undefined;
  /** The last write of each run: the next one waits for it. */
  readonly #last = new Map<string, Promise<unknown>>();

  /** Sends to the server of a connection. */
  constructor(connection: Connection, options: SpoolOptions) {
    this.#connection = connection;
    this.#options = options;
  }

  /** Whether writes can be kept here. */
  get isAble(): boolean {
    return this.#options.directory !== undefined;
  }

  /** Whether writes wait: others must not pass them. */
  get isWaiting(): boolean {
    return this.#file !== undefined;
  }

  /**
   * Writes at the server; while it is away, keeps the write.
   *
   * @returns The result; `undefined` if the write is kept.
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

  /** Keeps a write, to be sent later. Returns once it is kept. */
  add(entry: SpoolEntry): void {
    const { directory, isSynced } = this.#options;
    if (directory !== undefined) this.#file ??= SpoolFile.create(directory, isSynced);
    this.#file?.add(entry);
  }

  /** Sends what this process keeps; tells whether all is sent. */
  async flush(): Promise<boolean> {
    await this.#send();
    return !this.#file;
  }

  /** Sends what processes have left that have ended. */
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
   * Sends what can be sent, and leaves the rest to the next process.
   *
   * @throws {ChachamlError} If the server has refused a write that was kept.
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
    // What is kept is safe without this process.
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
