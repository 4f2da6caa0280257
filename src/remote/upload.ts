/** Staging of bytes on a server. Interrupted transfers are resumed. */
import { backoffDelay, wait } from "../base/async.ts";
import { builtin } from "../base/builtin.ts";
import { StorageError } from "../base/errors.ts";
import { ServerUnreachableError } from "../base/server_errors.ts";
import type { ByteReader, StagedBytes, StageOptions } from "../bytes/byte_store.ts";
import type { Connection } from "./connection.ts";
import { encode } from "./protocol/codec.ts";
import { UploadLostError, type UploadState } from "./protocol/uploads.ts";

/** Maximum number of bytes per request, which are held in memory. */
const PART = 4 * 1024 * 1024;

/** Size of the first read from a source of unknown size, in bytes. */
const FIRST = 256 * 1024;

/** A part of a source. */
interface Part {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Whether the source has ended. */
  readonly isLast: boolean;
}

/** Bytes staged on a server. */
export class RemoteStaged implements StagedBytes {
  readonly key: string;
  readonly size: number;
  readonly hash: string;
  /** Sends the bytes again if they are still available; for use after the server has lost them. */
  readonly again: (() => Promise<RemoteStaged>) | undefined;
  readonly #connection: Connection;
  #isEnded = false;

  /** Describes bytes that the server staged under `id`. */
  constructor(
    connection: Connection,
    { id, size, hash }: { readonly id: string; readonly size: number; readonly hash: string },
    again?: () => Promise<RemoteStaged>,
  ) {
    this.key = id;
    this.size = size;
    this.hash = hash;
    this.again = again;
    this.#connection = connection;
  }

  /** Does nothing: the server released the bytes when it published them. */
  release(): Promise<void> {
    this.#isEnded = true;
    return Promise.resolve();
  }

  async discard(): Promise<void> {
    if (this.#isEnded) return;
    this.#isEnded = true;
    await this.#connection.call("write", "uploads.discard", [this.key], { once: true })
      .catch(() => {}); // The server discards it by itself, later.
  }
}

/** Sends the bytes of a source. */
export async function upload(
  connection: Connection,
  source: ByteReader,
  options: StageOptions,
): Promise<RemoteStaged> {
  const sending = new Sending(connection, source, options);
  try {
    const staged = await sending.all();
    await source.close().catch(async (error) => {
      await staged.discard();
      throw error;
    });
    return staged;
  } catch (error) {
    await source.close(error);
    await sending.abort();
    throw error;
  }
}

/**
 * Sends an archive, which the server imports while it is received.
 *
 * @returns The server's report.
 */
export async function uploadArchive(
  connection: Connection,
  source: ByteReader,
  { newIds, isPartial, ...options }: StageOptions & {
    readonly newIds: boolean;
    readonly isPartial: boolean;
  },
): Promise<unknown> {
  const sending = new Sending(connection, source, options);
  try {
    const result = await sending.asArchive({ newIds, isPartial });
    await source.close();
    return result;
  } catch (error) {
    await source.close(error);
    await sending.abort();
    throw error;
  }
}

/** Transfer of one source. */
class Sending {
  readonly #connection: Connection;
  readonly #source: ByteReader;
  readonly #options: StageOptions;
  readonly #id = crypto.randomUUID();
  readonly #hash = builtin("node:crypto").createHash("sha256");
  #size = 0;
  #isBegun = false;

  constructor(connection: Connection, source: ByteReader, options: StageOptions) {
    this.#connection = connection;
    this.#source = source;
    this.#options = options;
  }

  async all(): Promise<RemoteStaged> {
    const { size } = this.#source;
    const part = await this.#fill(new Uint8Array(Math.min(size ?? FIRST, PART) + 1));
    if (part.isLast) return await this.#small(part.bytes);
    await this.#begin("uploads.begin", this.#about());
    const hash = await this.#sendAll(part);
    return this.#checked(await this.#finish("uploads.finish", hash) as UploadState, hash);
  }

  /** Sends the source as an archive. Resolves to the server's report of the import. */
  async asArchive(about: object): Promise<unknown> {
    await this.#begin("imports.begin", about);
    const hash = await this.#sendAll(await this.#fill(new Uint8Array(FIRST)));
    return await this.#finish("imports.finish", hash);
  }

  /** Sends a first part and the rest. Resolves to the hash of the whole. */
  async #sendAll(part: Part): Promise<string> {
    for (;;) {
      const sent = this.#send(part.bytes);
      const next = part.isLast ? undefined : this.#fill(new Uint8Array(PART));
      // Both are awaited even if one fails, because they use the buffers until then.
      const [sending, filling] = await Promise.allSettled([sent, next]);
      if (sending.status === "rejected") throw sending.reason;
      if (filling.status === "rejected") throw filling.reason;
      if (!filling.value) return this.#hash.digest("hex");
      part = filling.value;
    }
  }

  #finish(operation: string, hash: string): Promise<unknown> {
    const { signal } = this.#options;
    return this.#connection.call("write", operation, [this.#id, this.#size, hash], { signal });
  }

  /** Discards the bytes that the server has received. */
  async abort(): Promise<void> {
    if (!this.#isBegun) return;
    const { size, hash } = { size: 0, hash: "" };
    await new RemoteStaged(this.#connection, { id: this.#id, size, hash }).discard();
  }

  /** Sends bytes that fit in one request, which starts and completes the upload. */
  async #small(bytes: Uint8Array<ArrayBuffer>): Promise<RemoteStaged> {
    const hash = this.#hash.digest("hex");
    this.#isBegun = true;
    const send = async (): Promise<RemoteStaged> => {
      const id = crypto.randomUUID();
      const staged = await this.#request(`write/uploads/${id}/whole`, { ...this.#about(), hash }, {
        bytes,
      });
      this.#checked(staged as UploadState, hash);
      return new RemoteStaged(this.#connection, { id, size: bytes.length, hash }, send);
    };
    const staged = await send();
    this.#options.onProgress?.({ bytes: bytes.length, total: this.#source.size });
    return staged;
  }

  async #begin(operation: string, about: object): Promise<void> {
    this.#isBegun = true;
    await this.#connection.call("write", operation, [this.#id, about], {
      id: this.#id,
      signal: this.#options.signal,
    });
  }

  #about(): Record<string, string | number | boolean | undefined> {
    const { name, runId, replaces, mode } = this.#options;
    const { size, mode: own = mode } = this.#source;
    return { name, runId, replaces, size, mode: own };
  }

  /** Reads until the buffer is full or the source ends. */
  async #fill(into: Uint8Array<ArrayBuffer>): Promise<Part> {
    let filled = 0;
    while (filled < into.length) {
      this.#options.signal?.throwIfAborted();
      const count = await this.#source.read(into.subarray(filled));
      if (count === 0) break;
      filled += count;
    }
    this.#options.signal?.throwIfAborted();
    const bytes = into.subarray(0, filled);
    this.#hash.update(bytes);
    return { bytes, isLast: filled < into.length };
  }

  /** Sends a part; after each interruption, the rest of it. */
  async #send(bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    const start = this.#size;
    const end = start + bytes.length;
    const { signal, onProgress } = this.#options;
    const { patience } = this.#connection;
    const since = performance.now();
    for (let offset = start, attempt = 0; offset < end; attempt++) {
      try {
        const query = { offset };
        const state = await this.#request(`write/uploads/${this.#id}`, query, {
          bytes: bytes.subarray(offset - start),
          once: true,
        });
        offset = state.offset;
      } catch (error) {
        signal?.throwIfAborted();
        const isCut = error instanceof ServerUnreachableError;
        if (!isCut || performance.now() - since > patience) throw error;
        await wait(backoffDelay(attempt), signal);
        const state = await this.#connection.call("read", "uploads.state", [this.#id], { signal });
        ({ offset } = state as UploadState);
      }
      if (offset < start || offset > end) throw new UploadLostError(this.#options.name);
    }
    this.#size = end;
    onProgress?.({ bytes: end, total: this.#source.size });
  }

  async #request(
    path: string,
    about: Record<string, unknown>,
    { bytes, once = false }: { bytes: Uint8Array<ArrayBuffer>; once?: boolean },
  ): Promise<UploadState> {
    const query = new URLSearchParams({ about: encode(about) });
    const headers = { "content-type": "application/octet-stream" };
    const how = { signal: this.#options.signal, once };
    const { decodeBody } = this.#connection;
    const sent = { method: "POST", headers, body: bytes } as const;
    return await this.#connection.send(`${path}?${query}`, sent, how, decodeBody) as UploadState;
  }

  #checked(staged: { size: number; hash: string }, hash: string): RemoteStaged {
    const { size } = staged;
    if (staged.hash === hash) {
      return new RemoteStaged(this.#connection, { id: this.#id, size, hash });
    }
    throw new StorageError(
      `send ${JSON.stringify(this.#options.name ?? "bytes")}`,
      "other bytes have arrived at the server; put them again",
    );
  }
}
