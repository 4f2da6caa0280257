import { quote, StorageError, UnsafePathError } from "../../base/errors.ts";
import { unsafePath } from "../../names/names.ts";
import type {
  ByteEntry,
  ByteRange,
  ByteReader,
  ByteStore,
  ByteStoreCheck,
  CopyOptions,
  Hasher,
  ListOptions,
  OpenBytes,
  PresignOptions,
  PublishOptions,
  ReplacementNote,
  StagedBytes,
  StageOptions,
} from "../byte_store.ts";
import { hashFile } from "../hashing.ts";
import { checkBucket } from "./check_bucket.ts";
import type { S3Client } from "./client.ts";
import { GrowingObjects, originalOf } from "./growing_objects.ts";
import { Leases } from "./lease.ts";
import {
  ABANDONED_AFTER,
  type Ages,
  entryOf,
  listObjects,
  listUploads,
  OWN,
  uploadEntry,
  uploadKeyOf,
} from "./list_objects.ts";
import { identityOf, Objects } from "./objects.ts";
import { openObject } from "./open_object.ts";
import { type PartSizes, SIZES } from "./part_size.ts";
import { Publisher } from "./publisher.ts";
import { replacementKey, type StagedObject } from "./staged_object.ts";
import { Stager } from "./stager.ts";
import { MultipartUpload, Uploads } from "./upload.ts";

/** Number of objects hashed in parallel. */
const HASHED_AT_A_TIME = 4;

/** Sizes that tests reduce. */
export interface S3ByteStoreOptions {
  /** Age after which staged bytes count as abandoned, in milliseconds. */
  readonly abandonedAfter?: number;
  /** Sizes of parts. */
  readonly sizes?: PartSizes;
}

/** Byte store of objects in a bucket. */
export class S3ByteStore implements ByteStore {
  /** Bytes that can be read while they grow. */
  readonly growing: GrowingObjects;
  readonly canShare = false;
  readonly #client: S3Client;
  readonly #abandonedAfter: number;
  readonly #objects: Objects;
  readonly #uploads: Uploads;
  readonly #stager: Stager;
  readonly #publisher: Publisher;
  readonly #leases: Leases;
  /** Bytes staged by this store. */
  readonly #staged = new Set<StagedObject>();

  /** Creates a store with a client. */
  constructor(
    client: S3Client,
    { abandonedAfter = ABANDONED_AFTER, sizes = SIZES }: S3ByteStoreOptions = {},
  ) {
    this.#client = client;
    this.#abandonedAfter = abandonedAfter;
    this.#objects = new Objects(client);
    this.#uploads = new Uploads(client);
    this.#stager = new Stager(this.#uploads, sizes, (staged) => void this.#staged.delete(staged));
    this.#publisher = new Publisher(client, this.#uploads, this.#objects);
    this.#leases = new Leases(client, this.#objects);
    this.growing = new GrowingObjects(
      client,
      this.#objects,
      (source, runId, name) => this.stage(source, { runId, name }),
    );
  }

  get #ages(): Ages {
    return { serverTime: this.#client.serverTime, abandonedAfter: this.#abandonedAfter };
  }

  async stage(source: ByteReader, options: StageOptions): Promise<StagedBytes> {
    const { runId, name, replaces = false } = options;
    const key = runId === undefined || name === undefined ? undefined : `${runId}/${name}`;
    const own = key !== undefined && replaces ? replacementKey(key) : key;
    const staged = await this.#stager.stage(source, options, own, replaces);
    this.#staged.add(staged);
    return staged;
  }

  copyFrom(_opened: OpenBytes, { signal }: CopyOptions): Promise<StagedBytes | undefined> {
    return Promise.resolve().then(() => void signal?.throwIfAborted());
  }

  async publish(staged: StagedBytes, key: string, options: PublishOptions = {}): Promise<void> {
    requireSafe(key);
    await this.#publisher.publish(originalOf(staged) as StagedObject, key, options);
  }

  async replace(staged: StagedBytes, key: string, note?: ReplacementNote): Promise<string> {
    requireSafe(key);
    const object = originalOf(staged) as StagedObject;
    if (!note) {
      await this.#publisher.renew(object, key);
      return key;
    }
    const { at } = object;
    // An upload to the old key would replace its object before the record is updated.
    if ("upload" in at && at.upload.key === key) {
      throw new StorageError(
        `replace ${quote(key)}`,
        "another put of it came first, while its bytes were sent; put them again",
      );
    }
    const now = "upload" in at ? at.upload.key : replacementKey(key);
    await this.#publisher.publish(object, now, {});
    return now;
  }

  recoverReplacements(): Promise<void> {
    return Promise.resolve(); // Updating the record is atomic: nothing needs recovery.
  }

  async open(key: string, range?: ByteRange): Promise<OpenBytes> {
    requireSafe(key);
    return await openObject(this.#client, this.#objects, key, range);
  }

  async stat(key: string): Promise<ByteEntry | undefined> {
    requireSafe(key);
    const head = await this.#objects.head(key);
    return head && entryOf({ key, ...head }, this.#ages);
  }

  async *list(prefix = "", { unpublished }: ListOptions = {}): AsyncGenerator<ByteEntry> {
    const under = prefix === "" ? "" : `${prefix}/`;
    if (!unpublished) {
      for await (const object of listObjects(this.#client, under)) {
        // Logs and leases are listed separately.
        if (object.key.startsWith(`${OWN}/`)) continue;
        yield entryOf(object, this.#ages);
      }
    }
    const own = new Set<string>();
    for (const staged of [...this.#staged]) {
      if ("upload" in staged.at) own.add(staged.at.upload.id);
      if (prefix === "") yield stagedEntry(staged);
    }
    for await (const upload of listUploads(this.#client, under)) {
      if (!own.has(upload.id)) yield uploadEntry(upload, this.#ages);
    }
  }

  async refresh(entry: ByteEntry): Promise<ByteEntry | undefined> {
    for (const staged of this.#staged) {
      if (staged.key === entry.identity) return stagedEntry(staged);
    }
    const uploadKey = uploadKeyOf(entry);
    if (uploadKey !== undefined) return await this.#refreshUpload(entry, uploadKey);
    if (entry.state === "staged" && !entry.key.includes("/")) return undefined;
    const head = await this.#objects.head(entry.key);
    if (!head || identityOf(head) !== entry.identity) return undefined;
    const now = entryOf({ key: entry.key, ...head }, this.#ages);
    return { ...now, modifiedAt: entry.modifiedAt };
  }

  async #refreshUpload(entry: ByteEntry, key: string): Promise<ByteEntry | undefined> {
    const { ok } = await this.#client.sendForHead({
      method: "GET",
      action: `look at the upload of ${quote(key)}`,
      key,
      query: { uploadId: entry.identity, "max-parts": "1" },
      accept: [404],
    });
    return ok ? entry : undefined;
  }

  async removeAll(keys: readonly string[]): Promise<Error[]> {
    const safe = keys.filter((key) => unsafePath(key) === undefined);
    const refused = keys.filter((key) => unsafePath(key) !== undefined).map(refusal);
    return [...refused, ...await this.#objects.removeAll(safe)];
  }

  async removeEntry(entry: ByteEntry): Promise<boolean> {
    if (entry.state === "foreign" || entry.state === "staged") return false;
    if (!await this.refresh(entry)) return false;
    const uploadKey = uploadKeyOf(entry);
    if (uploadKey === undefined) await this.#objects.remove(entry.key);
    else await new MultipartUpload(this.#uploads, uploadKey, entry.identity).abort();
    return true;
  }

  async removeEntries(entries: readonly ByteEntry[]): Promise<ReadonlyMap<string, Error>> {
    return await this.#objects.removeEach(entries.map(({ key }) => key));
  }

  async isPublished(staged: StagedBytes, key: string): Promise<boolean> {
    requireSafe(key);
    return (await this.#objects.head(key))?.id === staged.key;
  }

  hasher(_bytes: number, stop: AbortSignal): Hasher {
    return {
      width: HASHED_AT_A_TIME,
      hash: async (key, advance, signal) => {
        const opened = await this.open(key);
        let done = 0;
        try {
          const { hash } = await hashFile(opened, {
            signal: signal ? AbortSignal.any([stop, signal]) : stop,
            onProgress: ({ bytes }) => {
              advance(bytes - done);
              done = bytes;
            },
          }, opened.size);
          return hash;
        } finally {
          opened.close();
        }
      },
      [Symbol.dispose]() {},
    };
  }

  lease(key: string): Promise<(() => Promise<void>) | undefined> {
    return this.#leases.acquire(key);
  }

  check(): Promise<ByteStoreCheck> {
    return checkBucket(this, this.#publisher);
  }

  close(): void {
    this.#client.close();
  }

  url(key: string): string {
    requireSafe(key);
    const { bucket, prefix } = this.#client.location;
    return `s3://${bucket}/${prefix}${key}`;
  }

  async presign(
    key: string,
    { seconds, contentType, fileName }: PresignOptions,
  ): Promise<string> {
    requireSafe(key);
    return await this.#client.presign(key, seconds, {
      ...(contentType !== null && { "response-content-type": contentType }),
      "response-content-disposition": `inline; filename*=UTF-8''${encodeURIComponent(fileName)}`,
    });
  }
}

function stagedEntry({ key, size, stagedAt }: StagedObject): ByteEntry {
  const identity = key;
  return { key, kind: "file", state: "staged", size, modifiedAt: stagedAt, identity, links: 1 };
}

function refusal(key: string): UnsafePathError {
  return new UnsafePathError(key, unsafePath(key)!);
}

function requireSafe(key: string): void {
  if (unsafePath(key) !== undefined) throw refusal(key);
}
