/** Uploads, as both sides see them. */
import { StorageError } from "../../base/errors.ts";

/** How far an upload has come. */
export interface UploadState {
  /** Bytes that the server has taken. */
  readonly offset: number;
  /** Bytes, once it has all of them. */
  readonly size: number;
  /** SHA-256 of them, lower-case hex; `""` before. */
  readonly hash: string;
}

/** The server does not have the bytes any more that it was sent. */
export class UploadLostError extends StorageError {
  /** Makes the error for bytes that were to be an artifact of this name. */
  constructor(name: string | undefined) {
    super(
      `send ${JSON.stringify(name ?? "bytes")}`,
      "the server was restarted meanwhile and has lost what it had of it; put it again",
    );
  }
}
