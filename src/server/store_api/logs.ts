/** Logs that callers write: they grow here, and become artifacts at their end. */
import { InvalidOptionError } from "../../base/errors.ts";
import type { GrowingBytes, GrowingByteStore } from "../../bytes/growing_bytes.ts";
import type { StoreContext } from "../../context/store_context.ts";
import { type LogPart, UploadLostError, type UploadState } from "../../remote/protocol/uploads.ts";
import { ApiError, bad } from "../api/api_error.ts";
import type { Handler } from "./operations.ts";
import type { Uploads } from "./uploads.ts";

/** Milliseconds after which a log is closed whose writer is silent: it says that it lives each minute. */
const TIME = 5 * 60_000;

/** Bytes that are read at a time. */
const CHUNK = 256 * 1024;

/** Logs at a time. */
const MOST = 10_000;

/** A log under way. */
interface OpenLog {
  readonly bytes: GrowingBytes;
  /** The last append; the next one waits for it. */
  last: Promise<unknown>;
  timer: ReturnType<typeof setTimeout> | undefined;
}

/** The logs that grow by calls, by the ids that their writers gave them. */
export class Logs {
  readonly #context: () => StoreContext;
  readonly #logs = new Map<string, OpenLog>();

  /** Logs to a store; `signal` closes all of them. */
  constructor(context: () => StoreContext, signal: AbortSignal) {
    this.#context = context;
    signal.addEventListener("abort", () => {
      for (const id of [...this.#logs.keys()]) this.close(id);
    }, { once: true });
  }

  /** Begins a log; with `isKept`, its writer has all of it, and replaces what an earlier server left. */
  async create(id: string, runId: string, name: string, isKept: boolean): Promise<void> {
    if (this.#logs.has(id)) return;
    if (this.#logs.size >= MOST) throw new ApiError(503, "There are too many logs; try again");
    const growing = this.growing;
    await this.#context().artifacts.checkNames(runId, [name], {});
    const left = isKept ? await growing.list(runId) : [];
    if (left.some((log) => log.name === name && !log.growing)) await growing.remove(runId, name);
    const bytes = await growing.create(runId, name);
    this.#logs.set(id, { bytes, last: Promise.resolve(), timer: undefined });
    this.#touch(id);
  }

  /**
   * Appends bytes, unless they are not those that come next; resolves to the size. `undefined` if there
   * is no such log, such as after a restart.
   */
  async append(id: string, offset: number, data: Uint8Array): Promise<number | undefined> {
    const log = this.#logs.get(id);
    if (!log) return undefined;
    const appended = log.last.then(async () => {
      if (offset === log.bytes.size && data.length > 0) await log.bytes.append(data);
      return log.bytes.size;
    });
    log.last = appended.catch(() => {});
    this.#touch(id);
    return await appended;
  }

  /** Ends a log of a size; its bytes are staged as an upload of the same id. */
  async finish(id: string, size: number, uploads: Uploads): Promise<UploadState> {
    const log = this.#require(id);
    await log.last;
    if (log.bytes.size !== size) throw bad(`The log has ${log.bytes.size} bytes, not ${size}`);
    this.#forget(id);
    const staged = await log.bytes.finish();
    uploads.putBack(id, staged);
    return { offset: size, size: staged.size, hash: staged.hash };
  }

  /** Closes a log; it is recovered later. */
  close(id: string): void {
    const log = this.#logs.get(id);
    this.#forget(id);
    void log?.last.then(() => log.bytes.close());
  }

  /**
   * Reads from an offset on; `undefined` if there is no such log. With `isBegun`, the reader has read
   * before: what has become an artifact since is read there.
   */
  async read(
    { runId, name }: { readonly runId: string; readonly name: string },
    offset: number,
    isBegun: boolean,
  ): Promise<LogPart | undefined> {
    const reader = await this.growing.open(runId, name, offset);
    if (!reader) return isBegun ? await this.#readArtifact(runId, name, offset) : undefined;
    try {
      // Asked before reading, so that what came before the end is not missed.
      const growing = reader.isGrowing();
      const chunk = new Uint8Array(CHUNK);
      return { data: chunk.subarray(0, await reader.read(chunk)).toBase64(), growing };
    } finally {
      reader.close();
    }
  }

  async #readArtifact(runId: string, name: string, start: number): Promise<LogPart | undefined> {
    const { artifacts, metadata } = this.#context();
    const found = await metadata.artifacts.byName(runId, name);
    if (!found) return undefined;
    const { bytes } = await artifacts.open(found.record.id);
    try {
      await bytes.seek(start);
      const chunk = new Uint8Array(CHUNK);
      // The reader asks until nothing comes.
      const count = await bytes.read(chunk);
      return { data: chunk.subarray(0, count).toBase64(), growing: count > 0 };
    } finally {
      bytes.close();
    }
  }

  /** The growing logs of the store. */
  get growing(): GrowingByteStore {
    const { growing } = this.#context().bytes;
    if (growing) return growing;
    throw new InvalidOptionError("Cannot log there: the bytes of this store cannot grow");
  }

  #require(id: string): OpenLog {
    const log = this.#logs.get(id);
    if (!log) throw new UploadLostError(undefined);
    return log;
  }

  #forget(id: string): void {
    clearTimeout(this.#logs.get(id)?.timer);
    this.#logs.delete(id);
  }

  #touch(id: string): void {
    const log = this.#logs.get(id);
    if (!log) return;
    clearTimeout(log.timer);
    log.timer = setTimeout(() => this.close(id), TIME);
    Deno.unrefTimer(log.timer);
  }
}

/** The operations. */
export function logHandlers(logs: Logs, uploads: Uploads): Handler[] {
  const handler = (name: string, access: Handler["access"], handle: Handler["handle"]) => ({
    name,
    access,
    handle,
  });
  return [
    handler("logs.create", "write", async ({ args: [id, runId, name, isKept] }) => {
      await logs.create(id as string, runId as string, name as string, isKept as boolean);
    }),
    handler("logs.append", "write", ({ args: [id, offset, data] }) => {
      return logs.append(id as string, offset as number, bytesOf(data as string));
    }),
    handler("logs.finish", "write", ({ args: [id, size] }) => {
      return logs.finish(id as string, size as number, uploads);
    }),
    handler("logs.close", "write", ({ args: [id] }) => logs.close(id as string)),
    handler("logs.list", "read", ({ args: [runId] }) => logs.growing.list(runId as string)),
    handler("logs.read", "read", ({ args: [runId, name, offset, isBegun] }) => {
      const log = { runId: runId as string, name: name as string };
      return logs.read(log, offset as number, isBegun as boolean);
    }),
    handler("logs.stage", "write", async ({ args: [id, runId, name] }) => {
      const staged = await logs.growing.stageAbandoned(runId as string, name as string);
      if (!staged) return undefined;
      uploads.putBack(id as string, staged);
      return { offset: staged.size, size: staged.size, hash: staged.hash };
    }),
    handler("logs.remove", "write", async ({ args: [runId, name] }) => {
      await logs.growing.remove(runId as string, name as string);
    }),
  ];
}

function bytesOf(base64: string): Uint8Array {
  try {
    return Uint8Array.fromBase64(base64);
  } catch {
    throw bad("The bytes of a log are sent as Base64");
  }
}
