/** Opens the bytes of a store that are kept in a bucket. */
import type { ByteStore } from "../byte_store.ts";
import { S3Client } from "./client.ts";
import { parseLocation } from "./location.ts";
import { S3ByteStore } from "./s3_byte_store.ts";

/** How to open a bucket. */
export interface OpenS3Options {
  /** Whether what is stored is to survive a power cut; a bucket's objects always do. */
  readonly durability: "full" | "relaxed";
  /** Whether nothing is to be written. */
  readonly readOnly: boolean;
  /** The clock, in epoch milliseconds. */
  readonly now: () => number;
}

/**
 * Opens a bucket by its URL, `s3://bucket/prefix?endpoint=…&region=…`. Nothing is sent to the server
 * before bytes are stored, read or listed.
 *
 * @throws {InvalidOptionError} If the URL has an unknown option, a secret, or no bucket.
 */
export function openS3(url: string, { now }: OpenS3Options): Promise<ByteStore> {
  return Promise.resolve().then(() => new S3ByteStore(new S3Client(parseLocation(url), { now })));
}
