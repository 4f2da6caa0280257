/** Publishing of staged bytes, without overwriting bytes that a record may name. */
import { quote, StorageError } from "../../base/errors.ts";
import type { PublishOptions } from "../byte_store.ts";
import type { S3Client } from "./client.ts";
import type { ObjectHead, Objects } from "./objects.ts";
import { S3Error } from "./s3_error.ts";
import type { StagedObject } from "./staged_object.ts";
import type { Uploads } from "./upload.ts";

/** Maximum length of a key, in bytes of UTF-8. */
const MAX_KEY_BYTES = 1024;

/** Maximum number of retries if others keep putting objects at the key. */
const MAX_TRIES = 20;

/** The server's behavior for `If-None-Match: *`. */
type Conditions = "unknown" | "met" | "ignored" | "refused";

/** Publishes staged bytes. */
export class Publisher {
  readonly #client: S3Client;
  readonly #uploads: Uploads;
  readonly #objects: Objects;
  #conditions: Conditions = "unknown";
  #published = 0;

  /** Creates a publisher. */
  constructor(client: S3Client, uploads: Uploads, objects: Objects) {
    this.#client = client;
    this.#uploads = uploads;
    this.#objects = objects;
  }

  /** The server's behavior for conditional requests, as far as known. */
  get conditions(): Conditions {
    return this.#conditions;
  }

  /** Creates the object of a key that no record names. The caller holds the lock of the key. */
  async publish(
    staged: StagedObject,
    key: string,
    { isOrphan }: PublishOptions,
  ): Promise<void> {
    this.#requireLength(key);
    const { at } = staged;
    const free = async (there: ObjectHead) => {
      if (!isOrphan || await isOrphan(key)) return;
      throw new StorageError(
        `store ${quote(key)} in the bucket ${quote(this.#client.location.bucket)}`,
        `a record that the database's index does not show names the object there (${there.tag}); ` +
          "check the store (doctor)",
      );
    };
    if ("body" in at) return await this.#put(staged, at.body, key, free);
    if (at.upload.key === key) return await this.#complete(staged, key, free);
    if (!at.isOwn) {
      throw new StorageError(
        `store ${quote(key)}`,
        `its bytes were sent to be ${quote(at.upload.key)}; put them again`,
      );
    }
    await this.#complete(staged, at.upload.key, () => Promise.resolve());
    const there = await this.#objects.head(key);
    if (there && there.id !== staged.key) await free(there);
    await this.#move(staged, at.upload.key, key);
  }

  /** Atomically replaces the object of a key that a record names, with the bytes of the record. */
  async renew(staged: StagedObject, key: string): Promise<void> {
    this.#requireLength(key);
    const { at } = staged;
    const overwrite = () => Promise.resolve();
    if ("body" in at) return await this.#put(staged, at.body, key, overwrite);
    // Only this record can name the other key.
    await this.#complete(staged, at.upload.key, overwrite);
    if (at.upload.key !== key) await this.#move(staged, at.upload.key, key);
  }

  async #move(staged: StagedObject, from: string, to: string): Promise<void> {
    await this.#uploads.copy(from, to, staged.size, staged.headers);
    await this.#objects.remove(from);
  }

  /**
   * Puts bytes at a free key, or over an object that `free` allows to replace. If the server
   * ignores the condition, a check before the request decides, under the caller's lock.
   */
  async #put(
    staged: StagedObject,
    body: Uint8Array<ArrayBuffer>,
    key: string,
    free: (there: ObjectHead) => Promise<void>,
  ): Promise<void> {
    let there = this.#conditions === "met" ? undefined : await this.#objects.head(key);
    let before: ObjectHead | undefined;
    for (let tries = 0; tries < MAX_TRIES; tries++) {
      if (there?.id === staged.key) return;
      if (there && there.tag !== before?.tag) await free(there);
      const condition = this.#conditionOn(there, before);
      const status = await this.#send(staged, body, key, condition);
      if (status === 200) return await this.#checkConditionalPut(staged, body, key);
      if (status === 501) this.#conditions = "refused";
      before = there;
      there = await this.#objects.head(key);
    }
    throw busy(key);
  }

  async #send(
    { hash, headers }: StagedObject,
    body: Uint8Array<ArrayBuffer>,
    key: string,
    condition: Readonly<Record<string, string>>,
  ): Promise<number> {
    const { ok, status } = await this.#client.sendForHead({
      method: "PUT",
      action: `store ${quote(key)}`,
      key,
      body,
      hash,
      headers: { ...this.#client.location.objectHeaders, ...headers, ...condition },
      accept: Object.keys(condition).length > 0 ? [409, 412, 501] : [],
    });
    return ok ? 200 : status;
  }

  /** Returns the condition headers for creating the object, as far as the server supports them. */
  #conditionOn(there: ObjectHead | undefined, before?: ObjectHead): Record<string, string> {
    // Ceph does not match equal ETags: an unchanged object is overwritten under the lock only.
    const isSame = there !== undefined && there.tag === before?.tag;
    if (this.#conditions === "refused" || isSame) return {};
    return there ? { "if-match": there.tag } : { "if-none-match": "*" };
  }

  /** Puts the same bytes again to learn whether the server honors the condition. */
  async #checkConditionalPut(
    staged: StagedObject,
    body: Uint8Array<ArrayBuffer>,
    key: string,
  ): Promise<void> {
    // A single put does not need to know.
    if (this.#conditions !== "unknown" || ++this.#published !== 2) return;
    try {
      const status = await this.#send(staged, body, key, { "if-none-match": "*" });
      this.#conditions = status === 412 ? "met" : status === 501 ? "refused" : "ignored";
    } catch {
      // The bytes are stored in any case.
    }
  }

  async #complete(
    staged: StagedObject,
    key: string,
    free: (there: ObjectHead) => Promise<void>,
  ): Promise<void> {
    if (staged.isCompleted) return;
    const { upload } = staged.at as Extract<StagedObject["at"], { upload: unknown }>;
    let before: ObjectHead | undefined;
    for (let tries = 0; tries < MAX_TRIES; tries++) {
      // Some servers ignore the condition when an upload is completed.
      const there = await this.#objects.head(key);
      if (there && there.id !== staged.key && there.tag !== before?.tag) await free(there);
      try {
        const status = there?.id === staged.key
          ? 200
          : await upload.complete(this.#conditionOn(there, before), [409, 412, 501]);
        if (status === 501) this.#conditions = "refused";
        if (status < 300) return void (staged.isCompleted = true);
        before = there;
      } catch (error) {
        // The response to an earlier attempt may have been lost.
        const isGone = error instanceof S3Error && error.reason === "NoSuchUpload";
        if (!isGone || (await this.#objects.head(key))?.id !== staged.key) throw error;
        return void (staged.isCompleted = true);
      }
    }
    throw busy(key);
  }

  #requireLength(key: string): void {
    const length = new TextEncoder().encode(this.#client.location.prefix + key).length;
    if (length <= MAX_KEY_BYTES) return;
    throw new StorageError(
      `store ${quote(key)}`,
      `its key has ${length} bytes, and a bucket takes ${MAX_KEY_BYTES}; use a shorter name`,
    );
  }
}

function busy(key: string): StorageError {
  return new StorageError(`store ${quote(key)}`, "other writers keep putting objects there");
}
