/** Multipart uploads: parts are sent to the final key, and stay invisible until completion. */
import { quote } from "../../base/errors.ts";
import { Gate } from "../../base/gate.ts";
import type { S3Client } from "./client.ts";
import { S3Error } from "./s3_error.ts";
import { elements, escapeXml, textOf } from "./xml.ts";

/** Maximum number of parts sent in parallel by all uploads of a store. */
const PARTS_UNDER_WAY = 2;

/** Maximum number of bytes that the server copies into a part per request. */
const LARGEST_COPY = 1024 * 2 ** 20;

/** Maximum size of an object that the server copies in one request. */
const LARGEST_OBJECT_COPY = 5 * 2 ** 30;

/** Starts uploads, and limits the parts sent in parallel. */
export class Uploads {
  readonly client: S3Client;
  /** Limits the parts sent in parallel. */
  readonly gate = new Gate(PARTS_UNDER_WAY);

  /** Creates uploads with a client. */
  constructor(client: S3Client) {
    this.client = client;
  }

  /** Starts an upload to a key; its object gets `headers`. */
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

  /** Copies an object of the store on the server, with its headers. */
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

  /** Returns a key in the form of the copy header. */
  sourceOf(key: string): string {
    const { bucket, prefix } = this.client.location;
    return `/${bucket}/${`${prefix}${key}`.split("/").map(encodeURIComponent).join("/")}`;
  }
}

/** One upload. */
export class MultipartUpload {
  /** Key of its object. */
  readonly key: string;
  /** Id assigned by the server. */
  readonly id: string;
  readonly #uploads: Uploads;
  readonly #tags: string[] = [];
  readonly #sending = new Set<Promise<void>>();
  #failure: unknown;

  /** Continues a started upload. */
  constructor(uploads: Uploads, key: string, id: string) {
    this.#uploads = uploads;
    this.key = key;
    this.id = id;
  }

  /** Number of parts. */
  get parts(): number {
    return this.#tags.length;
  }

  /**
   * Sends the next part once few enough are being sent; resolves when its sending has started. The
   * bytes are in use until `done` is called.
   *
   * @throws The error of an earlier part.
   */
  async add(
    body: Uint8Array<ArrayBuffer>,
    hash: string | undefined,
    signal: AbortSignal | undefined,
    done: () => void,
  ): Promise<void> {
    const number = this.#claim();
    const release = await this.#uploads.gate.enter(signal).catch((error) => {
      done();
      throw error;
    });
    const sending = this.#send(number, body, hash, signal)
      .catch((error) => void (this.#failure ??= error))
      .finally(() => {
        release();
        done();
        this.#sending.delete(sending);
      });
    this.#sending.add(sending);
    this.#throwFailure();
  }

  /** Resolves once all parts are stored. */
  async waitForParts(): Promise<void> {
    await Promise.all(this.#sending);
    this.#throwFailure();
  }

  /** Copies a range of another object on the server, as the next part. */
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
   * Completes the upload.
   *
   * @returns The status: a success, or one of `accept`, in which case nothing was stored.
   */
  async complete(
    headers: Readonly<Record<string, string>> = {},
    accept: readonly number[] = [],
  ): Promise<number> {
    await this.waitForParts();
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
    // The response starts before the object exists, so a failure has a success status.
    const [error] = elements(answer, "Error");
    if (error !== undefined) throw unreadable(this.key, `"${textOf(error, "Code")}"`);
    return status;
  }

  /** Aborts the upload; never rejects. */
  async abort(): Promise<void> {
    await Promise.all(this.#sending);
    await this.#uploads.client.sendForHead({
      method: "DELETE",
      action: `give up ${quote(this.key)}`,
      key: this.key,
      query: { uploadId: this.id },
      accept: [404],
      maxTries: 2,
    }).catch(() => {}); // Later collected as abandoned.
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
