/** Opening of a byte store in a bucket. */
import type { ByteStore } from "../byte_store.ts";
import { S3Client } from "./client.ts";
import { parseLocation } from "./location.ts";
import { S3ByteStore } from "./s3_byte_store.ts";

/** Options for opening a bucket. */
export interface OpenS3Options {
  /** Whether stored bytes must survive a power cut; objects of a bucket always do. */
  readonly durability: "full" | "relaxed";
  /** Whether nothing may be written. */
  readonly readOnly: boolean;
  /** Clock, in epoch milliseconds. */
  readonly now: () => number;
}

/**
 * Opens a bucket by its URL, `s3://bucket/prefix?endpoint=…&region=…`. Sends no request until bytes
 * are stored, read or listed.
 *
 * @throws {InvalidOptionError} If the URL has an unknown option, a secret, or no bucket.
 */
export function openS3(url: string, { now }: OpenS3Options): Promise<ByteStore> {
  return Promise.resolve().then(() => new S3ByteStore(new S3Client(parseLocation(url), { now })));
}
