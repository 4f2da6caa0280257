/** Logs that grow on a server. What is appended is kept here as well, until the server has stored it. */
import { InvalidOptionError, StorageError } from "../base/errors.ts";
import { ServerUnreachableError } from "../base/server_errors.ts";
import { builtin } from "../base/builtin.ts";
import type {
  GrowingBytes,
  GrowingByteStore,
  GrowingEntry,
  GrowingReader,
} from "../bytes/growing_bytes.ts";
import type { Connection } from "./connection.ts";
import { type LogPart, UploadLostError, type UploadState } from "./protocol/uploads.ts";
import { KeptFile } from "./spool/kept_file.ts";
import { RemoteStaged } from "./upload.ts";

/** Bytes that are sent at a time. */
const PART = 256 * 1024;

/** Milliseconds between two tries to reach a server that is away. */
const INTERVAL = 2000;

/** Milliseconds after which a silent log says that its writer lives. */
const ALIVE = 60_000;

/** Logs on the server of a connection. */
export class RemoteLogs implements GrowingByteStore {
  readonly #connection: Connection;
  readonly #directory: string | undefined;

  /** Keeps what is not sent yet in a directory; without one, logs can only be read. */
  constructor(connection: Connection, directory: string | undefined) {
    this.#connection = connection;
    this.#directory = directory;
  }

  async create(runId: string, name: string): Promise<GrowingBytes> {
    if (this.#directory === undefined) {
      throw new InvalidOptionError(
        `Cannot log to ${JSON.stringify(name)}: there is no directory to keep what the server ` +
          "does not have yet; set spoolDir",
      );
    }
    const id = crypto.randomUUID();
    await this.#write("create", [id, runId, name, false]);
    return new RemoteLog(this.#connection, { id, runId, name }, new KeptFile(this.#directory));
  }

  async list(runId?: string): Promise<GrowingEntry[]> {
    return await this.#read("list", [runId]) as GrowingEntry[];
  }

  async open(runId: string, name: string, start = 0): Promise<GrowingReader | undefined> {
    const readAt = async (offset: number, isBegun: boolean) =>
      await this.#read("read", [runId, name, offset, isBegun]) as LogPart | undefined;
    const first = await readAt(start, false);
    return first && new RemoteLogReader(first, start, (offset) => readAt(offset, true));
  }

  async stageAbandoned(runId: string, name: string): Promise<RemoteStaged | undefined> {
    const id = crypto.randomUUID();
    const state = await this.#write("stage", [id, runId, name]) as UploadState | undefined;
    return state && new RemoteStaged(this.#connection, { id, ...state });
  }

  async remove(runId: string, name: string): Promise<void> {
    await this.#write("remove", [runId, name]);
  }

  #read(operation: string, args: readonly unknown[]): Promise<unknown> {
    return this.#connection.call("read", `logs.${operation}`, args);
  }

  #write(operation: string, args: readonly unknown[]): Promise<unknown> {
    return this.#connection.call("write", `logs.${operation}`, args);
  }
}

/** A log that is written here. */
class RemoteLog implements GrowingBytes {
  readonly #connection: Connection;
  readonly #runId: string;
  readonly #name: string;
  readonly #kept: KeptFile;
  readonly #hash = builtin("node:crypto").createHash("sha256");
  #id: string;
  /** Bytes that the server has. */
  #sent = 0;
  #sending: Promise<void> = Promise.resolve();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isEnding = false;

  constructor(
    connection: Connection,
    { id, runId, name }: { readonly id: string; readonly runId: string; readonly name: string },
    kept: KeptFile,
  ) {
    this.#connection = connection;
    this.#id = id;
    this.#runId = runId;
    this.#name = name;
    this.#kept = kept;
    this.#schedule(ALIVE);
  }

  get size(): number {
    return this.#kept.size;
  }

  /** While the server is away, the bytes are kept. */
  async append(bytes: Uint8Array): Promise<void> {
    this.#kept.append(bytes);
    this.#hash.update(bytes);
    await this.#send(true);
  }

  sync(): Promise<void> {
    this.#kept.sync();
    return Promise.resolve();
  }

  async finish(): Promise<RemoteStaged> {
    this.#end();
    try {
      const hash = this.#hash.digest("hex");
      const staged = await this.#finish();
      if (staged.hash !== hash) {
        throw new StorageError(`log to ${JSON.stringify(this.#name)}`, this.#stays("is damaged"));
      }
      this.#kept.close(true);
      return new RemoteStaged(this.#connection, { id: this.#id, size: this.size, hash });
    } catch (cause) {
      this.#kept.close(false);
      if (!(cause instanceof ServerUnreachableError)) throw cause;
      throw new ServerUnreachableError(
        this.#connection.address,
        this.#stays("lacks its end"),
        { cause },
      );
    }
  }

  async #finish(): Promise<UploadState> {
    for (;;) {
      await this.#send(false);
      try {
        return await this.#call("finish", [this.#id, this.size], false) as UploadState;
      } catch (error) {
        // Restarted in between; the log is sent once more.
        if (!(error instanceof UploadLostError)) throw error;
      }
    }
  }

  async close(): Promise<void> {
    this.#end();
    await this.#send(true).catch(() => {});
    await this.#call("close", [this.#id], true).catch(() => {});
    this.#kept.close(this.#sent === this.size);
  }

  #end(): void {
    this.#isEnding = true;
    clearTimeout(this.#timer);
  }

  #stays(state: string): string {
    const name = JSON.stringify(this.#name);
    const path = JSON.stringify(this.#kept.path);
    return `the log ${name} ${state} there; all of it is in ${path}: put that as ${name} later`;
  }

  #call(operation: string, args: readonly unknown[], once: boolean): Promise<unknown> {
    return this.#connection.call("write", `logs.${operation}`, args, { once });
  }

  #schedule(milliseconds: number): void {
    clearTimeout(this.#timer);
    if (this.#isEnding) return;
    this.#timer = setTimeout(() => void this.#send(true).catch(() => {}), milliseconds);
    Deno.unrefTimer(this.#timer);
  }

  /** Sends what the server lacks, one call after the other. */
  #send(once: boolean): Promise<void> {
    const sending = this.#sending.then(() => this.#sendAll(once));
    this.#sending = sending.catch(() => {});
    return sending;
  }

  async #sendAll(once: boolean): Promise<void> {
    try {
      do {
        const part = this.#kept.read(this.#sent, PART).toBase64();
        const size = await this.#call("append", [this.#id, this.#sent, part], once);
        if (size === undefined) await this.#begin(once);
        else this.#sent = size as number;
      } while (this.#sent < this.size);
      this.#schedule(ALIVE);
    } catch (error) {
      if (!once || !(error instanceof ServerUnreachableError)) throw error;
      this.#schedule(INTERVAL);
    }
  }

  /** Begins once more at a server that was restarted: all is here. */
  async #begin(once: boolean): Promise<void> {
    const id = crypto.randomUUID();
    await this.#call("create", [id, this.#runId, this.#name, true], once);
    this.#id = id;
    this.#sent = 0;
  }
}

/** Reads a log part by part. */
class RemoteLogReader implements GrowingReader {
  readonly #readAt: (offset: number) => Promise<LogPart | undefined>;
  #next: LogPart | undefined;
  #rest: Uint8Array = new Uint8Array();
  #offset: number;
  #isGrowing = true;

  constructor(
    first: LogPart,
    start: number,
    readAt: (offset: number) => Promise<LogPart | undefined>,
  ) {
    this.#next = first;
    this.#offset = start;
    this.#readAt = readAt;
  }

  async read(into: Uint8Array): Promise<number> {
    if (this.#rest.length === 0) {
      const part = this.#next ?? await this.#readAt(this.#offset);
      this.#next = undefined;
      this.#isGrowing = part?.growing ?? false;
      this.#rest = Uint8Array.fromBase64(part?.data ?? "");
      this.#offset += this.#rest.length;
    }
    const count = Math.min(into.length, this.#rest.length);
    into.set(this.#rest.subarray(0, count));
    this.#rest = this.#rest.subarray(count);
    return count;
  }

  isGrowing(): boolean {
    return this.#isGrowing;
  }

  close(): void {}
}
