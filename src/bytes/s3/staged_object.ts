/** Bytes that are stored or held, but not yet an object under their key. */
import { STAGING } from "../../names/names.ts";
import type { StagedBytes } from "../byte_store.ts";
import { ID, MODE, SHA256 } from "./objects.ts";
import type { MultipartUpload } from "./upload.ts";

/** Location of staged bytes: small ones in memory, others in the parts of an upload. */
export type StagedLocation =
  | { readonly body: Uint8Array<ArrayBuffer> }
  | {
    readonly upload: MultipartUpload;
    /** Whether no record can name its key, so that its object is unused. */
    readonly isOwn: boolean;
  };

/** Identity, size and hash of staged bytes. */
export interface StagedIdentity {
  /** Name of the staged bytes, recorded in their object. */
  readonly key: string;
  /** Size in bytes. */
  readonly size: number;
  /** SHA-256, lower-case hex. */
  readonly hash: string;
}

/** Staged bytes. */
export class StagedObject implements StagedBytes {
  readonly key: string;
  readonly size: number;
  readonly hash: string;
  /** Location of the bytes. */
  readonly at: StagedLocation;
  /** Headers of the future object. */
  readonly headers: Readonly<Record<string, string>>;
  /** Time of staging. */
  readonly stagedAt = new Date();
  /** Whether their upload has become an object. */
  isCompleted = false;
  readonly #gone: (staged: StagedObject, isStored: boolean) => void;

  /** Creates staged bytes; `gone` is called at their end, whatever the outcome. */
  constructor(
    { key, size, hash }: StagedIdentity,
    at: StagedLocation,
    headers: Readonly<Record<string, string>>,
    gone: (staged: StagedObject, isStored: boolean) => void,
  ) {
    this.key = key;
    this.size = size;
    this.hash = hash;
    this.at = at;
    this.headers = headers;
    this.#gone = gone;
  }

  release(): Promise<void> {
    return this.#end(true);
  }

  discard(): Promise<void> {
    return this.#end(false);
  }

  async #end(isStored: boolean): Promise<void> {
    this.#gone(this, isStored);
    // If other bytes are used instead, the upload is not needed.
    if ("upload" in this.at && !this.isCompleted) await this.at.upload.abort();
  }
}

/** Returns the headers of an object: its id, mode and hash. */
export function headersOf(id: string, mode: number | undefined, hash?: string) {
  return {
    [ID]: id,
    ...(mode !== undefined && (mode & 0o555) !== 0o444 && { [MODE]: (mode & 0o555).toString(8) }),
    ...(hash !== undefined && { [SHA256]: hash }),
  };
}

/**
 * Returns a new key for bytes that replace an artifact's: `<run>/-1a2b3c4d/<name>`. No artifact
 * name starts like that. Updating the record to the new key completes the replacement; the old
 * object is then removed.
 */
export function replacementKey(key: string): string {
  const [run = "", ...rest] = key.split("/");
  const name = MARK.test(rest[0] ?? "") ? rest.slice(1) : rest;
  return [run, `-${crypto.randomUUID().slice(0, 8)}`, ...name].join("/");
}

const MARK = /^-[0-9a-f]{8}$/;

/** Returns a key for bytes that have none yet. */
export function stagingKey(id: string): string {
  return `${STAGING}/bytes/${id}`;
}
