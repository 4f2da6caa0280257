import { InvalidOptionError } from "../base/errors.ts";
import type { Progress } from "../bytes/byte_store.ts";
import { assertContentType } from "./content_type.ts";
import { IF_EXISTS, type IfExists } from "./if_exists.ts";

/** How to put an artifact. */
export interface PutOptions {
  /** MIME type. If left out, the name's extension tells it, else the kind of source. */
  readonly contentType?: string;
  /**
   * What to do if the run has an artifact of this name: `"error"` refuses; `"same"` gives the stored
   * one if its bytes are the same, and refuses otherwise; `"replace"` swaps the bytes in one step,
   * unless a model version is made of them: that never changes, so other bytes are refused with an
   * {@linkcode ArtifactInUseError}. Where the bytes are the same, `"same"` and `"replace"` read those
   * stored, and bring them back if they are missing or damaged.
   *
   * @default {"error"}
   */
  readonly ifExists?: IfExists;
  /**
   * The SHA-256 that the bytes must have, 64 hex digits: if they have another, nothing is stored, and
   * an {@linkcode InvalidSourceError} is thrown.
   */
  readonly hash?: string;
  /**
   * Whether bytes that another artifact of the store has are stored as one more name of its file, by a
   * hard link, where the file system can. That file is read once to make sure of it.
   *
   * @default {false}
   */
  readonly dedup?: boolean;
  /**
   * Whether names that Windows refuses are refused here, too, so that the store can be moved there.
   *
   * @default {true}
   */
  readonly portable?: boolean;
  /** Stops the put; nothing is stored then. */
  readonly signal?: AbortSignal;
  /** Told of the bytes stored so far. */
  readonly onProgress?: (progress: Progress) => void;
}

/** How to put a file. */
export interface PutFileOptions extends PutOptions {
  /**
   * Whether the file is moved into the store. On the same file system nothing is copied. The file
   * goes only once it is stored; do not write to it through handles that are still open.
   *
   * @default {false}
   */
  readonly move?: boolean;
}

/**
 * Refuses options that cannot be meant.
 *
 * @throws {InvalidOptionError} If one has a wrong value.
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
