/** What can be put, and how its bytes are read. */
import { isOpenDatabase } from "../metadata/sqlite/open_files.ts";
import { toPath } from "../base/path.ts";
import { InvalidSourceError, SourceChangedError } from "../base/errors.ts";
import type { ByteReader } from "../bytes/byte_store.ts";
import { jsonText } from "./json_text.ts";
import { openWithin } from "./open_within.ts";

/** Bytes of a file that is read at once: less than it takes to ask another thread. */
const SMALL = 256 * 1024;

/** A value with a JSON form. */
export type JsonValue =
  | string
  | number
  | boolean
  | null
  | readonly JsonValue[]
  | { readonly [key: string]: JsonValue };

/**
 * What an artifact can be made of. A string is text, never a path; the path of a file is a `file:`
 * URL. A plain object or array, a number, a boolean or `null` is stored as JSON.
 */
export type PutSource =
  | string
  | ArrayBufferView
  | ArrayBuffer
  | Blob
  | ReadableStream<Uint8Array>
  | AsyncIterable<Uint8Array>
  | Response
  | URL
  | JsonValue;

/** A source made ready for reading. */
export interface OpenSource {
  /** Its bytes. */
  readonly reader: ByteReader;
  /** The MIME type that its kind speaks for, if any. */
  readonly contentType: string | undefined;
}

/**
 * Makes a source ready for reading. What can be refused without reading it, is.
 *
 * @throws {InvalidSourceError} If it is of no known kind, or has been used.
 */
export async function openSource(
  name: string,
  source: PutSource,
  signal?: AbortSignal,
): Promise<OpenSource> {
  if (typeof source === "string") {
    return { reader: new BytesReader(textBytes(name, source)), contentType: "text/plain" };
  }
  if (source instanceof URL) return openFile(name, toPath(source));
  if (source instanceof ArrayBuffer) return octets(new BytesReader(new Uint8Array(source)));
  if (ArrayBuffer.isView(source)) {
    const { buffer, byteOffset, byteLength } = source;
    return octets(new BytesReader(new Uint8Array(buffer, byteOffset, byteLength)));
  }
  if (source instanceof Blob) {
    const reader = new StreamReader(name, source.stream(), signal, source.size);
    return { reader, contentType: source.type || undefined };
  }
  if (source instanceof Response) return await openResponse(name, source, signal);
  if (source instanceof ReadableStream) return octets(new StreamReader(name, source, signal));
  if (typeof source === "object" && source !== null && Symbol.asyncIterator in source) {
    const stream = ReadableStream.from(source as AsyncIterable<Uint8Array>);
    return octets(new StreamReader(name, stream, signal));
  }
  return { reader: new BytesReader(jsonBytes(name, source)), contentType: "application/json" };
}

/** Gives back a source that will not be read. */
export async function abandonSource(source: PutSource, reason: unknown): Promise<void> {
  const stream = source instanceof Response ? source.body : source;
  if (!(stream instanceof ReadableStream) || stream.locked) return;
  await stream.cancel(reason).catch(() => {});
}

/** Makes a regular file ready for reading; below `within`, if given, no link is followed. */
export function openFile(name: string, path: string, within?: string): OpenSource {
  // Looked at before it is opened: opening a FIFO would wait for its writer.
  requireFile(name, path);
  try {
    const file = within === undefined ? Deno.openSync(path) : openWithin(name, path, within);
    return octets(new FileReader(file, name, path));
  } catch (error) {
    if (error instanceof InvalidSourceError) throw error;
    throw unreadable(name, path, error);
  }
}

/**
 * Refuses a path that is no regular file, or a database that is in use here.
 *
 * @throws {InvalidSourceError} If it is a directory, a device or anything else.
 */
export function requireFile(name: string, path: string): void {
  let info: Deno.FileInfo;
  try {
    // Asking another thread takes longer than the look itself.
    info = Deno.statSync(path);
  } catch (error) {
    throw unreadable(name, path, error);
  }
  if (info.isFile && isOpenDatabase(path)) {
    throw new InvalidSourceError(
      name,
      `${JSON.stringify(path)} is the database of an open store; back the store up instead`,
    );
  }
  if (info.isFile) return;
  const state = info.isDirectory
    ? "is a directory; use putDirectory"
    : "is neither a file nor a directory; pass its content as a stream";
  throw new InvalidSourceError(name, `${JSON.stringify(path)} ${state}`);
}

function unreadable(name: string, path: string, error: unknown): InvalidSourceError {
  const state = error instanceof Deno.errors.NotFound
    ? `there is no file ${JSON.stringify(path)}`
    : error instanceof Deno.errors.PermissionDenied
    ? `the file ${JSON.stringify(path)} cannot be read: permission was denied; check its mode`
    : `the file ${JSON.stringify(path)} cannot be read: ${(error as Error).message}`;
  return new InvalidSourceError(name, state, { cause: error });
}

async function openResponse(
  name: string,
  response: Response,
  signal?: AbortSignal,
): Promise<OpenSource> {
  if (!response.ok) {
    const { status } = response;
    const error = new InvalidSourceError(name, `the response says ${status}, not success`);
    await abandonSource(response, error);
    throw error;
  }
  if (response.bodyUsed) throw new InvalidSourceError(name, "the response's body was used before");
  const contentType = response.headers.get("content-type") ?? undefined;
  const reader = response.body
    ? new StreamReader(name, response.body, signal)
    : new BytesReader(new Uint8Array());
  return { reader, contentType };
}

function jsonBytes(name: string, value: unknown): Uint8Array {
  return new TextEncoder().encode(jsonText(name, value));
}

/** Half of a character has no bytes: others would be stored in its place. */
function textBytes(name: string, text: string): Uint8Array {
  if (text.isWellFormed()) return new TextEncoder().encode(text);
  const state = "the text has half of a character (a lone surrogate), which has no bytes; " +
    "pass it through toWellFormed(), or pass bytes";
  throw new InvalidSourceError(name, state);
}

function octets(reader: ByteReader): OpenSource {
  return { reader, contentType: undefined };
}

class BytesReader implements ByteReader {
  readonly size: number;
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.size = bytes.length;
  }

  /** Copies: a caller who changes the bytes meanwhile changes nothing between hash and write. */
  read(into: Uint8Array): Promise<number> {
    const part = this.#bytes.subarray(this.#at, this.#at + into.length);
    into.set(part);
    this.#at += part.length;
    return Promise.resolve(part.length);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

class FileReader implements ByteReader {
  readonly size: number;
  readonly mode: number;
  readonly #file: Deno.FsFile;
  readonly #name: string;
  readonly #path: string;
  readonly #before: Deno.FileInfo;
  #open = true;

  constructor(file: Deno.FsFile, name: string, path: string) {
    this.#file = file;
    this.#name = name;
    this.#path = path;
    this.#before = file.statSync();
    this.size = this.#before.size;
    // Who may read it, and whether it can be executed, stays so.
    this.mode = (this.#before.mode ?? 0o444) & 0o777;
  }

  async read(into: Uint8Array): Promise<number> {
    try {
      if (this.size <= SMALL) return fillSync(into, this.#file);
      return await fill(into, async (rest) => await this.#file.read(rest) ?? 0);
    } catch (cause) {
      throw unreadable(this.#name, this.#path, cause);
    }
  }

  close(failure?: unknown): Promise<void> {
    if (!this.#open) return Promise.resolve();
    this.#open = false;
    const after = this.#file.statSync();
    this.#file.close();
    const changed = after.size !== this.#before.size ||
      after.mtime?.getTime() !== this.#before.mtime?.getTime();
    if (failure !== undefined || !changed) return Promise.resolve();
    return Promise.reject(new SourceChangedError(this.#path));
  }
}

class StreamReader implements ByteReader {
  readonly size: number | undefined;
  readonly #name: string;
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #signal: AbortSignal | undefined;
  readonly #stop = () => void this.close(this.#signal?.reason ?? "aborted");
  #rest = new Uint8Array();
  #open = true;

  constructor(
    name: string,
    stream: ReadableStream<Uint8Array>,
    signal?: AbortSignal,
    size?: number,
  ) {
    if (stream.locked) throw new InvalidSourceError(name, "the stream is being read elsewhere");
    this.#name = name;
    this.#reader = stream.getReader();
    this.#signal = signal;
    this.size = size;
    // Ends a read that waits; the copy then finds that it was stopped.
    signal?.addEventListener("abort", this.#stop, { once: true });
  }

  async read(into: Uint8Array): Promise<number> {
    return await fill(into, async (rest) => {
      while (this.#rest.length === 0) {
        const { done, value } = await this.#next();
        if (done) return 0;
        if (!(value instanceof Uint8Array)) {
          throw new InvalidSourceError(
            this.#name,
            `the stream gives a ${typeof value} where bytes (Uint8Array) must be`,
          );
        }
        this.#rest = value as Uint8Array<ArrayBuffer>;
      }
      const part = this.#rest.subarray(0, rest.length);
      rest.set(part);
      this.#rest = this.#rest.subarray(part.length);
      return part.length;
    });
  }

  /** A response that was cut short, or a disk that failed, is the source's fault, and is worded so. */
  async #next(): Promise<ReadableStreamReadResult<Uint8Array>> {
    try {
      return await this.#reader.read();
    } catch (cause) {
      if (this.#signal?.aborted || !isSystemError(cause)) throw cause;
      throw new InvalidSourceError(
        this.#name,
        `its source failed before the end: ${cause.message}; nothing is stored, try again`,
        { cause },
      );
    }
  }

  async close(failure?: unknown): Promise<void> {
    if (!this.#open) return;
    this.#open = false;
    this.#signal?.removeEventListener("abort", this.#stop);
    // A source that fails to stop is no reason to hide why it was to stop.
    if (failure !== undefined) await this.#reader.cancel(failure).catch(() => {});
    else this.#reader.releaseLock();
  }
}

/** Whether an error is the runtime's own: one of a stream that the caller has made passes as it is. */
function isSystemError(error: unknown): error is Error {
  if (!(error instanceof Error)) return false;
  // A body that is cut short rejects with a TypeError, which has no code but these words.
  return Object.values(Deno.errors).some((kind) => error instanceof kind) ||
    error instanceof TypeError &&
      /error (reading a body|decoding response|sending request)|connection/i.test(error.message);
}

/** Reads until the buffer is full or the file ends; returns the bytes read. */
function fillSync(into: Uint8Array, file: Deno.FsFile): number {
  let filled = 0;
  while (filled < into.length) {
    const count = file.readSync(into.subarray(filled));
    if (!count) break;
    filled += count;
  }
  return filled;
}

/** Calls `read` until the buffer is full or the source ends; returns the bytes read. */
async function fill(
  into: Uint8Array,
  read: (rest: Uint8Array) => Promise<number>,
): Promise<number> {
  let filled = 0;
  while (filled < into.length) {
    const count = await read(into.subarray(filled));
    if (count === 0) break;
    filled += count;
  }
  return filled;
}
