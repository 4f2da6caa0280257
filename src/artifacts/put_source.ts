/** Sources of `put`, and how their bytes are read. */
import { isOpenDatabase } from "../metadata/sqlite/open_files.ts";
import { freeChunk, hasOwnedChunks } from "../base/owned_stream.ts";
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
 * Content of an artifact. A string is text, never a path; a `file:` URL names a file. A plain
 * object, array, number, boolean or `null` is stored as JSON.
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

/** A source that is ready to be read. */
export interface OpenSource {
  /** Its bytes. */
  readonly reader: ByteReader;
  /** MIME type implied by its kind, if any. */
  readonly contentType: string | undefined;
}

/**
 * Prepares a source for reading. Rejects as much as possible without reading it.
 *
 * @throws {InvalidSourceError} If its type is not supported, or it has been consumed.
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

/** Cancels a source that will not be read. */
export async function abandonSource(source: PutSource, reason: unknown): Promise<void> {
  const stream = source instanceof Response ? source.body : source;
  if (!(stream instanceof ReadableStream) || stream.locked) return;
  await stream.cancel(reason).catch(() => {});
}

/** Prepares a regular file for reading. Below `within`, if given, links are not followed. */
export function openFile(name: string, path: string, within?: string): OpenSource {
  // Checked before opening: opening a FIFO would block.
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
 * Checks that a path is a regular file, and not a database that this process has open.
 *
 * @throws {InvalidSourceError} If it is not.
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

/**
 * Encodes text. A lone surrogate has no encoding: a replacement character would be stored instead.
 */
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

  /**
   * Copies the bytes, so that a caller who modifies them meanwhile cannot change them between hash
   * and write.
   */
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
    // Keeps access and executable permissions of the file.
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
  readonly #ownsChunks: boolean;
  #chunk = new Uint8Array();
  #rest = this.#chunk;
  #open = true;

  constructor(
    name: string,
    stream: ReadableStream<Uint8Array>,
    signal?: AbortSignal,
    size?: number,
  ) {
    if (stream.locked) throw new InvalidSourceError(name, "the stream is being read elsewhere");
    this.#name = name;
    this.#ownsChunks = hasOwnedChunks(stream);
    this.#reader = stream.getReader();
    this.#signal = signal;
    this.size = size;
    // Ends a pending read; the copy then detects the abort.
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
        this.#rest = this.#chunk = value as Uint8Array<ArrayBuffer>;
      }
      const count = Math.min(this.#rest.length, rest.length);
      rest.set(this.#rest.subarray(0, count));
      this.#rest = this.#rest.subarray(count);
      if (this.#rest.length === 0 && this.#ownsChunks) freeChunk(this.#chunk);
      return count;
    });
  }

  /**
   * Reads the next chunk. A truncated response or a failing disk is reported as an error of the
   * source.
   */
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
    // An error while cancelling the source must not hide the original error.
    if (failure !== undefined) await this.#reader.cancel(failure).catch(() => {});
    else this.#reader.releaseLock();
  }
}

/** Whether the runtime caused an error. Errors of a caller's own stream are rethrown unchanged. */
function isSystemError(error: unknown): error is Error {
  if (!(error instanceof Error)) return false;
  // A truncated body rejects with a TypeError that only has these messages.
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

/** Calls `read` until the buffer is full or the source ends. Returns the number of bytes read. */
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
