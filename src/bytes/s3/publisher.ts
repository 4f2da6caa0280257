/** Gives staged bytes their key, and never overwrites what a record may name. */
import { quote, StorageError } from "../../base/errors.ts";
import type { PublishOptions } from "../byte_store.ts";
import type { S3Client } from "./client.ts";
import type { ObjectHead, Objects } from "./objects.ts";
import { S3Error } from "./s3_error.ts";
import type { StagedObject } from "./staged_object.ts";
import type { Uploads } from "./upload.ts";

/** Bytes (UTF-8) that a whole key may have. */
const MAX_KEY_BYTES = 1024;

/** Times that a key is looked at again because someone else has just put an object there. */
const MAX_TRIES = 20;

/** What a server makes of `If-None-Match: *`. */
type Conditions = "unknown" | "met" | "ignored" | "refused";

/** Publishes staged bytes. */
export class Publisher {
  readonly #client: S3Client;
  readonly #uploads: Uploads;
  readonly #objects: Objects;
  #conditions: Conditions = "unknown";
  #published = 0;

  /** Publishes through a client. */
  constructor(client: S3Client, uploads: Uploads, objects: Objects) {
    this.#client = client;
    this.#uploads = uploads;
    this.#objects = objects;
  }

  /** What the server makes of conditions, as far as has been found out. */
  get conditions(): Conditions {
    return this.#conditions;
  }

  /** Makes the object of a key that no record names; the caller has the lock of that key. */
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

  /** Makes the object of a key that a record names, in one step: the bytes are what the record says. */
  async renew(staged: StagedObject, key: string): Promise<void> {
    this.#requireLength(key);
    const { at } = staged;
    const overwrite = () => Promise.resolve();
    if ("body" in at) return await this.#put(staged, at.body, key, overwrite);
    // Another key is nobody's: this record is the only one that could name it.
    await this.#complete(staged, at.upload.key, overwrite);
    if (at.upload.key !== key) await this.#move(staged, at.upload.key, key);
  }

  async #move(staged: StagedObject, from: string, to: string): Promise<void> {
    await this.#uploads.copy(from, to, staged.size, staged.headers);
    await this.#objects.remove(from);
  }

  /**
   * Puts bytes where nothing is, or what `free` allows to overwrite. Without a server that honours the
   * condition, a look before decides, and the lock that the caller has.
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
      if (status === 200) return await this.#learn(staged, body, key);
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

  /** What must still hold when the object is made, as far as the server can be asked to see to it. */
  #conditionOn(there: ObjectHead | undefined, before?: ObjectHead): Record<string, string> {
    // Ceph finds no tag equal to another: what has not changed is overwritten under the lock alone.
    const isSame = there !== undefined && there.tag === before?.tag;
    if (this.#conditions === "refused" || isSame) return {};
    return there ? { "if-match": there.tag } : { "if-none-match": "*" };
  }

  /** Puts the same bytes once more: a server that honours the condition refuses that. */
  async #learn(staged: StagedObject, body: Uint8Array<ArrayBuffer>, key: string): Promise<void> {
    // One put by itself has no use for the answer.
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
        // The answer to an earlier try may have been lost.
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
  return new StorageError(`store ${quote(key)}`, "others put objects there all the time");
}
