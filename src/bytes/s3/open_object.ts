/** Reading of objects. */
import { wait } from "../../base/async.ts";
import { quote, StorageError } from "../../base/errors.ts";
import type { ByteRange, OpenBytes } from "../byte_store.ts";
import type { S3Client } from "./client.ts";
import { headOf, identityOf, type ObjectHead, type Objects } from "./objects.ts";

/** Maximum number of consecutive reconnects without progress. */
const MAX_BREAKS = 8;

/** Time without a byte after which a connection is considered broken, in milliseconds. */
const STALL = 60_000;

/**
 * Opens the object at a key, or a range of it. Throws `Deno.errors.NotFound` if it does not exist.
 */
export async function openObject(
  client: S3Client,
  objects: Objects,
  key: string,
  { start = 0, end }: ByteRange = {},
): Promise<OpenObject> {
  const isWhole = start === 0 && end === undefined;
  if (end !== undefined && end <= start) return await openNothing(client, objects, key, start);
  const response = await client.send({
    method: "GET",
    action: `read ${quote(key)}`,
    key,
    headers: isWhole ? {} : { range: rangeOf(start, end) },
    accept: [404, 416],
  });
  if (response.status === 416) {
    await response.body?.cancel();
    return await openNothing(client, objects, key, start);
  }
  if (response.status === 404) {
    await response.body?.cancel();
    // Reports a missing bucket.
    await objects.head(key);
    throw notFound(key);
  }
  const size = sizeOf(response.headers);
  const head = headOf(response.headers, size);
  const body = response.body?.getReader({ mode: "byob" });
  // A server may respond with all bytes to a range request.
  const at = response.status === 206 ? start : 0;
  return new OpenObject(client, key, head, { at, start, end: end ?? size, body });
}

async function openNothing(
  client: S3Client,
  objects: Objects,
  key: string,
  start: number,
): Promise<OpenObject> {
  const head = await objects.head(key);
  if (!head) throw notFound(key);
  return new OpenObject(client, key, head, { at: start, start, end: start, body: undefined });
}

function notFound(key: string): Error {
  return new Deno.errors.NotFound(`there is no object at ${JSON.stringify(key)}`);
}

/** Read into buffers of this side: chunks that the connection makes would outlive their use for long. */
type Body = ReadableStreamBYOBReader;

/** Bytes read from a connection at a time. */
const CHUNK = 512 * 1024;

/** An object being read. After a broken connection, reading continues at the same byte. */
export class OpenObject implements OpenBytes {
  readonly size: number;
  readonly identity: string;
  readonly mode: number | undefined;
  readonly #client: S3Client;
  readonly #key: string;
  readonly #tag: string;
  readonly #end: number;
  /** Position of the next byte to return. */
  #at: number;
  /** Position of the next byte of the connection. */
  #bodyAt: number;
  #body: Body | undefined;
  #rest: Uint8Array<ArrayBuffer> = new Uint8Array();
  /** Buffer of the rest, which is reused once the rest is consumed. */
  #buffer: ArrayBuffer | undefined;
  #breaks = 0;
  #isClosed = false;

  /** Creates a reader from a response. */
  constructor(
    client: S3Client,
    key: string,
    head: ObjectHead,
    from: { at: number; start: number; end: number; body: Body | undefined },
  ) {
    this.#client = client;
    this.#key = key;
    this.#tag = head.tag;
    this.size = head.size;
    this.identity = identityOf(head);
    this.mode = head.mode;
    this.#bodyAt = from.at;
    this.#at = from.start;
    this.#end = Math.min(from.end, head.size);
    this.#body = from.body;
  }

  async read(into: Uint8Array): Promise<number> {
    let count = 0;
    while (count < into.length && this.#at < this.#end) {
      if (this.#rest.length === 0 && !await this.#receive()) continue;
      const part = this.#rest.subarray(0, Math.min(into.length - count, this.#end - this.#at));
      into.set(part, count);
      this.#rest = this.#rest.subarray(part.length);
      this.#at += part.length;
      count += part.length;
    }
    return count;
  }

  /** Reads more bytes; `false` if a new request is needed. */
  async #receive(): Promise<boolean> {
    try {
      this.#body ??= await this.#reopen();
      const room = this.#buffer ?? new ArrayBuffer(Math.min(CHUNK, this.#end - this.#at));
      this.#buffer = undefined;
      const { done, value } = await withinTime(this.#body, new Uint8Array(room));
      if (done || !value) throw new Error("the connection ended early");
      this.#breaks = 0;
      this.#bodyAt += value.length;
      // Bytes before the requested ones.
      const skip = Math.max(0, value.length - (this.#bodyAt - this.#at));
      this.#rest = value.subarray(Math.min(skip, value.length));
      this.#buffer = value.buffer;
      return this.#rest.length > 0;
    } catch (error) {
      this.#drop();
      if (this.#isClosed || error instanceof StorageError || ++this.#breaks > MAX_BREAKS) {
        throw error instanceof StorageError ? error : new StorageError(
          `read ${quote(this.#key)} in the bucket ${quote(this.#client.location.bucket)}`,
          "the connection breaks again and again; check the network and try again",
          { cause: error },
        );
      }
      await wait(Math.random() * 100 * 2 ** this.#breaks);
      return false;
    }
  }

  async #reopen(): Promise<Body> {
    const action = `read ${quote(this.#key)}`;
    const response = await this.#client.send({
      method: "GET",
      action,
      key: this.#key,
      headers: { range: rangeOf(this.#at, this.#end), "if-match": this.#tag },
      accept: [404, 412],
    });
    if (!response.ok || response.status !== 206) {
      await response.body?.cancel();
      throw new StorageError(action, "it was replaced or removed while it was read; read it again");
    }
    this.#bodyAt = this.#at;
    return response.body!.getReader({ mode: "byob" });
  }

  seek(position: number): Promise<void> {
    if (position !== this.#at) {
      this.#drop();
      this.#at = position;
    }
    return Promise.resolve();
  }

  close(): void {
    this.#isClosed = true;
    this.#drop();
  }

  #drop(): void {
    this.#rest = new Uint8Array();
    this.#body?.cancel().catch(() => {});
    this.#body = undefined;
  }
}

/** Reads the next bytes of a connection; fails if none arrive for a while. */
async function withinTime(
  body: Body,
  into: Uint8Array<ArrayBuffer>,
): Promise<ReadableStreamReadResult<Uint8Array<ArrayBuffer>>> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const stalled = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error("the connection has stalled")), STALL);
  });
  try {
    return await Promise.race([body.read(into), stalled]);
  } finally {
    clearTimeout(timer);
  }
}

function rangeOf(start: number, end: number | undefined): string {
  return `bytes=${start}-${end === undefined ? "" : end - 1}`;
}

/** Returns the size of the whole object, whichever range the response has. */
function sizeOf(headers: Headers): number {
  const total = /\/(\d+)$/.exec(headers.get("content-range") ?? "")?.[1];
  return Number(total ?? headers.get("content-length"));
}
