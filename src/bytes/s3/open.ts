/** The door to S3. Loaded when a URL names a bucket. */
import { StorageError } from "../../base/errors.ts";
import { withoutSecrets } from "../../base/url.ts";
import type { ByteStore } from "../byte_store.ts";

/** How to open a bucket. */
export interface OpenS3Options {
  /** Whether stored bytes survive a power cut: a bucket promises that by itself. */
  readonly durability: "full" | "relaxed";
  /** Whether it is only read. */
  readonly readOnly: boolean;
  /** The clock, in epoch milliseconds. */
  readonly now: () => number;
}

/** Opens the bytes of a store in a bucket, `s3://bucket/prefix?endpoint=…&region=…`. */
export function openS3(url: string, _options: OpenS3Options): Promise<ByteStore> {
  throw new StorageError(
    `open ${withoutSecrets(url)}`,
    "this version keeps artifacts in files only",
  );
}
