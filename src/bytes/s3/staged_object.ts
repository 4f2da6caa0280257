/** Bytes that are stored, or held, but not yet an object under their key. */
import { STAGING } from "../../names/names.ts";
import type { StagedBytes } from "../byte_store.ts";
import { ID, MODE, SHA256 } from "./objects.ts";
import type { MultipartUpload } from "./upload.ts";

/** Where staged bytes are: small ones in memory, others in the parts of an upload. */
export type Whereabouts =
  | { readonly body: Uint8Array<ArrayBuffer> }
  | {
    readonly upload: MultipartUpload;
    /** Whether its key is one that no record can name, so that its object is nobody's. */
    readonly isOwn: boolean;
  };

/** What staged bytes are. */
export interface StagedAs {
  /** Name of the staged bytes, which their object keeps. */
  readonly key: string;
  /** Bytes. */
  readonly size: number;
  /** SHA-256, lower-case hex. */
  readonly hash: string;
}

/** Staged bytes. */
export class StagedObject implements StagedBytes {
  readonly key: string;
  readonly size: number;
  readonly hash: string;
  /** Where they are. */
  readonly at: Whereabouts;
  /** Headers that their object gets. */
  readonly headers: Readonly<Record<string, string>>;
  /** When they were staged. */
  readonly stagedAt = new Date();
  /** Whether their upload has become an object. */
  isCompleted = false;
  readonly #gone: (staged: StagedObject, isStored: boolean) => void;

  /** Keeps bytes until `gone` is called, whatever becomes of them. */
  constructor(
    { key, size, hash }: StagedAs,
    at: Whereabouts,
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
    // Where other bytes were found in their place, they are not needed.
    if ("upload" in this.at && !this.isCompleted) await this.at.upload.abort();
  }
}

/** Headers of an object: which staged bytes it is, and what plain S3 has no place for. */
export function headersOf(id: string, mode: number | undefined, hash?: string) {
  return {
    [ID]: id,
    ...(mode !== undefined && (mode & 0o555) !== 0o444 && { [MODE]: (mode & 0o555).toString(8) }),
    ...(hash !== undefined && { [SHA256]: hash }),
  };
}

/**
 * A key for bytes that take the place of an artifact's: `<run>/-1a2b3c4d/<name>`. A name cannot begin
 * so; the record that names the new key is the swap, and the old one goes behind it.
 */
export function freshKey(key: string): string {
  const [run = "", ...rest] = key.split("/");
  const name = MARK.test(rest[0] ?? "") ? rest.slice(1) : rest;
  return [run, `-${crypto.randomUUID().slice(0, 8)}`, ...name].join("/");
}

const MARK = /^-[0-9a-f]{8}$/;

/** A key for bytes that have none yet. */
export function stagingKey(id: string): string {
  return `${STAGING}/bytes/${id}`;
}
