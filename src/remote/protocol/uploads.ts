/** State of uploads, shared by client and server. */
import { StorageError } from "../../base/errors.ts";

/** Progress of an upload. */
export interface UploadState {
  /** Number of bytes received by the server. */
  readonly offset: number;
  /** Total number of bytes, once all have arrived. */
  readonly size: number;
  /** SHA-256 of the bytes, lower-case hex; `""` until all have arrived. */
  readonly hash: string;
}

/** A part of a log. */
export interface LogPart {
  /** Its bytes, as Base64; empty at the current end. */
  readonly data: string;
  /** Whether the log was still written before they were read. */
  readonly growing: boolean;
}

/** The server no longer has the uploaded bytes. */
export class UploadLostError extends StorageError {
  /** Creates the error. `name` is the intended name of the artifact. */
  constructor(name: string | undefined) {
    super(
      `send ${JSON.stringify(name ?? "bytes")}`,
      "the server was restarted meanwhile and has lost what it had of it; put it again",
    );
  }
}
