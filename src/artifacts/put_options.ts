import { InvalidOptionError } from "../base/errors.ts";
import type { Progress } from "../bytes/byte_store.ts";
import { assertContentType } from "./content_type.ts";
import { IF_EXISTS, type IfExists } from "./if_exists.ts";

/** Options for {@linkcode Artifacts.put}. */
export interface PutOptions {
  /** MIME type; by default derived from the name's extension, then from the kind of source. */
  readonly contentType?: string;
  /**
   * What to do if the run already has the name: `"error"` throws; `"same"` returns the stored
   * artifact if its bytes are equal, and throws otherwise; `"replace"` replaces the bytes
   * atomically. Artifacts used by a model version never change: replacing them throws an {@linkcode
   * ArtifactInUseError}. If the bytes are equal, `"same"` and `"replace"` read the stored ones and
   * restore them if they are missing or damaged.
   *
   * @default {"error"}
   */
  readonly ifExists?: IfExists;
  /**
   * Expected SHA-256 of the bytes, 64 hex digits. If it differs, nothing is stored and an
   * {@linkcode InvalidSourceError} is thrown.
   */
  readonly hash?: string;
  /**
   * Whether to share the file of an artifact with equal bytes by a hard link, if possible. That
   * file is read once to verify it. Without effect in buckets and on servers, which share nothing.
   *
   * @default {false}
   */
  readonly dedup?: boolean;
  /**
   * Whether to reject names that are invalid on Windows, so that the store can be moved there.
   *
   * @default {true}
   */
  readonly portable?: boolean;
  /** Stops the put; nothing is stored then. */
  readonly signal?: AbortSignal;
  /** Called with the number of bytes stored. */
  readonly onProgress?: (progress: Progress) => void;
}

/** Options for {@linkcode Artifacts.putFile}. */
export interface PutFileOptions extends PutOptions {
  /**
   * Whether to move the file into the store; on the same file system nothing is copied. The file is
   * removed only after it has been stored. Do not write to it through open handles.
   *
   * @default {false}
   */
  readonly move?: boolean;
}

/**
 * Checks the options of a put.
 *
 * @throws {InvalidOptionError} If one has an invalid value.
 */
export function assertPutOptions({ ifExists = "error", contentType, hash }: PutOptions): void {
  if (!IF_EXISTS.includes(ifExists)) {
    throw new InvalidOptionError(
      `Cannot use ${JSON.stringify(ifExists)} as ifExists: it takes ${IF_EXISTS.join(", ")}`,
    );
  }
  if (contentType !== undefined) assertContentType(contentType);
  if (hash !== undefined && !/^[0-9a-f]{64}$/i.test(hash)) {
    throw new InvalidOptionError(
      `Cannot use ${JSON.stringify(hash)} as hash: it takes a SHA-256, 64 hex digits`,
    );
  }
}
