/** Files of a form as streams, so that none is held in memory as a whole. */
import { Buffer } from "node:buffer";
import { InvalidOptionError } from "../base/errors.ts";

/** Maximum size of the headers of a file, in bytes. */
const MOST_HEADER_BYTES = 16 * 1024;

/** A file of a form. */
export interface FormFile {
  /** Name of the form field. */
  readonly field: string;
  /** Original file name without directories; empty if it has none. */
  readonly fileName: string;
  /** The bytes. Must be read completely before the next file is requested. */
  readonly bytes: AsyncIterable<Uint8Array<ArrayBuffer>>;
}

/**
 * Yields the files of a `multipart/form-data` body.
 *
 * @throws {InvalidOptionError} If the body is not of this type, or is incomplete.
 */
export async function* formFiles(request: Request): AsyncGenerator<FormFile> {
  const type = request.headers.get("content-type") ?? "";
  const [, quoted, plain] = /^multipart\/form-data;.*boundary=(?:"([^"]{1,70})"|([^\s;]{1,70}))/i
    .exec(type) ?? [];
  const boundary = quoted ?? plain;
  if (boundary === undefined || !request.body) throw broken("it has no boundary or no body");
  const reader = new FormReader(request.body, `\r\n--${boundary}`);
  try {
    await reader.skipTo(`--${boundary}`);
    while (await reader.isFollowed()) {
      const header = await reader.header();
      const [, field = ""] = /;\s*name="([^"]*)"/i.exec(header) ?? [];
      const [, fileName = ""] = /;\s*filename="([^"]*)"/i.exec(header) ?? [];
      const name = fileName.replaceAll("\\", "/").split("/").at(-1)!;
      yield { field, fileName: name, bytes: reader.content() };
    }
  } finally {
    await reader.cancel();
  }
}

function broken(reason: string): Error {
  return new InvalidOptionError(`Cannot read the uploaded form: ${reason}`);
}

class FormReader {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #delimiter: Buffer;
  #rest: Buffer = Buffer.alloc(0);

  constructor(body: ReadableStream<Uint8Array>, delimiter: string) {
    this.#reader = body.getReader();
    this.#delimiter = Buffer.from(delimiter, "latin1");
  }

  /** Skips everything before the first file. */
  async skipTo(text: string): Promise<void> {
    while (this.#rest.indexOf(text) < 0) {
      if (this.#rest.length > MOST_HEADER_BYTES) throw broken("its first boundary is missing");
      await this.#more();
    }
    this.#rest = this.#rest.subarray(this.#rest.indexOf(text) + text.length);
  }

  /** Whether another file follows the boundary just read. */
  async isFollowed(): Promise<boolean> {
    while (this.#rest.length < 2) await this.#more();
    const sign = this.#rest.subarray(0, 2).toString("latin1");
    this.#rest = this.#rest.subarray(2);
    if (sign === "\r\n") return true;
    if (sign === "--") return false;
    throw broken("a boundary is followed by something else");
  }

  /** Reads the headers of a file. */
  async header(): Promise<string> {
    let end: number;
    while ((end = this.#rest.indexOf("\r\n\r\n")) < 0) {
      if (this.#rest.length > MOST_HEADER_BYTES) throw broken("the headers of a file are too long");
      await this.#more();
    }
    const text = this.#rest.subarray(0, end).toString("utf8");
    this.#rest = this.#rest.subarray(end + 4);
    return text;
  }

  /** Yields the bytes up to the next boundary. */
  async *content(): AsyncGenerator<Uint8Array<ArrayBuffer>> {
    for (;;) {
      const end = this.#rest.indexOf(this.#delimiter);
      // The buffer may end with the start of a boundary.
      const sure = end < 0 ? this.#rest.length - this.#delimiter.length + 1 : end;
      if (sure > 0) yield Uint8Array.from(this.#rest.subarray(0, sure));
      if (end >= 0) {
        this.#rest = this.#rest.subarray(end + this.#delimiter.length);
        return;
      }
      if (sure > 0) this.#rest = this.#rest.subarray(sure);
      await this.#more();
    }
  }

  async #more(): Promise<void> {
    const { value, done } = await this.#reader.read();
    if (done) throw broken("it ends before its last boundary");
    this.#rest = this.#rest.length === 0
      ? Buffer.from(value.buffer, value.byteOffset, value.byteLength)
      : Buffer.concat([this.#rest, value]);
  }

  async cancel(): Promise<void> {
    await this.#reader.cancel().catch(() => {});
  }
}
