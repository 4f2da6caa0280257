/** Multipart uploads: parts go to their final key, and are nothing there until they are completed. */
import { quote } from "../../base/errors.ts";
import { Gate } from "../../base/gate.ts";
import type { S3Client } from "./client.ts";
import { S3Error } from "./s3_error.ts";
import { elements, escapeXml, textOf } from "./xml.ts";

/** Parts that all uploads of a store have under way at a time. */
const PARTS_UNDER_WAY = 3;

/** Bytes that the server copies into a part in one request. */
const LARGEST_COPY = 1024 * 2 ** 20;

/** Bytes of an object that the server copies in one request. */
const LARGEST_OBJECT_COPY = 5 * 2 ** 30;

/** Starts uploads, and bounds the parts that are under way. */
export class Uploads {
  readonly client: S3Client;
  /** Parts under way. */
  readonly gate = new Gate(PARTS_UNDER_WAY);

  /** Uploads through a client. */
  constructor(client: S3Client) {
    this.client = client;
  }

  /** Begins an upload to a key; its object gets `headers`. */
  async begin(
    key: string,
    headers: Readonly<Record<string, string>>,
    signal?: AbortSignal,
  ): Promise<MultipartUpload> {
    const answer = await this.client.sendForText({
      method: "POST",
      action: `store ${quote(key)}`,
      key,
      query: { uploads: "" },
      headers: { ...this.client.location.objectHeaders, ...headers },
      signal,
    });
    const id = textOf(answer, "UploadId");
    if (id === undefined) throw unreadable(key, "an upload");
    return new MultipartUpload(this, key, id);
  }

  /** Has the server copy an object of the store, its headers included. */
  async copy(
    from: string,
    to: string,
    size: number,
    headers: Readonly<Record<string, string>>,
  ): Promise<void> {
    if (size > LARGEST_OBJECT_COPY) return await this.#copyInParts(from, to, size, headers);
    const answer = await this.client.sendForText({
      method: "PUT",
      action: `store ${quote(to)}`,
      key: to,
      headers: {
        ...this.client.location.objectHeaders,
        "x-amz-copy-source": this.sourceOf(from),
      },
    });
    if (textOf(answer, "ETag") === undefined) throw unreadable(to, "a copy");
  }

  async #copyInParts(
    from: string,
    to: string,
    size: number,
    headers: Readonly<Record<string, string>>,
  ): Promise<void> {
    const upload = await this.begin(to, headers);
    try {
      for (let at = 0; at < size; at += LARGEST_COPY) {
        await upload.copyPart(from, { start: at, end: Math.min(size, at + LARGEST_COPY) });
      }
      await upload.complete();
    } catch (error) {
      await upload.abort();
      throw error;
    }
  }

  /** A key of the store as the header of a copy names it. */
  sourceOf(key: string): string {
    const { bucket, prefix } = this.client.location;
    return `/${bucket}/${`${prefix}${key}`.split("/").map(encodeURIComponent).join("/")}`;
  }
}

/** One upload. */
export class MultipartUpload {
  /** Key that its object gets. */
  readonly key: string;
  /** The server's name for it. */
  readonly id: string;
  readonly #uploads: Uploads;
  readonly #tags: string[] = [];
  readonly #sending = new Set<Promise<void>>();
  #failure: unknown;

  /** Goes on with an upload that has begun. */
  constructor(uploads: Uploads, key: string, id: string) {
    this.#uploads = uploads;
    this.key = key;
    this.id = id;
  }

  /** Parts so far. */
  get parts(): number {
    return this.#tags.length;
  }

  /**
   * Sends the next part, as soon as few enough are under way; resolves when it is. The bytes are used
   * until `done` is called.
   *
   * @throws What an earlier part failed with.
   */
  async add(
    body: Uint8Array<ArrayBuffer>,
    hash: string | undefined,
    signal: AbortSignal | undefined,
    done: () => void,
  ): Promise<void> {
    const number = this.#claim();
    const leave = await this.#uploads.gate.enter(signal).catch((error) => {
      done();
      throw error;
    });
    const sending = this.#send(number, body, hash, signal)
      .catch((error) => void (this.#failure ??= error))
      .finally(() => {
        leave();
        done();
        this.#sending.delete(sending);
      });
    this.#sending.add(sending);
    this.#throwFailure();
  }

  /** Resolves once all parts are stored. */
  async settle(): Promise<void> {
    await Promise.all(this.#sending);
    this.#throwFailure();
  }

  /** Has the server copy a range of another object as the next part. */
  async copyPart(
    from: string,
    { start, end }: { start: number; end: number },
    signal?: AbortSignal,
  ): Promise<void> {
    const number = this.#claim();
    const answer = await this.#uploads.client.sendForText({
      ...this.#partOf(number),
      headers: {
        "x-amz-copy-source": this.#uploads.sourceOf(from),
        "x-amz-copy-source-range": `bytes=${start}-${end - 1}`,
      },
      signal,
    });
    this.#tags[number - 1] = textOf(answer, "ETag") ?? fail(this.key, "a part");
  }

  /**
   * Makes an object of the parts.
   *
   * @returns The status of the answer: one of success, or of `accept`, with nothing done.
   */
  async complete(
    headers: Readonly<Record<string, string>> = {},
    accept: readonly number[] = [],
  ): Promise<number> {
    await this.settle();
    const parts = this.#tags.map((tag, at) =>
      `<Part><PartNumber>${at + 1}</PartNumber><ETag>${escapeXml(tag)}</ETag></Part>`
    );
    const text = `<CompleteMultipartUpload>${parts.join("")}</CompleteMultipartUpload>`;
    const { ok, status, bytes } = await this.#uploads.client.sendForAnswer({
      method: "POST",
      action: `store ${quote(this.key)}`,
      key: this.key,
      query: { uploadId: this.id },
      headers: { ...headers, "content-type": "application/xml" },
      body: new TextEncoder().encode(text),
      accept,
    });
    if (!ok) return status;
    const answer = new TextDecoder().decode(bytes);
    // The answer begins before the object is there, so that a failure comes with a status of success.
    const [error] = elements(answer, "Error");
    if (error !== undefined) throw unreadable(this.key, `"${textOf(error, "Code")}"`);
    return status;
  }

  /** Gives it up; never rejects. */
  async abort(): Promise<void> {
    await Promise.all(this.#sending);
    await this.#uploads.client.sendForHead({
      method: "DELETE",
      action: `give up ${quote(this.key)}`,
      key: this.key,
      query: { uploadId: this.id },
      accept: [404],
      maxTries: 2,
    }).catch(() => {}); // It is collected as abandoned.
  }

  async #send(
    number: number,
    body: Uint8Array<ArrayBuffer>,
    hash: string | undefined,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const { headers } = await this.#uploads.client.sendForHead({
      ...this.#partOf(number),
      body,
      hash,
      signal,
    });
    this.#tags[number - 1] = headers.get("etag") ?? fail(this.key, "a part");
  }

  #claim(): number {
    this.#throwFailure();
    return this.#tags.push("");
  }

  #partOf(number: number) {
    return {
      method: "PUT",
      action: `store ${quote(this.key)}`,
      key: this.key,
      query: { partNumber: String(number), uploadId: this.id },
    } as const;
  }

  #throwFailure(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }
}

function unreadable(key: string, what: string): S3Error {
  const state = `the server's answer to ${what} cannot be used; is it an S3 server?`;
  return new S3Error(`store ${quote(key)}`, state, { status: 200, reason: "Unreadable" });
}

function fail(key: string, what: string): never {
  throw unreadable(key, what);
}
